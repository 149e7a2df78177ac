"""Every component in its states on one page, for who builds screens and for the tests that look at them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.invoice.situacao import Situacao
from domain.values.payment import Document, DocumentState, PaymentMethod
from web.identity import VisitorOf
from web.pages.views import ViewsOf
from web.rows import CompanyMark, CustomerCell, DocumentMark, GridRow, PaidMark, Tag
from web.wording import terms
from web.wording.failures import failure

router = APIRouter()

_COMPANIES = tuple(
    CompanyMark(UUID(int=index), f"{name} Serviços Ltda", name, "11222333000181")
    for index, name in enumerate(
        ("Alfa Norte", "Beta", "Casa Verde", "Delta Sul", "Época", "Fonte", "Gama", "Horizonte Azul")
    )
)
_LONG = "Associação dos Proprietários e Moradores do Condomínio Residencial Parque das Águas Claras"


def _row(number: int, situacao: Situacao, state: DocumentState) -> GridRow:
    words, tone = terms.SITUACAO[situacao]
    failed = situacao is Situacao.ERROR
    names = (_LONG, "João D’Ávila", "Ação & Cia <Ltda>")
    return GridRow(
        id=UUID(int=100 + number),
        company=_COMPANIES[number % len(_COMPANIES)],
        customer=CustomerCell(
            names[number % 3],
            None if number % 2 else "Nome Fantasia",
            (None, "52998224725", "12ABC34501DE35")[number % 3],
        ),
        failure=failure("nfse", "service_without_fiscal_code", "S1 Suporte") if failed else None,
        billed_on=date(2026, 11, 3) if situacao is Situacao.BILLED else None,
        forecast_on=date(2026, 11, 20),
        due_on=date(2026, 11, 20),
        late=number == 3,
        kind=Tag(*terms.KIND["renegotiation" if number == 2 else "billing"]),
        situacao=Tag(words, tone),
        amount=(Decimal("-150.00"), Decimal("1234567.89"), Decimal("99.90"))[number % 3],
        documents=tuple(DocumentMark(document, state) for document in Document if document != Document.PIX),
        sent_on=date(2026, 11, 3) if situacao is Situacao.BILLED else None,
        method=terms.PAYMENT_METHOD[PaymentMethod.PIX],
        method_icon=terms.PAYMENT_ICON[PaymentMethod.PIX],
        has_boleto=number % 2 == 1,
        paid=PaidMark(Decimal(number * 10), number == 1),
        instalments_total=3 if number == 2 else 1,
        instalments_paid=1,
        can_bill=situacao in (Situacao.PENDING, Situacao.ERROR),
    )


@router.get("/dev/componentes")
def gallery(request: Request, views: ViewsOf, visitor: VisitorOf) -> Response:
    """The gallery. Its data is made up and its buttons lead nowhere."""
    states = list(DocumentState)
    rows = [_row(number, situacao, states[number]) for number, situacao in enumerate(Situacao)]
    return views.render(
        request,
        "gallery.html",
        visitor=visitor,
        rows=rows,
        companies=_COMPANIES,
        situacoes=[Tag(*words) for words in terms.SITUACAO.values()],
        kinds=[Tag(*words) for words in terms.KIND.values()],
        statuses=[Tag(*words) for words in terms.INSTALMENT_STATUS.values()],
        amounts=(Decimal("1234.56"), Decimal("-99.90"), Decimal(0)),
        options=(("a", "Alfa"), ("b", "Beta")),
    )
