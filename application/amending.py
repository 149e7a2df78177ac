"""What a decision on a contract does to its invoices: facts of both, to be recorded together (V7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Literal
from uuid import UUID

from application.app import Lastro
from application.openings import late_charges, lines_of, open_invoices, wanted_documents
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.contract.errors import PeriodOutsideTermError
from domain.contract.events import ContractEvent, InstallmentGenerated, InstallmentReleased
from domain.contract.reach import PeriodChange, reach
from domain.invoice.events import ContractPeriod, Instalment, InvoiceEvent
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import evolve as evolve_invoice
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainEvent

type Reason = Literal["contract_revised", "contract_adjusted"]


def live_invoices(lastro: Lastro, contract: Contract) -> dict[UUID, Invoice]:
    """The invoices of every period that is live."""
    ids = {contract.invoice_of(each, contract.periods.attempt(each)) for each in contract.periods.live()}
    return lastro.load_many(project_invoice, ids)


def unbilled_ordinals(contract: Contract, invoices: dict[UUID, Invoice]) -> list[int]:
    """The live periods that nothing was billed or received for: a change of terms reaches only these."""
    return [
        ordinal
        for ordinal in contract.periods.live()
        if is_unbilled(invoices[contract.invoice_of(ordinal, contract.periods.attempt(ordinal))])
    ]


def is_unbilled(invoice: Invoice) -> bool:
    """Whether the contract may still change or cancel the invoice by itself."""
    return not (invoice.cancelled or invoice.billed or invoice.boletos or invoice.receipts)


def after(contract: Contract, facts: Sequence[ContractEvent]) -> Contract:
    """The contract once these facts are recorded."""
    state = project_contract(contract, facts)
    assert state is not None
    return state


def changes_of(
    contract: Contract, facts: Sequence[ContractEvent], invoices: dict[UUID, Invoice], year_end_rule: bool
) -> tuple[PeriodChange, ...]:
    """What the facts change on unbilled invoices: what a preview shows and a command records."""
    changes = reach(contract, after(contract, facts), unbilled_ordinals(contract, invoices), year_end_rule)
    return tuple(
        change
        for change in (_beside_definitive(each, invoices[each.invoice_id]) for each in changes)
        if change.rescheduled or change.repriced or change.payment_revised
    )


def _beside_definitive(change: PeriodChange, invoice: Invoice) -> PeriodChange:
    """A definitive value was measured (F113, V10): no new price reaches it, and no preview says so."""
    if not (change.repriced and invoice.definitive):
        return change
    amount = invoice.instalment(change.instalment).amount
    return change.model_copy(update={"repriced": False, "was_amount": amount, "amount": amount})


def amendments(
    contract: Contract,
    changes: Iterable[PeriodChange],
    invoices: dict[UUID, Invoice],
    year_end_rule: bool,
    reason: Reason,
    now: datetime,
) -> list[InvoiceEvent]:
    """The facts of the invoices reached. `contract` is the state after the change."""
    facts: list[InvoiceEvent] = []
    by_invoice = attrgetter("invoice_id")
    for invoice_id, group in groupby(sorted(changes, key=by_invoice), by_invoice):
        steps = _steps(contract, list(group), year_end_rule, reason, now)
        facts += _followed(invoices[invoice_id], steps)
    return facts


type _Step = Callable[[Invoice], InvoiceEvent | None]


def _steps(
    contract: Contract, changes: Sequence[PeriodChange], year_end_rule: bool, reason: Reason, now: datetime
) -> list[_Step]:
    steps = [_reschedule(change, year_end_rule, now) for change in changes if change.rescheduled]
    if any(change.payment_revised for change in changes):
        steps.append(_revise_payment(changes[0], now))
    if any(change.repriced for change in changes):
        steps.append(_reprice(contract, changes, reason, now))
    return steps


def _reschedule(change: PeriodChange, year_end_rule: bool, now: datetime) -> _Step:
    return lambda invoice: invoice.reschedule(
        change.instalment, change.due_on, now, year_end_rule=year_end_rule, reason="contract_revised"
    )


def _revise_payment(change: PeriodChange, now: datetime) -> _Step:
    terms = change.terms
    return lambda invoice: invoice.revise_payment(
        terms.payment_method,
        terms.account_id,
        wanted_documents(terms),
        late_charges(terms),
        now,
        reason="contract_revised",
    )


def _reprice(contract: Contract, changes: Sequence[PeriodChange], reason: Reason, now: datetime) -> _Step:
    first = changes[0]
    amounts = {change.instalment: change.amount for change in changes}

    def step(invoice: Invoice) -> InvoiceEvent | None:
        instalments = tuple(
            each.model_copy(update={"amount": amounts.get(each.number, each.amount)})
            for each in invoice.instalments
        )
        return invoice.reprice(
            lines_of(contract, first.ordinal, first.attempt, _total(instalments)),
            now,
            reason=reason,
            instalments=instalments if len(instalments) > 1 else None,
            value_pending=first.value_pending,
            forecast=first.forecast,
        )

    return step


def _total(instalments: Sequence[Instalment]) -> Decimal:
    return sum((each.amount for each in instalments), Decimal("0.00"))


def _followed(invoice: Invoice, steps: Iterable[_Step]) -> list[InvoiceEvent]:
    facts: list[InvoiceEvent] = []
    for step in steps:
        fact = step(invoice)
        if fact is not None:
            facts.append(fact)
            invoice = evolve_invoice(invoice, fact)
    return facts


def consequences(
    contract: Contract,
    facts: Sequence[ContractEvent],
    invoices: dict[UUID, Invoice],
    reason: str,
    year_end_rule: bool,
    now: datetime,
) -> list[DomainEvent]:
    """The contract's facts and what follows: a released period cancels its invoice, a generated opens one."""
    released = {fact.invoice_id for fact in facts if isinstance(fact, InstallmentReleased)}
    cancelled: list[DomainEvent] = []
    for invoice_id in sorted(released):
        if invoice_id in invoices and not invoices[invoice_id].cancelled:
            cancelled += invoices[invoice_id].cancel(reason, now, frees_period=True, because="contract_ended")
    generated = (fact for fact in facts if isinstance(fact, InstallmentGenerated))
    opened = open_invoices(after(contract, facts), generated, year_end_rule, now)
    return [*facts, *cancelled, *opened]


def freed(
    contract: Contract, period: ContractPeriod, year_end_rule: bool, now: datetime
) -> list[DomainEvent]:
    """Free a cancelled invoice's period, and open its next attempt while the contract has it (V19)."""
    facts: list[ContractEvent] = [*contract.release(period.ordinal, period.attempt, now)]
    try:
        facts += after(contract, facts).regenerate(period.ordinal, now)
    except PeriodOutsideTermError:
        return [*facts]
    return consequences(contract, facts, {}, "", year_end_rule, now)


def period_of(invoice: Invoice) -> ContractPeriod | None:
    """The contract's period that the invoice charges; the first of a single nota's."""
    sources = (line.source for line in invoice.lines)
    return next((source for source in sources if isinstance(source, ContractPeriod)), None)
