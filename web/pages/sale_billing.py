"""*Faturar avulso*: chosen items of one customer become an invoice, shown before it is made (F183-F185)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from application.sales_billing import (
    MOST_INSTALMENTS,
    AskedInstalment,
    Avulso,
    AvulsoForm,
    ChosenItems,
    monthly,
)
from domain.kernel import DomainError
from domain.late_charges import ZERO
from domain.user.roles import Permission
from domain.values.payment import PaymentMethod
from projections.accounts.query import Account, accounts
from projections.progress import wait_for
from projections.sales_to_bill import query
from projections.sales_to_bill.query import SaleRow
from web import formats
from web.billing import WAIT_SECONDS
from web.dates import DateUnreadableError, parse_day
from web.identity import ServicesOf, Visitor, VisitorOf
from web.pages.alone import is_alone, whole_page
from web.pages.views import ViewsOf
from web.rows import document_words
from web.services import Services
from web.templating import Views
from web.wording import refusals, terms
from web.wording import sales as words
from web.wording.failures import failure
from web.wording.terms import FORGOTTEN

router = APIRouter(prefix=f"{words.PATH}/avulso")

MOST_ITEMS = 500
_CHANGED = ("sales_to_bill", "receivables", "invoice_grid", "invoice_history")
_UNREADABLE_DAY = "Digite as datas como dd/mm/aaaa."
_UNREADABLE_COUNT = f"De 1 a {MOST_INSTALMENTS} parcelas."


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The window's fields as typed. `days` are the due dates of the single instalments, where shown."""

    items: tuple[str, ...]
    account: str = ""
    method: str = ""
    count: str = "1"
    first: str = ""
    days: tuple[str, ...] = ()
    at_once: bool = True

    def chosen(self) -> tuple[ChosenItems, ...]:
        """The items by sale; what is no item is left out."""
        found: dict[UUID, list[int]] = {}
        for each in self.items[:MOST_ITEMS]:
            sale, _, number = each.partition(":")
            try:
                found.setdefault(UUID(sale), []).append(int(number))
            except ValueError:
                continue
        return tuple(ChosenItems(sale_id=sale, items=tuple(numbers)) for sale, numbers in found.items())

    def instalments(self, today: date) -> tuple[AskedInstalment, ...]:
        """As many as asked for, on the days typed, else a month apart. Raises _UnreadableError."""
        if not self.count.isdecimal() or not 1 <= int(self.count) <= MOST_INSTALMENTS:
            raise _UnreadableError(_UNREADABLE_COUNT)
        try:
            if len(self.days) == int(self.count):
                return tuple(AskedInstalment(due_on=parse_day(each, today)) for each in self.days)
            return monthly(parse_day(self.first, today), int(self.count))
        except DateUnreadableError:
            raise _UnreadableError(_UNREADABLE_DAY) from None


class _UnreadableError(Exception):
    """A field cannot be read; the text says which and how."""


@router.get("")
def avulso_window(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    item: Annotated[list[str] | None, Query()] = None,
    todos: Annotated[str, Query(max_length=100)] = "",
    venda: Annotated[list[UUID] | None, Query()] = None,
) -> Response:
    """The window with what was marked, or with everything open of the sales shown (`todos`)."""
    if is_alone(request):
        return whole_page(words.PATH)
    rows = _rows(services, visitor, _sales_of(item or [], venda or [] if todos else []))
    items = _everything(rows) if todos else tuple(item or [])
    typed = _suggested(services, visitor, rows, items)
    return _window(request, services, visitor, views, typed)


