"""Sales as the templates need them, by customer: words and tones are decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from application.access import Principal
from domain.user.roles import Permission
from projections.sales_to_bill.query import Item, SaleRow
from web.rows import CompanyMark, Tag, document_words, parked_address
from web.wording import terms
from web.wording.sales import MODE, STATE, STATE_HELP
from web.wording.stale import explanation
from web.wording.terms import FORGOTTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSale:
    """One sale. `late` where it was due before today and is not billed."""

    id: UUID
    code: str
    sold_on: date
    due_on: date
    late: bool
    mode: str
    mode_help: str
    method: str
    account: str
    emits_documents: bool
    department: str
    amount: Decimal
    open_amount: Decimal
    state: Tag
    state_help: str
    cancel_reason: str
    items: tuple[Item, ...]
    raw_state: str
    stale: str
    stale_address: str

    @property
    def can_be_cancelled(self) -> bool:
        """Whether nothing of it is on an invoice."""
        return self.raw_state != "cancelled" and not any(item.invoice_id for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSales:
    """The sales of one customer in one company: what one charge may be made of (F183)."""

    key: str
    company: CompanyMark
    customer: str
    document: str
    open_amount: Decimal
    may_bill: bool
    sales: tuple[ListedSale, ...]


def by_customer(
    rows: Sequence[SaleRow], marks: Mapping[UUID, CompanyMark], principal: Principal, today: date
) -> list[CustomerSales]:
    """A page of the list, which comes by customer, cut into its customers and companies."""
    groups = (list(group) for _, group in groupby(rows, lambda row: row.customer_id))
    return [
        _of_one(same, marks, principal, today)
        for group in groups
        for company in dict.fromkeys(row.company_id for row in group)
        if (same := [row for row in group if row.company_id == company])
    ]


def _of_one(
    rows: Sequence[SaleRow], marks: Mapping[UUID, CompanyMark], principal: Principal, today: date
) -> CustomerSales:
    first = rows[0]
    unknown = CompanyMark(first.company_id, first.company_trade_name or "?", "", "")
    return CustomerSales(
        key=f"{first.customer_id}-{first.company_id}",
        company=marks.get(first.company_id, unknown),
        customer=first.customer_name or FORGOTTEN,
        document=document_words(first.customer_name, first.customer_document),
        open_amount=sum((row.open_amount for row in rows), Decimal("0.00")),
        may_bill=first.customer_name is not None and may_edit(principal, first.company_id),
        sales=tuple(listed(row, principal, today) for row in rows),
    )


def listed(row: SaleRow, principal: Principal, today: date) -> ListedSale:
    """One sale for this person."""
    mode, mode_help = MODE[row.mode]
    return ListedSale(
        id=row.sale_id,
        code=row.code,
        sold_on=row.sold_on,
        due_on=row.due_on,
        late=row.due_on < today and row.open_amount > 0,
        mode=mode,
        mode_help=mode_help,
        method=terms.PAYMENT_METHOD[row.payment_method],
        account=row.account_name or "A escolher",
        emits_documents=row.emits_documents,
        department=row.department or "Não informado",
        amount=row.amount,
        open_amount=row.open_amount,
        state=Tag(*STATE[row.state]),
        state_help=STATE_HELP[row.state],
        cancel_reason=row.cancel_reason or "",
        items=row.items,
        raw_state=row.state,
        stale=explanation(row.parked) if row.parked else "",
        stale_address=parked_address(principal, row.sale_id) if row.parked else "",
    )


def may_edit(principal: Principal, company_id: UUID) -> bool:
    """Whether the person may bill or cancel sales of this company."""
    return principal.may(Permission.EDIT_BILLING, company_id)
