"""One invoice in a window: what it says, its boleto and its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.boleto.numbering import format_nosso_numero
from domain.invoice.events import BoletoCancelled, BoletoIssued, Line, SaleItem
from domain.invoice.invoice import Invoice
from domain.values.payment import DocumentState
from projections.accounts.query import accounts
from projections.as_of import AsOf
from projections.invoice_grid.rows import GridRow
from projections.invoice_history.query import HistoryFact, history
from projections.sales_to_bill.query import codes_of
from web import formats
from web.corrections import Correction, corrections
from web.identity import ServicesOf, VisitorOf
from web.pages.alone import behind_window, is_alone
from web.pages.invoice_error import error_window
from web.pages.past import PositionOf, invoice_at
from web.pages.seen import row_seen, stale_of, subject
from web.pages.views import ViewsOf
from web.rows import company_of, customer_of, documents_of
from web.services import Services
from web.settlement_history import receipt_words
from web.wording import terms
from web.wording.actors import actor_id, actor_words
from web.wording.entries import HistoryRow
from web.wording.history import history as worded_history
from web.wording.sales import sales_of, sales_words
from web.wording.terms import FORGOTTEN

router = APIRouter(prefix="/faturamento/{invoice_id}")


@dataclass(frozen=True, slots=True)
class BoletoView:
    """A valid boleto, as its fact says it; the nosso número as the bank prints it."""

    instalment: int
    bank_code: str
    nosso_numero: str
    linha_digitavel: str
    due_on: date
    amount: Decimal


@router.get("")
def invoice_window(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    position: PositionOf,
    invoice_id: UUID,
) -> Response:
    """F57, F58: the invoice, read-only, with its lines and instalments."""
    row = row_seen(services, visitor.principal, invoice_id, position.as_of)
    if is_alone(request):
        return behind_window(row, "", position.past)
    invoice = invoice_at(services, visitor.principal, invoice_id, position.as_of)
    boletos = _valid_boletos(history(services.database, invoice_id, position.as_of))
    return views.render(
        request,
        "invoices/invoice.html",
        subject=subject(row, position.past),
        **stale_of(services, visitor.principal, row),
        past=position.past.suffix if position.past else "",
        invoice_id=invoice_id,
        facts=_facts(row),
        lines=_lines(services, invoice),
        instalments=_instalments(invoice, boletos),
        documents=documents_of(row),
        contract_id=row.contract_id,
    )


def _lines(services: Services, invoice: Invoice) -> list[tuple[Line, UUID | None, str]]:
    """The lines, each with the sale that it is from and that sale's code, where it is from one."""
    sales = [line.source.sale_id if isinstance(line.source, SaleItem) else None for line in invoice.lines]
    codes = codes_of(services.database, {sale for sale in sales if sale is not None})
    return [
        (line, sale, codes.get(sale, "") if sale else "")
        for line, sale in zip(invoice.lines, sales, strict=True)
    ]


def _instalments(invoice: Invoice, boletos: list[BoletoView]) -> list[dict[str, Any]]:
    numbered = {each.instalment: each for each in boletos}
    return [
        {
            "number": each.number,
            "due_on": each.due_on,
            "payable_until": each.payable_until,
            "amount": each.amount,
            "paid": sum((receipt.amount for receipt in invoice.receipts_of(each.number)), Decimal(0)),
            "open": invoice.open_principal(each),
            "boleto": numbered.get(each.number),
        }
        for each in invoice.instalments
    ]


def _facts(row: GridRow) -> list[tuple[str, str]]:
    return [
        ("Empresa", company_of(row).legal_name),
        ("Cliente", customer_of(row).name),
        ("CPF/CNPJ", customer_of(row).document_words),
        ("E-mail de cobrança", row.customer_email or ("Não cadastrado" if row.customer_name else FORGOTTEN)),
        ("Situação", terms.SITUACAO[row.situacao][0]),
        ("Origem", terms.ORIGIN[row.origin]),
        ("Tipo Valor", terms.VALUE_TYPE[row.value_type]),
        ("Competência", formats.competencia(row.competencia)),
        ("Forma de pagamento", terms.PAYMENT_METHOD[row.payment_method]),
        ("Conta", row.account_name or ""),
        ("Contrato", row.contract_code or ""),
        ("Departamento", row.department or "Não informado"),
    ]