@router.post("/parcelas")
def preview(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    item: Annotated[list[str] | None, Form()] = None,
    conta: Annotated[str, Form(max_length=40)] = "",
    forma: Annotated[str, Form(max_length=30)] = "",
    parcelas: Annotated[str, Form(max_length=3)] = "1",
    primeiro: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """The instalments as these fields make them; changes nothing."""
    typed = Typed(
        items=tuple(item or []), account=conta, method=forma, count=parcelas.strip(), first=primeiro
    )
    shown, problem = _decided(services, visitor, typed)
    return views.render(
        request,
        "sales/instalments.html",
        shown=shown,
        problem=problem,
        documents=_documents(shown),
    )


@router.post("")
def bill(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    item: Annotated[list[str] | None, Form()] = None,
    conta: Annotated[str, Form(max_length=40)] = "",
    forma: Annotated[str, Form(max_length=30)] = "",
    parcelas: Annotated[str, Form(max_length=3)] = "1",
    primeiro: Annotated[str, Form(max_length=20)] = "",
    vencimento: Annotated[list[str] | None, Form()] = None,
    agora: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Make the invoice that was shown, and bill it where asked."""
    typed = Typed(
        items=tuple(item or []),
        account=conta,
        method=forma,
        count=parcelas.strip(),
        first=primeiro,
        days=tuple(vencimento or ()),
        at_once=bool(agora),
    )
    try:
        form = _form(typed, services.today())
        done = services.sales.bill(visitor.principal, form, at_once=typed.at_once)
    except _UnreadableError as problem:
        return _window(request, services, visitor, views, typed, str(problem))
    except DomainError as error:
        return _window(request, services, visitor, views, typed, refusals.text(error.code, error))
    if done.position is not None:
        wait_for(services.database, done.position, WAIT_SECONDS, _CHANGED)
    return views.render(
        request,
        "sales/done.html",
        headers={"HX-Trigger": "lastro:moved"},
        done=done,
        problem=_failure_words(done),
    )


def _failure_words(done: Avulso) -> str:
    """Why the billing that was asked for came to nothing, or failed; empty where it did not."""
    billed = done.billed
    if billed is None or billed.outcome == "billed":
        return ""
    if billed.outcome == "failed":
        words_of = failure("", billed.reason, billed.detail)
        return f"{words_of.cause} {words_of.remedy}"
    return refusals.text(billed.reason, DomainError())


def _form(typed: Typed, today: date) -> AvulsoForm:
    try:
        account, method = UUID(typed.account), PaymentMethod(typed.method)
    except ValueError:
        raise _UnreadableError("Escolha a conta e a forma de pagamento.") from None
    return AvulsoForm(
        chosen=typed.chosen(),
        account_id=account,
        payment_method=method,
        instalments=typed.instalments(today),
    )


def _decided(services: Services, visitor: Visitor, typed: Typed) -> tuple[Avulso | None, str]:
    try:
        return services.sales.preview(visitor.principal, _form(typed, services.today())), ""
    except _UnreadableError as problem:
        return None, str(problem)
    except DomainError as error:
        return None, refusals.text(error.code, error)


def _window(
    request: Request, services: Services, visitor: Visitor, views: Views, typed: Typed, problem: str = ""
) -> Response:
    rows = _rows(services, visitor, _sales_of(typed.items, []))
    shown, refused = _decided(services, visitor, typed)
    chosen = {(each.sale_id, number) for each in typed.chosen() for number in each.items}
    lines = [(row, item) for row in rows for item in row.items if (row.sale_id, item.number) in chosen]
    first = rows[0] if rows else None
    return views.render(
        request,
        "sales/avulso.html",
        status=422 if problem else 200,
        typed=typed,
        lines=lines,
        total=sum((item.amount for _, item in lines), start=ZERO),
        customer=(first.customer_name or FORGOTTEN) if first else "",
        document=document_words(first.customer_name, first.customer_document) if first else "",
        accounts=_accounts(services, first),
        methods=list(terms.PAYMENT_METHOD.items()),
        may_bill_now=first is not None and visitor.principal.may(Permission.BILL_NOW, first.company_id),
        shown=shown,
        documents=_documents(shown),
        problem=problem or refused,
        posted=problem,
    )


def _documents(shown: Avulso | None) -> str:
    """What the invoice asks for; empty where that is nothing."""
    return f"Documentos: {terms.documents(list(shown.documents))}." if shown and shown.documents else ""


def _accounts(services: Services, row: SaleRow | None) -> list[tuple[str, str]]:
    return [(str(each.account_id), each.name) for each in _open_accounts(services, row)]


def _open_accounts(services: Services, row: SaleRow | None) -> list[Account]:
    if row is None:
        return []
    return [each for each in accounts(services.database, [row.company_id]) if not each.closed]


def _rows(services: Services, visitor: Visitor, ids: Sequence[UUID]) -> list[SaleRow]:
    """The sales, those of companies that the person does not see left out: for them there are none."""
    found = query.chosen(services.database, ids[:MOST_ITEMS])
    return [row for row in found if visitor.principal.may(Permission.SEE_BILLING, row.company_id)]


def _sales_of(items: Sequence[str], more: Sequence[UUID]) -> list[UUID]:
    return list(dict.fromkeys([*more, *(each.sale_id for each in Typed(items=tuple(items)).chosen())]))


def _everything(rows: Sequence[SaleRow]) -> tuple[str, ...]:
    return tuple(
        f"{row.sale_id}:{item.number}"
        for row in rows
        if row.state != "cancelled"
        for item in row.items
        if item.invoice_id is None
    )


def _suggested(
    services: Services, visitor: Visitor, rows: Sequence[SaleRow], items: tuple[str, ...]
) -> Typed:
    """What the sales say where they agree; due on the earliest of their days, or today if that is past."""
    methods = {row.payment_method for row in rows}
    method = methods.pop() if len(methods) == 1 else PaymentMethod.BOLETO.value
    named = {str(row.account_id) for row in rows if row.account_id}
    known = _open_accounts(services, rows[0] if rows else None)
    fit = [str(each.account_id) for each in known if each.takes(PaymentMethod(method))]
    account = named.pop() if len(named) == 1 else fit[0] if fit else ""
    due = max(min((row.due_on for row in rows), default=services.today()), services.today())
    return Typed(
        items=items,
        account=account,
        method=method,
        first=formats.day(due),
    )
