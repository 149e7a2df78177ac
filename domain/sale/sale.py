"""Sale (venda): recorded once, billed item by item, each item on one live invoice at most."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypedDict, Unpack, assert_never
from uuid import UUID

from domain.kernel import CENT, Aggregate, DomainError, cents, first, projector
from domain.sale.events import (
    SaleCancelled,
    SaleEvent,
    SaleItemsBilled,
    SaleItemsReleased,
    SaleMode,
    SaleRecorded,
    SoldItem,
)
from domain.values.ids import sale_id, sale_invoice_id
from domain.values.payment import PaymentMethod
from domain.values.text import CODE_LENGTH, optional_text, required_text

_ZERO = Decimal("0.00")
# A hundredth of what a column holds: what joins on one invoice, or is planned together, has to fit there too.
_LARGEST = Decimal(10) ** 11
_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)
_MOST = Decimal(10) ** 8
_PLACES = Decimal("0.0001")


class SaleItemInvalidError(DomainError):
    """An item is sold in a quantity above zero, at a price of zero or more, with a discount within its
    price, and a sale is worth something. Correct the order where it was placed.

    Details: `item` (from 1; absent for the sale as a whole) and `reason` (`quantity`, `unit_price`,
    `discount`, `too_large`, `no_items`, `worth_nothing`).
    """


class SaleDateImplausibleError(DomainError):
    """A date of the sale lies outside 1990-2100. Look for a year typed wrong where the order was placed.

    Details: `field` (`sold_on`, `due_on`).
    """


class SaleItemUnknownError(DomainError):
    """The sale has no such item. Choose among its own. Details: `item`."""


class SaleItemBilledError(DomainError):
    """The item is on an invoice already. Leave it out, or cancel that invoice first.

    Details: `item` and `invoice_id`.
    """


class SaleItemsMissingError(DomainError):
    """No item was chosen. Choose at least one."""


class SaleCancelledError(DomainError):
    """The sale was cancelled, and nothing of it is billed. Record it anew if it came about after all."""


class SaleBilledError(DomainError):
    """Items of the sale are on invoices. Cancel these first, then the sale (F160).

    Details: `invoice_ids`.
    """


class Sold(TypedDict):
    """What is recorded of a sale, as in SaleRecorded."""

    source: str
    order: str
    customer_id: UUID
    account_id: UUID | None
    payment_method: PaymentMethod
    sold_on: date
    due_on: date
    mode: SaleMode
    emits_documents: bool
    department: str | None
    items: tuple[SoldItem, ...]


class Sale(Aggregate):
    """`billed` says on which invoice each billed item is."""

    code: str
    customer_id: UUID
    account_id: UUID | None
    payment_method: PaymentMethod
    sold_on: date
    due_on: date
    mode: SaleMode
    emits_documents: bool
    department: str | None
    items: tuple[SoldItem, ...]
    billed: Mapping[int, UUID] = {}
    cancelled: bool = False

    @property
    def amount(self) -> Decimal:
        """What everything sold is worth."""
        return total(self.items)

    @property
    def open_items(self) -> tuple[SoldItem, ...]:
        """The items that are on no invoice and may be billed."""
        if self.cancelled:
            return ()
        return tuple(each for each in self.items if each.number not in self.billed)

    @property
    def is_open(self) -> bool:
        """Whether something of it is still to be billed; what was given away is not."""
        return total(self.open_items) > 0

    @staticmethod
    def record(*, company_id: UUID, now: datetime, **sold: Unpack[Sold]) -> SaleRecorded:
        """Something was sold. One order of one system is one sale of the company, for ever."""
        source = required_text(sold["source"], "source", CODE_LENGTH)
        order = required_text(sold["order"], "order", CODE_LENGTH)
        _require_worth(sold["items"])
        _require_plausible(sold["sold_on"], "sold_on")
        _require_plausible(sold["due_on"], "due_on")
        code = code_of(source, order)
        sold |= {
            "source": source,
            "order": order,
            "department": optional_text(sold["department"], "department"),
        }
        return SaleRecorded(**first(sale_id(company_id, code), now, company_id), code=code, **sold)

    def bill_items(self, items: Collection[int], invoice_id: UUID, now: datetime) -> SaleItemsBilled:
        """Put these items on an invoice, each once (F184)."""
        if not items:
            raise SaleItemsMissingError
        self._require_live()
        known = {each.number for each in self.items}
        for number in sorted(items):
            if number not in known:
                raise SaleItemUnknownError(item=number)
            if number in self.billed:
                raise SaleItemBilledError(item=number, invoice_id=self.billed[number])
        return SaleItemsBilled(**self.following(now), items=tuple(sorted(set(items))), invoice_id=invoice_id)

    def release_items(
        self, invoice_id: UUID, because: Literal["asked", "contract_ended"], now: datetime
    ) -> SaleItemsReleased | None:
        """Have back what was on this invoice, which was cancelled. None where nothing is."""
        items = tuple(number for number, invoice in sorted(self.billed.items()) if invoice == invoice_id)
        if not items:
            return None
        return SaleItemsReleased(**self.following(now), items=items, invoice_id=invoice_id, because=because)

    def cancel(self, reason: str, now: datetime) -> SaleCancelled | None:
        """It did not come about. Refused while items are billed; None if it is cancelled already."""
        if self.cancelled:
            return None
        if self.billed:
            raise SaleBilledError(invoice_ids=sorted(set(self.billed.values())))
        return SaleCancelled(**self.following(now), reason=required_text(reason, "reason"))

    def next_invoice_id(self) -> UUID:
        """The id of the invoice that the next billing of this sale opens, whoever decides it."""
        return sale_invoice_id(self.id, self.version + 1)

    def _require_live(self) -> None:
        if self.cancelled:
            raise SaleCancelledError


def code_of(source: str, order: str) -> str:
    """A sale's code within its company: two systems may give the same number to two orders."""
    return f"{source.strip()}/{order.strip()}"


