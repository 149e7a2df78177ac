"""An order as another system tells it: plain values, so that whoever reads messages needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.sale.events import SaleMode
from domain.values.payment import PaymentMethod


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One item of an order. Without description: the service's own."""

    service_code: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = Decimal("0.00")
    description: str | None = None


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """What another system sold for one of our companies. `order` is its number in `source`.

    The company is named by code or CNPJ; the customer by our id, by CPF or CNPJ, or by our code; digits
    may have their usual punctuation. Without account: the one that the invoice is billed with.
    """

    source: str
    order: str
    sold_on: date
    due_on: date
    items: tuple[OrderItem, ...]
    mode: SaleMode
    payment_method: PaymentMethod
    company_code: str | None = None
    company_cnpj: str | None = None
    customer_id: UUID | None = None
    customer_document: str | None = None
    customer_code: str | None = None
    account_code: str | None = None
    department: str | None = None
    emits_documents: bool = True


@dataclass(frozen=True, slots=True)
class OrderWithdrawn:
    """The order did not come about. `reason` is kept in clear for ever."""

    source: str
    order: str
    reason: str
    company_code: str | None = None
    company_cnpj: str | None = None


type Order = OrderPlaced | OrderWithdrawn
