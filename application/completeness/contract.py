"""One contract held against its invoices: each period of its terms is billed, or something says why not.

Which periods there should be follows from the terms alone. What the contract says it generated, and what
its horizon was, is what is being checked, so neither is believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from application.clock import sao_paulo_date
from application.completeness.findings import Asked, Finding, Kind, Reason
from domain.calendar import add_months
from domain.contract.contract import Contract, project
from domain.contract.events import (
    ContractEnded,
    ContractEvent,
    ContractSigned,
    InstallmentGenerated,
    InstallmentReleased,
)
from domain.contract.plan import Plan
from domain.contract.schedule import opening_ordinal
from domain.invoice.events import ContractPeriod
from domain.invoice.invoice import Invoice
from domain.invoice.situacao import Situacao

_OF_PERIODS = (InstallmentGenerated, InstallmentReleased)
HORIZON_MONTHS = 12
"""F119, on purpose not the schedule's own: a horizon that shrinks there is found here."""


@dataclass(slots=True)
class ContractFacts:
    """What the stream of one contract says, period by period."""

    contract: Contract
    agreed: Plan
    opening: int
    generated: dict[int, list[InstallmentGenerated]] = field(default_factory=lambda: defaultdict(list))
    released: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, events: Sequence[ContractEvent]) -> ContractFacts | None:
        """None for a stream that has lost its beginning."""
        signed = events[0] if events else None
        if not isinstance(signed, ContractSigned):
            return None
        # Periods are counted here and not folded, which is most of the work; only a single nota needs it.
        single = signed.terms.nfse == "single"
        told = [event for event in events if single or not isinstance(event, _OF_PERIODS)]
        contract = agreed = project(None, told)
        if any(isinstance(event, ContractEnded) for event in told):
            agreed = project(None, [event for event in told if not isinstance(event, ContractEnded)])
        assert contract is not None
        assert agreed is not None
        opening = opening_ordinal(signed.terms, sao_paulo_date(signed.occurred_at))
        found = cls(contract, agreed.plan, opening)
        for event in events:
            if isinstance(event, InstallmentGenerated):
                found.generated[event.ordinal].append(event)
            elif isinstance(event, InstallmentReleased):
                found.released.add((event.ordinal, event.attempt))
        return found

    def invoice_ids(self) -> set[UUID]:
        """Every invoice that the contract says it opened."""
        return {each.invoice_id for attempts in self.generated.values() for each in attempts}


@dataclass(slots=True)
class Checked:
    """The outcome for one contract."""

    expected: int = 0
    billed: int = 0
    findings: list[Finding] = field(default_factory=list)


def check(
    facts: ContractFacts,
    invoices: Mapping[UUID, Invoice],
    claiming: Iterable[UUID],
    asked: Asked,
    *,
    automatic: bool,
) -> Checked:
    """Hold one contract against its invoices. `claiming` are those that name it as their contract."""
    return _Check(facts, invoices, asked, automatic=automatic).done(set(claiming))


