"""/contratos: the list of contracts, and one of them with its terms and its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from application.access import Principal
from application.app import NotFoundError
from domain.contract.events import Item, Terms
from domain.contract.pricing import item_discount, item_price
from domain.user.roles import Permission
from domain.values.payment import ValueType
from projections.companies.query import companies
from projections.contracts import query
from projections.contracts.query import Contract
from projections.customers.query import customer
from projections.services.query import services as services_of_companies
from projections.shown import shown_position
from web import formats
from web.contract_values import Totals, is_open_ended, period_words, price, terms_of, totals
from web.cursors import CursorSigner
from web.identity import ServicesOf, VisitorOf
from web.listing import PageSize, plain_text
from web.pages.contract_schedule import schedule_row
from web.pages.views import ViewsOf
from web.rows import CompanyMark, Tag, document_words, parked_address
from web.scope import visible_companies
from web.services import Services
from web.templating import is_partial
from web.wording import terms
from web.wording.stale import explanation
from web.wording.terms import FORGOTTEN

router = APIRouter(prefix="/contratos")

_SCOPE = "contracts"
_PATH = "/contratos"


@router.get("")
def contracts_page(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    q: Annotated[str, Query()] = "",
    cursor: Annotated[str, Query()] = "",
) -> Response:
    """The contracts by code, of the companies that the person sees."""
    visible = visible_companies(visitor.principal)
    text, size = plain_text(q), int(PageSize.SMALL)
    position = shown_position(services.database)
    signer = CursorSigner(services.signing_key)
    key = None
    if cursor:
        code, contract_id = signer.open(_SCOPE, cursor)
        key = (code, UUID(contract_id))
    found = query.contracts(services.database, visible, text=text, size=size + 1, key=key)
    marks = marks_of(services, visible)
    more = len(found) > size
    last = found[size - 1] if more else None
    values: dict[str, Any] = {
        "rows": [_listed(each, marks, visitor.principal, services.today()) for each in found[:size]],
        "text": text,
        "first": bool(cursor) and _address(text),
        "here": _address(text, cursor),
        "next": last and _address(text, signer.seal(_SCOPE, [last.code, str(last.contract_id)])),
        "position": position,
    }
    if is_partial(request):
        headers = (
            {} if request.headers.get("HX-Source") == "section#grade" else {"HX-Push-Url": values["here"]}
        )
        return views.render(request, "contracts/grid.html", headers=headers, **values)
    return views.render(request, "contracts/page.html", visitor=visitor, **values)


def _address(text: str, cursor: str = "") -> str:
    pairs = [(name, value) for name, value in (("q", text), ("cursor", cursor)) if value]
    return f"{_PATH}?{urlencode(pairs)}" if pairs else _PATH


def marks_of(services: Services, visible: tuple[UUID, ...] | None) -> dict[UUID, CompanyMark]:
    """The circles of the companies, by id."""
    known = companies(services.database, visible)
    return {c.company_id: CompanyMark(c.company_id, c.legal_name, c.trade_name, c.cnpj) for c in known}


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A row of the list."""

    id: UUID
    code: str
    company: CompanyMark
    customer_name: str
    customer_document: str | None
    periodicity: str
    value_type: str
    method: str
    per_period: str
    starts_on: date
    term: str
    status: Tag
    stale: str
    stale_address: str

    @property
    def document_words(self) -> str:
        return document_words(self.customer_name, self.customer_document)


def _listed(
    contract: Contract, marks: dict[UUID, CompanyMark], principal: Principal, today: date
) -> ListedContract:
    unknown = CompanyMark(contract.company_id, contract.company_trade_name or "?", "", "")
    return ListedContract(
        id=contract.contract_id,
        code=contract.code,
        company=marks.get(contract.company_id, unknown),
        customer_name=contract.customer_name or FORGOTTEN,
        customer_document=contract.customer_document,
        periodicity=terms.PERIODICITY[contract.periodicity],
        value_type=terms.VALUE_TYPE[contract.value_type],
        method=terms.PAYMENT_METHOD[contract.payment_method],
        per_period=period_words(terms_of(contract)),
        starts_on=contract.starts_on,
        term=term_words(contract),
        status=standing(contract, today),
        stale=explanation(contract.parked) if contract.parked else "",
        stale_address=parked_address(principal, contract.contract_id) if contract.parked else "",
    )


def standing(contract: Contract, today: date) -> Tag:
    """Where the contract is in its life: ended early, run to its end, not begun, or in force."""
    if contract.ended_on:
        return (
            Tag("Encerrado", "grey") if contract.ended_on < today else Tag("Encerramento marcado", "orange")
        )
    last = contract.ends_on or (contract.generated_until if contract.instalment_count else None)
    if last is not None and last < today:
        return Tag("Concluído", "grey")
    return Tag("A iniciar", "blue") if contract.starts_on > today else Tag("Vigente", "green")


def term_words(contract: Contract) -> str:
    """F114-F119: until when, or how many instalments, or without term."""
    until = contract.ended_on or contract.ends_on
    parts = [f"até {formats.day(until)}"] if until else []
    if contract.instalment_count:
        parts.append(f"{contract.instalment_count} parcelas")
    return ", ".join(parts) or "Sem prazo"