@router.get("/historico")
def history_window(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    position: PositionOf,
    invoice_id: UUID,
) -> Response:
    """F59: who, when, and every value before and after, what was corrected elsewhere in its place."""
    row = row_seen(services, visitor.principal, invoice_id, position.as_of)
    if is_alone(request):
        return behind_window(row, "/historico", position.past)
    facts = history(services.database, invoice_id, position.as_of)
    told: list[HistoryFact | Correction] = [*facts, *_corrections(services, facts, position.as_of)]
    told.sort(key=lambda fact: fact.position)
    receipts = receipt_words(services.database, invoice_id, facts)
    codes = codes_of(services.database, sales_of(fact.facts for fact in facts))
    words = (_account_words(services, row), receipts, sales_words(codes))
    entries = worded_history(told, people_of(services, told), *words)
    about = subject(row, position.past)
    stale = stale_of(services, visitor.principal, row, "invoice_history")
    return views.render(request, "invoices/history.html", subject=about, entries=entries, **stale)


def _corrections(services: Services, facts: list[HistoryFact], as_of: AsOf | None) -> list[Correction]:
    found = corrections(services.lastro, facts)
    return [each for each in found if as_of is None or as_of.has(each.occurred_at, each.position)]


def people_of(services: Services, facts: Sequence[HistoryRow]) -> Callable[[str], str]:
    """Names of who acted; who was forgotten is nobody in particular."""
    ids = {found for fact in facts if (found := actor_id(fact.actor)) is not None}
    names = services.people.names(ids) if ids else {}

    def name(actor: str) -> str:
        user_id = actor_id(actor)
        if user_id is None:
            return actor_words(actor)
        return names.get(user_id, "Pessoa sem dados")

    return name


def _account_words(services: Services, row: GridRow) -> Callable[[str], str]:
    known = {str(each.account_id): each.name for each in accounts(services.database, [row.company_id])}
    return lambda account_id: known.get(account_id, "outra conta")


@router.get("/boleto")
def boleto_window(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    position: PositionOf,
    invoice_id: UUID,
) -> Response:
    """F62-F64: the numbers of a boleto that was made, its error, or that there is none yet."""
    row = row_seen(services, visitor.principal, invoice_id, position.as_of)
    if is_alone(request):
        return behind_window(row, "/boleto", position.past)
    if row.boleto_state == DocumentState.FAILED and position.past is None:
        return error_window(request, services, visitor.principal, views, row)
    boletos = _valid_boletos(history(services.database, invoice_id, position.as_of))
    return views.render(
        request,
        "invoices/boleto.html",
        subject=subject(row, position.past),
        **stale_of(services, visitor.principal, row, "invoice_history"),
        boletos=boletos,
        state=terms.DOCUMENT_STATE[DocumentState.WAITING],
    )


def _valid_boletos(facts: list[HistoryFact]) -> list[BoletoView]:
    found: dict[int, BoletoView] = {}
    for fact in facts:
        if fact.topic == BoletoIssued.TOPIC:
            boleto = _boleto_view(fact.facts)
            found[boleto.instalment] = boleto
        elif fact.topic == BoletoCancelled.TOPIC:
            found.pop(int(fact.facts["instalment"]), None)
    return [found[number] for number in sorted(found)]


def _boleto_view(facts: Any) -> BoletoView:
    return BoletoView(
        instalment=int(facts["instalment"]),
        bank_code=facts["bank_code"],
        nosso_numero=format_nosso_numero(
            facts["bank_code"], facts["portfolio"], facts["nosso_numero"], facts["nosso_numero_digit"]
        ),
        linha_digitavel=facts["linha_digitavel"],
        due_on=date.fromisoformat(facts["due_on"]),
        amount=Decimal(facts["amount"]),
    )
