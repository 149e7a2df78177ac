"""Sales arrive: an order of another system becomes a sale of one of our companies, once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import repeat
from uuid import UUID

from application.app import ConcurrencyError, Context, Lastro
from application.clock import Clock, sao_paulo_date
from application.database import Connection
from application.event_store.sealing import erased_among
from application.incoming.settling import Outcome as Settled
from application.incoming.settling import Settle, record_settled
from application.lookups import Lookups
from application.ports import CompanyAccounts
from application.registry import Change, Done, Outcome
from application.sales_opening import everything_open, one_instalment, open_invoice
from application.sales_orders import Order, OrderItem, OrderPlaced, OrderWithdrawn
from application.sales_references import Named, References, references
from application.unit_of_work import retried
from domain.customer.forgetting import CustomerForgottenError
from domain.invoice.billing import BillingInputs
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainError, DomainEvent
from domain.sale.events import SaleItemsBilled, SaleRecorded
from domain.sale.sale import Sale, code_of, sold_item
from domain.sale.sale import project as project_sale
from domain.values.ids import sale_id

__all__ = [
    "OrderItem",
    "OrderPlaced",
    "OrderUnknownError",
    "OrderWithdrawn",
    "Orders",
    "SaleAccountMissingError",
    "SaleChangedError",
]


class OrderUnknownError(DomainError):
    """An order was withdrawn that never became a sale here: it was refused, or set aside, or is of another
    company. See to the order first, then to its withdrawal. Details: `source`, `order`."""


class SaleChangedError(DomainError):
    """This order was recorded before and says otherwise now. What was sold is not changed afterwards: cancel
    the sale, and place a new order under a number of its own.

    Details: `id` of the sale and `fields` that differ.
    """


class SaleAccountMissingError(DomainError):
    """An order that emits no documents is owed at once (F6), and nobody said in which account it is received:
    the company has none, or several, that take its payment method. Name the account in the order."""


@dataclass
class _Batch:
    known: dict[UUID, Sale]
    around: References
    now: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    facts: list[DomainEvent] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)


class Orders:
    """What trusted systems say was sold. Permissions are the business of who lets them in."""

    def __init__(self, lastro: Lastro, lookups: Lookups, clock: Clock, accounts: CompanyAccounts) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock
        self._accounts = accounts

    def record(
        self, contexts: Context | Sequence[Context], orders: Sequence[Order], settle: Settle
    ) -> list[Outcome]:
        """Record each order as a sale, all in one transaction with `settle`; an outcome for each, in order.

        One that is withdrawn cancels its sale. The same order twice is one sale, whatever happened to it
        since. A refused order leaves the others alone. `contexts` is one for all, or one for each.
        """

        def command() -> list[Outcome]:
            each = repeat(contexts) if isinstance(contexts, Context) else contexts
            batch = self._decided(list(zip(orders, each, strict=False)))
            refusals = [found if isinstance(found, DomainError) else None for found in batch.outcomes]
            sold_to = {fact.customer_id for fact in batch.facts if isinstance(fact, SaleRecorded)}
            settled = partial(_settled, settle=settle, customers=sold_to)
            record_settled(self._lastro, batch.contexts, batch.facts, refusals, settled)
            return batch.outcomes

        return retried(command)

    def _decided(self, orders: Sequence[tuple[Order, Context]]) -> _Batch:
        around = references(self._lastro, self._lookups, self._accounts, [order for order, _ in orders])
        ids = [_id(around, order) for order, _ in orders]
        sales = self._lastro.load_many(project_sale, {id for id in ids if id is not None})
        batch = _Batch(sales, around, self._clock())
        for id, (order, context) in zip(ids, orders, strict=True):
            try:
                outcome: Outcome = _done(batch, id, order, context)
            except DomainError as refusal:
                outcome = refusal
            batch.outcomes.append(outcome)
        return batch


def _settled(
    connection: Connection, outcomes: Sequence[Settled], settle: Settle, customers: Collection[UUID]
) -> None:
    """Nobody of these was forgotten since the batch looked at them; until its end, nobody is."""
    if customers and erased_among(connection, customers):
        raise ConcurrencyError("a customer was forgotten meanwhile")
    settle(connection, outcomes)


def _done(batch: _Batch, id: UUID | None, order: Order, context: Context) -> Done:
    """`id` is that of the order's sale; None where its company is unknown."""
    sale = None if id is None else batch.known.get(id)
    if isinstance(order, OrderWithdrawn):
        return _withdrawn(batch, sale, order, context)
    return _recorded(batch, sale, order, context)