@router.get("/{contract_id}")
def contract_page(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, contract_id: UUID
) -> Response:
    """The terms last agreed, and every period with its invoice as it stands."""
    position = shown_position(services.database)
    contract = query.contract(services.database, contract_id)
    if contract is None:
        raise NotFoundError(id=contract_id)
    visitor.principal.require(Permission.SEE_BILLING, contract.company_id)
    today = services.today()
    periods = query.schedule(services.database, contract_id)
    agreed, sums = terms_of(contract), totals(periods)
    marks = marks_of(services, (contract.company_id,))
    values: dict[str, Any] = {
        "contract": contract,
        "listed": _listed(contract, marks, visitor.principal, today),
        "nobody_to_charge": _nobody_to_charge(services, contract.customer_id),
        "facts": contract_facts(contract),
        "items": contract_items(services, contract, agreed),
        "price": price(agreed),
        "price_of": "do contrato" if agreed.value_type is ValueType.SPLIT else "por período",
        "total": total_words(contract, sums),
        "periods": [schedule_row(each, agreed, today) for each in periods],
        "sums": sums,
        "position": position,
    }
    template = "contracts/contract_body.html" if is_partial(request) else "contracts/contract.html"
    return views.render(request, template, visitor=visitor, **values)


def _nobody_to_charge(services: Services, customer_id: UUID) -> bool:
    """Whether the customer has no contact that receives charges (F101); of a forgotten one nobody asks."""
    known = customer(services.database, customer_id)
    return known is not None and known.name is not None and not any(c["collection"] for c in known.contacts)


def total_words(contract: Contract, sums: Totals) -> str:
    """What the contract is worth in all; of an open-ended one, what was generated so far."""
    periods = f"{sums.periods} {'período' if sums.periods == 1 else 'períodos'}"
    estimated = ", estimado" if contract.variable else ""
    if is_open_ended(contract) and not contract.ended_on:
        until = formats.day(contract.generated_until)
        return f"Sem prazo; {formats.money(sums.amount)} em {periods} até {until}{estimated}"
    return f"{formats.money(sums.amount)} em {periods}{estimated}"


def contract_facts(contract: Contract) -> list[tuple[str, str]]:
    """What was agreed, in the words of the form."""
    agreed = contract.terms
    fine, interest = Decimal(agreed["fine_percent"]), Decimal(agreed["interest_percent_month"])
    return [
        ("Data da contratação", formats.day(contract.starts_on)),
        ("Prazo", term_words(contract)),
        ("Periodicidade", terms.PERIODICITY[contract.periodicity]),
        ("Dia do vencimento", str(contract.due_day or "Conta da 1ª parcela")),
        ("1º vencimento", formats.day(date.fromisoformat(agreed["first_due_on"]))),
        ("Tipo de pagamento", terms.VALUE_TYPE[contract.value_type]),
        ("Valor", "Variável, informado a cada período" if contract.variable else "Fixo"),
        ("Forma de pagamento", terms.PAYMENT_METHOD[contract.payment_method]),
        ("Conta", contract.account_name or ""),
        ("Multa", f"{formats.quantity(fine)}%"),
        ("Juros", f"{formats.quantity(interest)}% ao mês"),
        ("Nota fiscal", terms.NFSE[agreed["nfse"]]),
        ("Vencimento em dia não útil", terms.DUE_SHIFT[agreed["due_shift"]]),
        ("Períodos anteriores", terms.RETROACTIVE[agreed["retroactive"]]),
        ("Índice de reajuste", _clause(agreed["adjustment"])),
        ("Departamento", contract.department or "Não informado"),
        ("Observação", contract.notes or ("" if contract.customer_name else FORGOTTEN)),
    ]


def _clause(clause: Any) -> str:
    if not clause:
        return "Sem reajuste"
    return f"{clause['index']}, a cada {clause['every_months']} meses"


@dataclass(frozen=True, slots=True)
class ContractItem:
    """One product or service of the contract (F105-F110)."""

    description: str
    service: str
    quantity: Decimal
    unit_price: Decimal
    gross: Decimal
    discount: Decimal
    discount_percent: str
    net: Decimal


def contract_items(services: Services, contract: Contract, agreed: Terms) -> list[ContractItem]:
    """The items with the names of their services."""
    known = {
        each.service_id: f"{each.code} {each.description}"
        for each in services_of_companies(services.database, [contract.company_id])
    }
    return [_item(item, known) for item in agreed.items]


def _item(item: Item, known: Mapping[UUID, str]) -> ContractItem:
    gross, discount, percent = item_price(item), item_discount(item), item.discount_percent
    return ContractItem(
        description=item.description,
        service="" if item.service_id is None else known.get(item.service_id, ""),
        quantity=item.quantity,
        unit_price=item.unit_price,
        gross=gross,
        discount=discount,
        discount_percent="" if percent is None else f"{formats.quantity(percent)}%",
        net=gross - discount,
    )
