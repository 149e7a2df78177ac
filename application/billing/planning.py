"""Makes a plan: a dry run of a billing by the code that commits, kept with the versions it rests on (W2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import batched, islice
from uuid import UUID

from application.app import Lastro
from application.billing import desk, plans
from application.billing.chunks import BILLED
from application.billing.plan_hash import hash_of
from application.billing.plan_rows import Exclusion, PlanItem
from application.billing.prepared import pack
from application.billing.sales import PlannedSales
from application.billing.sold import Sold
from application.billing.sold import keep as keep_sales
from application.ports import BillableInvoices, Candidate
from application.stopping import Proceed, go_on
from domain.billing_run.events import CompanyTotal, ExclusionCount, PlanFilter
from domain.invoice.errors import InvoiceBilledError, InvoiceCancelledError
from domain.invoice.invoice import Invoice, project
from domain.kernel import CENT, DomainError, DomainEvent

PAGE = 1_000
STILL_FAILING = "still_failing"
PLAN_FULL = "plan_full"
"""No amount tells more than a plan bills in all: what goes beyond waits for the next plan."""

_MOST = Decimal(10) ** 13 - CENT

# Stand-ins: which number an item gets is decided when the plan is confirmed, and no rule reads it.
_DRY_NUMBERS = range(1, 500)


@dataclass
class Draft:
    """A plan in the making: totals grow with each page, the items go to the database."""

    run_id: UUID
    filter: PlanFilter
    invoices: int = 0
    boletos: Counter[UUID] = field(default_factory=Counter)
    counts: Counter[UUID] = field(default_factory=Counter)
    amounts: dict[UUID, Decimal] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)
    rests: dict[UUID, int] = field(default_factory=dict)
    total: Decimal = Decimal("0.00")
    plan_hash: str = ""

    def has_room(self, amount: Decimal) -> bool:
        """Whether the plan's total, of which each fact of the run tells a part, is still one of money."""
        return self.total + amount <= _MOST

    def take(self, line: PlanItem | Exclusion) -> None:
        """Count one line, in the plan's order."""
        if isinstance(line, Exclusion):
            self.excluded[line.reason] += 1
            return
        self.invoices += 1
        self.boletos[line.account_id] += line.boletos
        self.counts[line.company_id] += 1
        self.total += line.amount
        self.amounts[line.company_id] = self.amounts.get(line.company_id, Decimal("0.00")) + line.amount

    @property
    def totals(self) -> tuple[CompanyTotal, ...]:
        """How much the plan bills, per company."""
        return tuple(
            CompanyTotal(company_id=company, invoices=count, amount=self.amounts[company])
            for company, count in sorted(self.counts.items())
        )

    @property
    def exclusions(self) -> tuple[ExclusionCount, ...]:
        """How many candidates are left out, per reason."""
        return tuple(ExclusionCount(reason=r, invoices=n) for r, n in sorted(self.excluded.items()))


def draft_plan(
    lastro: Lastro,
    billable: BillableInvoices,
    sales: PlannedSales,
    filter: PlanFilter,
    request: desk.Request,
    proceed: Proceed = go_on,
) -> Draft:
    """Decide every candidate and keep the outcome, a page at a time, so that memory stays flat.

    `sales` join candidates on the way; what is left of them opens invoices that come last.
    """
    assert request.run_id is not None
    draft = Draft(request.run_id, filter)
    with lastro.database.connection() as db:
        plans.begin(db, draft.run_id, request.now)
    candidates = billable.candidates(
        filter.companies or None, filter.due_from, filter.due_until, filter.due_on
    )
    for page in batched(candidates, PAGE):
        proceed()
        _plan_page(lastro, draft, sales, page, request)
    for sold, left, rests in sales.own(PAGE):
        proceed()
        _plan_own(lastro, draft, sales, sold, left, request)
        draft.rests = {**rests, **draft.rests}
    with lastro.database.connection() as db:
        plans.add_rests(db, draft.run_id, draft.rests)
    draft.plan_hash = hash_of(lastro.database, draft.run_id, filter)
    return draft


@dataclass
class _Page:
    """What one page of candidates comes to; facts are sealed together, in one go."""

    sales: PlannedSales
    items: list[tuple[PlanItem, list[DomainEvent]]] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    sold: list[tuple[int, Sold]] = field(default_factory=list)