def sold_item(
    number: int, service_id: UUID, description: str, quantity: Decimal, unit_price: Decimal, discount: Decimal
) -> SoldItem:
    """An item with its amount, rounded half-up to cents. Raises SaleItemInvalidError."""
    for field, value, quantum, above in (
        ("quantity", quantity, _PLACES, True),
        ("unit_price", unit_price, CENT, False),
        ("discount", discount, CENT, False),
    ):
        if not value.is_finite() or value < 0 or (above and not value):
            raise SaleItemInvalidError(f"{field} of item {number}", item=number, reason=field)
        if value >= (_MOST if above else _LARGEST):
            raise SaleItemInvalidError(f"{field} of item {number}", item=number, reason="too_large")
        if value != value.quantize(quantum):
            raise SaleItemInvalidError(f"{field} of item {number}", item=number, reason=field)
    gross = cents(quantity * unit_price)
    if discount > gross:
        raise SaleItemInvalidError(f"discount of item {number}", item=number, reason="discount")
    if gross >= _LARGEST:
        raise SaleItemInvalidError(f"item {number}", item=number, reason="too_large")
    return SoldItem(
        number=number,
        service_id=service_id,
        description=required_text(description, "description"),
        quantity=quantity,
        unit_price=unit_price,
        discount=discount,
        amount=gross - discount,
    )


def total(items: Sequence[SoldItem]) -> Decimal:
    """What some items are worth together."""
    return sum((each.amount for each in items), _ZERO)


def _require_worth(items: Sequence[SoldItem]) -> None:
    if not items:
        raise SaleItemInvalidError("a sale has items", reason="no_items")
    if not 0 < total(items) < _LARGEST:
        reason = "too_large" if total(items) else "worth_nothing"
        raise SaleItemInvalidError("a sale is worth something", reason=reason)


def _require_plausible(day: date, field: str) -> None:
    if not _FIRST <= day <= _LAST:
        raise SaleDateImplausibleError(f"{field}: {day}", field=field)


def evolve(sale: Sale | None, event: SaleEvent) -> Sale:
    """The state one fact later."""
    if isinstance(event, SaleRecorded):
        return _recorded(event)
    assert sale is not None
    match event:
        case SaleItemsBilled():
            return sale.moved(event, billed={**sale.billed, **dict.fromkeys(event.items, event.invoice_id)})
        case SaleItemsReleased():
            left = {number: each for number, each in sale.billed.items() if number not in event.items}
            return sale.moved(event, billed=left)
        case SaleCancelled():
            return sale.moved(event, cancelled=True)
        case _:
            assert_never(event)


def _recorded(event: SaleRecorded) -> Sale:
    return Sale(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        code=event.code,
        customer_id=event.customer_id,
        account_id=event.account_id,
        payment_method=event.payment_method,
        sold_on=event.sold_on,
        due_on=event.due_on,
        mode=event.mode,
        emits_documents=event.emits_documents,
        department=event.department,
        items=event.items,
    )


project = projector(evolve)
