"""A sale of three items and the facts that its tests start from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.kernel import Header
from domain.sale.events import SaleCancelled, SaleItemsBilled, SaleItemsReleased, SaleRecorded, SoldItem
from domain.sale.sale import Sale, sold_item
from domain.values.payment import PaymentMethod

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
COMPANY = UUID("00000000-0000-7000-8000-0000000000c0")
CUSTOMER = UUID("00000000-0000-7000-8000-0000000000c1")
ACCOUNT = UUID("00000000-0000-7000-8000-0000000000a1")
SERVICE = UUID("00000000-0000-7000-8000-0000000000f1")
INVOICE = UUID("00000000-0000-5000-8000-000000000001")
OTHER = UUID("00000000-0000-5000-8000-000000000002")


def item(number: int = 1, price: str = "100.00", quantity: str = "1", discount: str = "0.00") -> SoldItem:
    return sold_item(number, SERVICE, f"Item {number}", Decimal(quantity), Decimal(price), Decimal(discount))


ITEMS = (item(1, "300.00"), item(2, "33.33", "3", "9.99"), item(3, "0.00"))


def recorded(**changes: Any) -> SaleRecorded:
    fields: dict[str, Any] = {
        "source": "loja",
        "order": "1001",
        "customer_id": CUSTOMER,
        "account_id": ACCOUNT,
        "payment_method": PaymentMethod.BOLETO,
        "sold_on": date(2026, 3, 2),
        "due_on": date(2026, 3, 10),
        "mode": "contractual",
        "emits_documents": True,
        "department": None,
        "items": ITEMS,
    }
    return Sale.record(company_id=COMPANY, now=NOW, **(fields | changes))


SALE = recorded().originator_id


def at(version: int) -> Header:
    return Header(originator_id=SALE, originator_version=version, occurred_at=NOW, company_id=COMPANY)


def billed(version: int, *items: int, invoice_id: UUID = INVOICE) -> SaleItemsBilled:
    return SaleItemsBilled(**at(version), items=items, invoice_id=invoice_id)


def released(version: int, *items: int, invoice_id: UUID = INVOICE) -> SaleItemsReleased:
    return SaleItemsReleased(**at(version), items=items, invoice_id=invoice_id, because="asked")


def cancelled(version: int) -> SaleCancelled:
    return SaleCancelled(**at(version), reason="desistiu")