def _plan_page(
    lastro: Lastro,
    draft: Draft,
    sales: PlannedSales,
    candidates: Sequence[Candidate],
    request: desk.Request,
) -> None:
    invoices = lastro.load_many(project, [candidate.invoice_id for candidate in candidates])
    sold = sales.join(invoices, candidates)
    joined = {id: each.invoice for id, each in sold.items()}
    loaded = desk.around(lastro, {**invoices, **joined} if joined else invoices)
    page = _Page(sales)
    for candidate in candidates:
        invoice = invoices.get(candidate.invoice_id)
        if invoice is not None:
            _decide(draft, page, loaded, invoice, candidate, request, sold.get(invoice.id))
    _keep(lastro, draft, page)


def _plan_own(
    lastro: Lastro,
    draft: Draft,
    sales: PlannedSales,
    sold: Sequence[Sold],
    left: Sequence[Exclusion],
    request: desk.Request,
) -> None:
    """Plan the invoices that sales open, and exclude those of which nobody knows how."""
    loaded = desk.around(lastro, {each.invoice.id: each.invoice for each in sold})
    page = _Page(sales, exclusions=list(left))
    for each in sold:
        _decide(draft, page, loaded, each.invoice, each.candidate, request, each)
    for exclusion in left:
        draft.take(exclusion)
    _keep(lastro, draft, page)


def _keep(lastro: Lastro, draft: Draft, page: _Page) -> None:
    facts = iter(lastro.prepared([fact for _, decided in page.items for fact in decided]))
    packed = [(item, pack(islice(facts, len(decided)), item.invoice_id)) for item, decided in page.items]
    with lastro.database.connection() as db:
        plans.add_items(db, draft.run_id, packed)
        plans.add_exclusions(db, draft.run_id, page.exclusions)
        keep_sales(db, draft.run_id, page.sold)


def _decide(
    draft: Draft,
    page: _Page,
    loaded: desk.Loaded,
    invoice: Invoice,
    candidate: Candidate,
    request: desk.Request,
    sold: Sold | None = None,
) -> None:
    """Plan or exclude one candidate; what is no longer open for billing at all is neither."""
    planned = invoice if sold is None else sold.invoice
    try:
        facts = desk.decide(loaded, planned, _DRY_NUMBERS, request)
    except (InvoiceBilledError, InvoiceCancelledError):
        return
    except DomainError as refusal:
        if sold is not None:
            page.sales.give_back(sold)
        _exclude(draft, page, invoice, candidate, refusal.code, "")
        return
    failure = desk.failure_in(facts)
    if failure is not None and invoice.failed and not desk.progresses(facts):
        why = ": ".join(filter(None, (failure.reason, failure.detail)))
        _exclude(draft, page, invoice, candidate, STILL_FAILING, why)
        return
    item = _item(draft, loaded, planned, candidate, failure)
    if not draft.has_room(item.amount):
        if sold is not None:
            page.sales.give_back(sold)
        _exclude(draft, page, invoice, candidate, PLAN_FULL, "")
        return
    if sold is not None:
        item = replace(item, version=sold.version)
        page.sold.append((item.ordinal, sold))
        page.sales.planned(sold)
    draft.take(item)
    page.items.append((item, [*sold.before, *facts] if sold else [*facts]))


def _exclude(
    draft: Draft, page: _Page, invoice: Invoice, candidate: Candidate, reason: str, detail: str
) -> None:
    assert invoice.company_id is not None
    exclusion = Exclusion(
        invoice.id, invoice.company_id, invoice.amount, candidate.due_on, reason, detail[:500]
    )
    draft.take(exclusion)
    page.exclusions.append(exclusion)


def _item(
    draft: Draft,
    loaded: desk.Loaded,
    invoice: Invoice,
    candidate: Candidate,
    failure: desk.Failure | None,
) -> PlanItem:
    assert invoice.company_id is not None
    for stream_id, version in loaded.shared_rests(invoice):
        # The first version seen stays: what is planned on a later one is refused as moved.
        draft.rests.setdefault(stream_id, version)
    return PlanItem(
        ordinal=draft.invoices + 1,
        invoice_id=invoice.id,
        version=invoice.version,
        company_id=invoice.company_id,
        customer_id=invoice.customer_id,
        customer_version=loaded.payers[invoice.customer_id].version,
        account_id=invoice.account_id,
        amount=invoice.amount,
        due_on=candidate.due_on,
        boletos=len(invoice.boletos_needed()),
        number_offset=draft.boletos[invoice.account_id],
        expected=BILLED if failure is None else failure.reason,
        expected_detail="" if failure is None else failure.detail[:500],
    )