def _withdrawn(batch: _Batch, sale: Sale | None, order: OrderWithdrawn, context: Context) -> Done:
    batch.around.require_company(order)
    if sale is None:
        raise OrderUnknownError(source=order.source, order=order.order)
    fact = sale.cancel(order.reason, batch.now)
    if fact is None:
        return Done(sale.id, Change.SAME)
    cancelled = project_sale(sale, [fact])
    assert cancelled is not None
    batch.known[sale.id] = cancelled
    batch.facts.append(fact)
    batch.contexts.append(context)
    return Done(sale.id, Change.CORRECTED)


def _id(around: References, order: Order) -> UUID | None:
    company = around.company_of(order)
    return None if company is None else sale_id(company, code_of(order.source, order.order))


def _recorded(batch: _Batch, sale: Sale | None, order: OrderPlaced, context: Context) -> Done:
    named = batch.around.named(order, strict=sale is None)
    fact = _fact(named, order, batch.now, sale)
    if sale is not None:
        _require_same(sale, fact)
        return Done(sale.id, Change.SAME)
    if named.customer_forgotten:
        raise CustomerForgottenError(f"customer {named.customer_id}", id=named.customer_id)
    for service in named.services:
        service.require_on_sale()
    if named.account is not None:
        named.account.require_accepts(order.payment_method)
    recorded = project_sale(None, [fact])
    assert recorded is not None
    facts: list[DomainEvent] = [fact]
    if not order.emits_documents:
        taken, owed = _owed_at_once(batch.around, named, recorded, batch.now)
        facts += [taken, *owed]
        recorded = project_sale(recorded, [taken])
        assert recorded is not None
    batch.known[recorded.id] = recorded
    batch.facts += facts
    batch.contexts += [context] * len(facts)
    return Done(recorded.id, Change.REGISTERED)


def _fact(named: Named, order: OrderPlaced, now: datetime, sale: Sale | None) -> SaleRecorded:
    """What the order says. Of a customer whom nothing leads to any more, it is the sale that still knows."""
    customer_id = sale.customer_id if named.customer_id is None and sale else named.customer_id
    assert customer_id is not None
    items = tuple(
        sold_item(
            number,
            service.id,
            service.description if item.description is None else item.description,
            item.quantity,
            item.unit_price,
            item.discount,
        )
        for number, (item, service) in enumerate(zip(order.items, named.services, strict=True), start=1)
    )
    return Sale.record(
        company_id=named.company_id,
        now=now,
        source=order.source,
        order=order.order,
        customer_id=customer_id,
        account_id=None if named.account is None else named.account.id,
        payment_method=order.payment_method,
        sold_on=order.sold_on,
        due_on=order.due_on,
        mode=order.mode,
        emits_documents=order.emits_documents,
        department=order.department,
        items=items,
    )


_KEPT = (
    "customer_id",
    "account_id",
    "payment_method",
    "sold_on",
    "due_on",
    "mode",
    "emits_documents",
    "department",
    "items",
)


def _require_same(sale: Sale, fact: SaleRecorded) -> None:
    differing = [name for name in _KEPT if getattr(sale, name) != getattr(fact, name)]
    if differing:
        raise SaleChangedError(", ".join(differing), id=sale.id, fields=differing)


def _owed_at_once(
    around: References, named: Named, sale: Sale, now: datetime
) -> tuple[SaleItemsBilled, list[DomainEvent]]:
    """A sale without documents is a receivable from the start: its invoice is opened, and there is nothing
    to bill (F6)."""
    company = around.companies[named.company_id]
    account = named.account or around.only_account(company.id, sale.payment_method)
    if account is None:
        raise SaleAccountMissingError
    everything = everything_open(sale)
    opened = open_invoice(
        [everything],
        id=sale.next_invoice_id(),
        company=company,
        account=account,
        method=sale.payment_method,
        documents=(),
        instalments=one_instalment(sale.due_on, everything.amount, company.year_end_rule),
        now=now,
    )
    invoice = project_invoice(None, [opened])
    assert invoice is not None
    nothing = BillingInputs(requested_by="scheduler", run_id=None, payer=None)
    billed = invoice.bill(nothing, now, sao_paulo_date(now))
    return sale.bill_items(everything.items, opened.originator_id, now), [opened, *billed]