class _Check:
    def __init__(
        self, facts: ContractFacts, invoices: Mapping[UUID, Invoice], asked: Asked, *, automatic: bool
    ) -> None:
        self.facts, self.invoices, self.asked, self.automatic = facts, invoices, asked, automatic
        self.plan = facts.contract.plan
        self.outcome = Checked()
        self.stray: dict[int, list[Invoice]] = defaultdict(list)

    def done(self, claiming: set[UUID]) -> Checked:
        self._unclaimed(claiming - self.facts.invoice_ids())
        last = self._last(self.plan)
        for ordinal in range(1, last + 1):
            self._period(ordinal)
        for ordinal in range(max(last, self.facts.opening - 1) + 1, self._last(self.facts.agreed) + 1):
            self._after_end(ordinal)
        return self.outcome

    def _last(self, plan: Plan) -> int:
        reached = plan.ordinal_by(self.asked.until)
        return reached if plan.term is None else min(reached, plan.term)

    def _period(self, ordinal: int) -> None:
        attempts = self.facts.generated.get(ordinal, [])
        if not attempts and ordinal < self.facts.opening:
            self._explained(Reason.LEFT_OUT, ordinal)
            return
        self.outcome.expected += 1
        if not attempts:
            self._not_generated(ordinal)
            return
        missing = [each for each in attempts if each.invoice_id not in self.invoices]
        for each in missing:
            self._gap(Reason.INVOICE_MISSING, ordinal, each)
        self._duplicated(ordinal, attempts)
        live = [each for each in attempts if (ordinal, each.attempt) not in self.facts.released]
        if not live:
            self._gap(Reason.NOT_REGENERATED, ordinal, attempts[-1])
        elif live[-1] not in missing:
            self._state(ordinal, live[-1], self.invoices[live[-1].invoice_id])

    def _not_generated(self, ordinal: int) -> None:
        # The scheduler tops up once a day: what came into the horizon since may yet be on its way.
        topped_up_on = self.asked.today - timedelta(days=self.asked.grace)
        horizon = add_months(max(topped_up_on, self.plan.terms.first_due_on), HORIZON_MONTHS)
        if self.plan.term is None and self.plan.agreed_due(ordinal) >= horizon:
            self._explained(Reason.BEYOND_HORIZON, ordinal)
        else:
            self._gap(Reason.NOT_GENERATED, ordinal)

    def _duplicated(self, ordinal: int, attempts: Sequence[InstallmentGenerated]) -> None:
        owed = {
            each.invoice_id: each
            for each in attempts
            if each.invoice_id in self.invoices and not self.invoices[each.invoice_id].cancelled
        }
        strays = sum(not each.cancelled for each in self.stray.get(ordinal, ()))
        if len(owed) + strays > 1:
            ids = [str(each) for each in owed] + [str(each.id) for each in self.stray.get(ordinal, ())]
            self._gap(Reason.DUPLICATED, ordinal, attempts[-1], " ".join(sorted(ids)))

    def _state(self, ordinal: int, period: InstallmentGenerated, invoice: Invoice) -> None:
        match invoice.situacao():
            case Situacao.BILLED:
                self.outcome.billed += 1
            case Situacao.CANCELLED:
                self._explained(Reason.CANCELLED, ordinal, period)
            case Situacao.ERROR:
                documents = " ".join(sorted(each.value for each in invoice.failed))
                self._explained(Reason.ERROR, ordinal, period, documents)
            case Situacao.VALUE_PENDING:
                self._explained(Reason.VALUE_PENDING, ordinal, period)
            case Situacao.PENDING:
                self._pending(ordinal, period, invoice)

    def _pending(self, ordinal: int, period: InstallmentGenerated, invoice: Invoice) -> None:
        due_on = _due_on(self.facts.contract, ordinal, invoice) or period.due_on
        if invoice.asked:
            self._gap(Reason.BILLING_CUT, ordinal, period)
        elif due_on > self.asked.until:
            self._explained(Reason.RESCHEDULED, ordinal, period, due_on.isoformat())
        elif invoice.forecast and not invoice.definitive:
            self._explained(Reason.PRICE_FORECAST, ordinal, period)
        elif due_on < self.asked.today - timedelta(days=self.asked.grace):
            self._gap(Reason.NOT_BILLED, ordinal, period)
        else:
            waits_for = Reason.AWAITING_RUN if self.automatic else Reason.AWAITING_PERSON
            self._explained(waits_for, ordinal, period)

    def _after_end(self, ordinal: int) -> None:
        attempts = self.facts.generated.get(ordinal, [])
        invoice = self.invoices.get(attempts[-1].invoice_id) if attempts else None
        if invoice is None or invoice.cancelled:
            self._explained(Reason.CONTRACT_ENDED, ordinal, attempts[-1] if attempts else None)

    def _unclaimed(self, ids: set[UUID]) -> None:
        for id in sorted(ids):
            invoice = self.invoices.get(id)
            if invoice is None:
                continue
            source = next((s for line in invoice.lines if isinstance(s := line.source, ContractPeriod)), None)
            if source is not None:
                self.stray[source.ordinal].append(invoice)
            self._add(
                Kind.GAP,
                Reason.INVOICE_UNCLAIMED,
                ordinal=source.ordinal if source else None,
                attempt=source.attempt if source else None,
                invoice_id=id,
                due_on=invoice.instalments[0].due_on,
                amount=invoice.amount,
            )

    def _gap(
        self, reason: Reason, ordinal: int, period: InstallmentGenerated | None = None, detail: str = ""
    ) -> None:
        self._found(Kind.GAP, reason, ordinal, period, detail)

    def _explained(
        self, reason: Reason, ordinal: int, period: InstallmentGenerated | None = None, detail: str = ""
    ) -> None:
        self._found(Kind.EXPLAINED, reason, ordinal, period, detail)

    def _found(
        self, kind: Kind, reason: Reason, ordinal: int, period: InstallmentGenerated | None, detail: str
    ) -> None:
        invoice = self.invoices.get(period.invoice_id) if period else None
        instalment = _instalment(self.facts.contract, ordinal, invoice) if invoice else None
        due_on, amount = self.facts.agreed.due_on(ordinal), self.facts.agreed.amount(ordinal)
        if instalment is not None:
            due_on, amount = instalment
        self._add(
            kind,
            reason,
            ordinal=ordinal,
            attempt=period.attempt if period else None,
            invoice_id=period.invoice_id if period else None,
            due_on=due_on,
            amount=amount,
            detail=detail,
        )

    def _add(
        self,
        kind: Kind,
        reason: Reason,
        *,
        ordinal: int | None,
        attempt: int | None,
        invoice_id: UUID | None,
        due_on: date,
        amount: Decimal,
        detail: str = "",
    ) -> None:
        contract = self.facts.contract
        self.outcome.findings.append(
            Finding(
                kind=kind,
                reason=reason,
                company_id=contract.company_id,
                contract_id=contract.id,
                contract_code=contract.code,
                ordinal=ordinal,
                attempt=attempt,
                invoice_id=invoice_id,
                due_on=due_on,
                amount=amount,
                detail=detail,
            )
        )


def _instalment(contract: Contract, ordinal: int, invoice: Invoice) -> tuple[date, Decimal] | None:
    """Due date and amount of the period as its invoice has them now."""
    if contract.plan.terms.nfse != "single":
        return (invoice.instalments[0].due_on, invoice.amount)
    if not contract.periods.is_live(ordinal):
        return None
    number = contract.instalment_of(ordinal)
    found: Iterator[tuple[date, Decimal]] = (
        (each.due_on, each.amount) for each in invoice.instalments if each.number == number
    )
    return next(found, None)


def _due_on(contract: Contract, ordinal: int, invoice: Invoice) -> date | None:
    found = _instalment(contract, ordinal, invoice)
    return found[0] if found else None
