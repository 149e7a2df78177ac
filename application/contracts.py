"""Contracts: signed, revised, adjusted, extended, ended; their invoices follow in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

import structlog

from application.access import Principal
from application.adjusting import due_for_adjustment, points_of
from application.amending import (
    Reason,
    after,
    amendments,
    changes_of,
    consequences,
    freed,
    live_invoices,
    period_of,
    unbilled_ordinals,
)
from application.app import ConcurrencyError, Lastro, NotFoundError
from application.clock import Clock, sao_paulo_date
from application.database import Connection
from application.event_store.errors import SubjectForgottenError
from application.event_store.sealing import erased_among
from application.lookups import Lookup, Lookups
from application.registry import Change, Done, Outcome, placed
from application.sales_opening import released
from application.signing import (
    ContractForm,
    ReferenceUnknownError,
    check_terms,
    sign,
    signing_facts,
    surroundings,
)
from application.unit_of_work import context_of, retried
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.contract.adjustment import Published
from domain.contract.contract import Contract, project
from domain.contract.events import ContractEvent, ContractSigned, InstallmentGenerated, Terms
from domain.contract.reach import PeriodChange
from domain.customer.forgetting import CustomerForgottenError
from domain.invoice.events import InvoiceCancelled
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainError, DomainEvent
from domain.price_index.price_index import project as project_index
from domain.service.service import FiscalGap
from domain.service.service import project as project_service
from domain.user.roles import Permission
from domain.values.text import code_key

_RETRIES = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ended:
    """`past_end`: the billed periods that fall due after the end, which a person must settle (F171)."""

    done: Done
    past_end: tuple[int, ...]


class ServicesNeedNfseError(DomainError):
    """The contract sells a service too, and a service goes with its nota. Waive it on the single invoice."""


class PeriodKeptError(DomainError):
    """The period has an invoice that is not cancelled. Cancel it first."""


class Contracts:
    """Every command takes EDIT_BILLING in the contract's company."""

    def __init__(self, lastro: Lastro, lookups: Lookups, clock: Clock) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock

    def sign(self, principal: Principal, form: ContractForm) -> Done:
        """Sign a contract and open the invoices of its periods (F154). Raises `EntryTakenError`."""
        return _only(self._sign(principal, [form], strict=True))

    def sign_or_same(self, principal: Principal, form: ContractForm) -> Done:
        """Sign it, or find the same contract signed already; raises `EntryConflictError` if it differs."""
        return _only(self._sign(principal, [form], strict=False))

    def sign_many(self, principal: Principal, forms: Sequence[ContractForm]) -> list[Outcome]:
        """`sign_or_same` for many in one transaction, with an outcome for each, in order.

        A contract makes some 25 facts: a few hundred of them at a time are enough.
        """
        return self._sign(principal, forms, strict=False)

    def preview(self, principal: Principal, form: ContractForm) -> list[InstallmentGenerated]:
        """The periods that signing would generate now; nothing is recorded."""
        principal.require(Permission.EDIT_BILLING, form.company_id)
        around = surroundings(self._lastro, {form.company_id}, [form.terms], {form.customer_id})
        named = form if form.code else form.model_copy(update={"code": "-"})
        facts = signing_facts(
            named,
            check_terms(around, named),
            around.companies[form.company_id].year_end_rule,
            self._today(),
            self._clock(),
        )
        return [fact for fact in facts if isinstance(fact, InstallmentGenerated)]

    def load(self, principal: Principal, contract_id: UUID) -> Contract:
        """A contract as it stands, for a form to edit."""
        return self._seen(principal, contract_id, Permission.SEE_BILLING)

    def preview_revision(
        self,
        principal: Principal,
        contract_id: UUID,
        terms: Terms,
        effective_on: date,
        notes: str | None = None,
    ) -> tuple[PeriodChange, ...]:
        """What `revise` would change on which unbilled invoices (V7); nothing is recorded."""
        contract = self._permitted(principal, contract_id)
        facts = self._revision(contract, terms, effective_on, notes)
        invoices = live_invoices(self._lastro, contract)
        return changes_of(contract, facts, invoices, self._company(contract).year_end_rule)

    def revise(
        self,
        principal: Principal,
        contract_id: UUID,
        terms: Terms,
        effective_on: date,
        notes: str | None = None,
    ) -> Done:
        """Change price, method, account, due day … from a day on, with every unbilled invoice reached.

        `notes` None leaves the notes as they are, blank ones remove them. An invoice billed meanwhile
        makes the whole decision start again without it (V7).
        """

        def decide(contract: Contract) -> list[DomainEvent]:
            facts = self._revision(contract, terms, effective_on, notes)
            return self._amended(contract, facts, "contract_revised")

        return self._change(principal, contract_id, decide, agrees=True)

    def sells_goods_alone(self, contract: Contract) -> bool:
        """Whether all that it sells now is goods, which no nota of services carries (F168)."""
        ids = {item.service_id for item in contract.plan.terms.items}
        sold = self._lastro.load_many(project_service, [each for each in ids if each is not None])
        return len(sold) == len(ids) > 0 and all(
            each.fiscal_gap() is FiscalGap.GOODS for each in sold.values()
        )

    def forgo_nfse(self, principal: Principal, contract_id: UUID) -> Done:
        """Want no nota of services for a contract of goods any more, unbilled invoices included (F140)."""

        def decide(contract: Contract) -> list[DomainEvent]:
            if not self.sells_goods_alone(contract):
                raise ServicesNeedNfseError
            return self._amended(contract, contract.forgo_nfse(self._clock()), "contract_revised")

        return self._change(principal, contract_id, decide)

    def adjust(self, principal: Principal, contract_id: UUID) -> Done:
        """Apply the index clause where it is due, from the published points (F127, V5, V6)."""

        def decide(contract: Contract) -> list[DomainEvent]:
            clause = contract.plan.terms.adjustment
            index_id = clause and self._lookups.find(Lookup.PRICE_INDEX_CODE, code_key(clause.index))
            if clause is not None and index_id is None:
                raise ReferenceUnknownError("index", field="index", id=clause.index)
            points = self._lastro.load(project_index, index_id).points if index_id else {}
            facts = contract.adjust(points, self._today(), self._clock())
            return self._amended(contract, facts, "contract_adjusted")

        return self._change(principal, contract_id, decide)

    def adjust_due(self, principal: Principal, contract_ids: Sequence[UUID]) -> list[UUID]:
        """Apply the index clauses whose date has come, in one transaction; answers which contracts moved.

        An index that nobody registered is one without points: the clause says what to do (V5). A
        contract that refuses is logged and left. Idempotent; somebody else's change of one contract
        makes all of them start again.
        """

        def command() -> list[UUID]:
            due = due_for_adjustment(self._lastro, contract_ids, self._today())
            points = points_of(self._lastro, self._lookups, due)
            facts: list[DomainEvent] = []
            for contract in due:
                principal.require(Permission.EDIT_BILLING, contract.company_id)
                facts += self._adjusted(contract, points)
            if facts:
                self._lastro.record_batch(context_of(principal), facts)
            moved = {fact.originator_id for fact in facts}
            return [contract.id for contract in due if contract.id in moved]

        return retried(command)

    def free_period(self, principal: Principal, invoice_id: UUID) -> Done:
        """Let the period of an invoice that was cancelled without freeing it be billed again (V19).

        A new invoice is opened unless the contract ended before. Raises PeriodKeptError for an
        invoice that is not cancelled, PeriodNotLiveError for a period that is free already.
        """
        invoice = self._lastro.load(project_invoice, invoice_id)
        period = period_of(invoice)
        if period is None or invoice.company_id is None or not principal.sees(invoice.company_id):
            raise NotFoundError(f"no contract's invoice is recorded under {invoice_id}", id=invoice_id)

        def decide(contract: Contract) -> list[DomainEvent]:
            if not self._lastro.load(project_invoice, invoice_id).cancelled:
                raise PeriodKeptError(invoice_id=invoice_id)
            return freed(contract, period, self._company(contract).year_end_rule, self._clock())

        return self._change(principal, period.contract_id, decide)

    def extend(
        self, principal: Principal, contract_id: UUID, ends_on: date | None, instalment_count: int | None
    ) -> Done:
        """Give the contract a later end, more instalments, or no end, with their invoices (F120)."""

        def decide(contract: Contract) -> list[DomainEvent]:
            around = surroundings(self._lastro, set(), [], {contract.customer_id})
            if contract.customer_id in around.forgotten:
                raise CustomerForgottenError(id=contract.customer_id)
            facts = contract.extend(ends_on, instalment_count, self._today(), self._clock())
            return self._followed(contract, facts, live_invoices(self._lastro, contract), "")

        return self._change(principal, contract_id, decide, agrees=True)

    def end(self, principal: Principal, contract_id: UUID, ends_on: date, reason: str) -> Ended:
        """End the contract and cancel the unbilled invoices after the end (F171).

        A last due date that had moved to a bank day after the end falls due as agreed (F115, V8).
        """
        past_end: tuple[int, ...] = ()

        def decide(contract: Contract) -> list[DomainEvent]:
            nonlocal past_end
            invoices = live_invoices(self._lastro, contract)
            unbilled = unbilled_ordinals(contract, invoices)
            facts = contract.end(ends_on, reason, unbilled, self._clock())
            past_end = after(contract, facts).past_end
            return self._followed(contract, facts, invoices, reason)

        done = self._change(principal, contract_id, decide)
        return Ended(done, past_end)

    def top_up(self, principal: Principal, contract_ids: Sequence[UUID]) -> int:
        """Generate what rolling horizons lack (F119) in one transaction; answers how many periods.

        Idempotent. Somebody else's change of one contract makes all of them start again.
        """

        def command() -> int:
            contracts = self._lastro.load_many(project, contract_ids)
            companies = self._lastro.load_many(project_company, {_company_of(c) for c in contracts.values()})
            facts: list[DomainEvent] = []
            for contract in contracts.values():
                principal.require(Permission.EDIT_BILLING, contract.company_id)
                generated = contract.top_up(self._today(), self._clock())
                rule = companies[_company_of(contract)].year_end_rule
                facts += consequences(contract, generated, {}, "", rule, self._clock())
            if facts:
                self._lastro.record_batch(context_of(principal), facts)
            return sum(isinstance(fact, InstallmentGenerated) for fact in facts)

        return retried(command)

    def _sign(self, principal: Principal, forms: Sequence[ContractForm], *, strict: bool) -> list[Outcome]:
        for _ in range(_RETRIES):
            outcomes, facts = sign(
                self._lastro, principal, forms, self._clock(), self._today(), strict=strict
            )
            customers = {fact.customer_id for fact in facts if isinstance(fact, ContractSigned)}
            also = partial(_require_remembered, customers=customers)
            try:
                position = self._lastro.record_batch(context_of(principal), facts, also) if facts else 0
            except (ConcurrencyError, SubjectForgottenError):
                continue
            return [placed(outcome, position) for outcome in outcomes]
        raise ConcurrencyError

    def _change(
        self,
        principal: Principal,
        contract_id: UUID,
        decide: Callable[[Contract], list[DomainEvent]],
        *,
        agrees: bool = False,
    ) -> Done:
        """`agrees`: it takes the customer, who must not be forgotten while it is decided."""

        def command() -> Done:
            contract = self._permitted(principal, contract_id)
            facts = decide(contract)
            if not facts:
                return Done(contract_id, Change.SAME)
            also = partial(_require_remembered, customers=(contract.customer_id,)) if agrees else None
            position = self._lastro.record_batch(context_of(principal), facts, also)
            return Done(contract_id, Change.CORRECTED, position)

        return retried(command)

    def _revision(
        self, contract: Contract, terms: Terms, effective_on: date, notes: str | None
    ) -> Sequence[ContractEvent]:
        facts = contract.revise(terms, effective_on, self._clock(), notes)
        form = ContractForm(
            company_id=_company_of(contract),
            customer_id=contract.customer_id,
            terms=terms,
            code=contract.code,
        )
        around = surroundings(self._lastro, {form.company_id}, [terms], {form.customer_id})
        check_terms(around, form)
        return facts

    def _amended(
        self, contract: Contract, facts: Sequence[ContractEvent], reason: Reason
    ) -> list[DomainEvent]:
        invoices = live_invoices(self._lastro, contract)
        rule = self._company(contract).year_end_rule
        changes = changes_of(contract, facts, invoices, rule)
        state = after(contract, facts)
        return [*facts, *amendments(state, changes, invoices, rule, reason, self._clock())]

    def _followed(
        self,
        contract: Contract,
        facts: Sequence[ContractEvent],
        invoices: dict[UUID, Invoice],
        reason: str,
    ) -> list[DomainEvent]:
        rule, now = self._company(contract).year_end_rule, self._clock()
        changes = changes_of(contract, facts, invoices, rule)
        moved = amendments(after(contract, facts), changes, invoices, rule, "contract_revised", now)
        ended = consequences(contract, facts, invoices, reason, rule, now)
        cancelled = [invoices[f.originator_id] for f in ended if isinstance(f, InvoiceCancelled)]
        return [*ended, *released(self._lastro, cancelled, "contract_ended", now), *moved]

    def _adjusted(self, contract: Contract, points: Mapping[str, Published]) -> list[DomainEvent]:
        clause = contract.plan.terms.adjustment
        published = points.get(clause.index, {}) if clause else {}
        try:
            facts = contract.adjust(published, self._today(), self._clock())
            return self._amended(contract, facts, "contract_adjusted") if facts else []
        except DomainError as refusal:
            log.warning("contract_not_adjusted", contract=str(contract.id), reason=refusal.code)
            return []

    def _company(self, contract: Contract) -> Company:
        return self._lastro.load(project_company, _company_of(contract))

    def _permitted(self, principal: Principal, contract_id: UUID) -> Contract:
        return self._seen(principal, contract_id, Permission.EDIT_BILLING)

    def _seen(self, principal: Principal, contract_id: UUID, permission: Permission) -> Contract:
        contract = self._lastro.load(project, contract_id)
        if contract.company_id is not None and not principal.sees(contract.company_id):
            raise NotFoundError(f"nothing is recorded under {contract_id}", id=contract_id)
        principal.require(permission, contract.company_id)
        return contract

    def _today(self) -> date:
        return sao_paulo_date(self._clock())


def _company_of(contract: Contract) -> UUID:
    assert contract.company_id is not None
    return contract.company_id


def _require_remembered(connection: Connection, customers: Collection[UUID]) -> None:
    """Nobody of them was forgotten since something was agreed with them; until the end, nobody is."""
    if erased_among(connection, customers):
        raise ConcurrencyError("a customer was forgotten meanwhile")


def _only(outcomes: list[Outcome]) -> Done:
    (outcome,) = outcomes
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome
