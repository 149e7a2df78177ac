"""A contract's rows as the form that signing takes: terms, items, what empty cells stand for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.portfolio.entries import Entry, Values
from application.portfolio.forms import late_charges
from application.portfolio.problems import RowRefusedError
from application.signing import ContractForm
from domain.contract.events import AdjustmentClause, Item, SplitPart, Terms
from domain.contract.schedule import suggest_first_due
from domain.service.service import Service

_ITEM_MARKS = ("servico", "descricao", "valor_unitario", "desconto_percentual", "desconto_valor")
_IN_DAYS = frozenset({"weekly", "fortnightly"})
_NO_RATE = Decimal("0.0000")

FindService = Callable[[str], Service]
"""The contract's company's service with this code. Raises RowRefusedError."""


class ItemRefusedError(RowRefusedError):
    """What is wrong stands in one of the rows of the contract's items; `item` counts from 0."""

    item: int = 0


def contract_form(
    entry: Entry, company_id: UUID, customer_id: UUID, account_id: UUID, service: FindService
) -> ContractForm:
    """The contract as signed; the form says so where fine and interest are left to the account (F152)."""
    assert entry.values is not None
    values = entry.values
    fine, interest = late_charges(values)
    return ContractForm(
        company_id=company_id,
        customer_id=customer_id,
        code=values["codigo"],
        terms=_terms(values, _items(entry, service), account_id, fine, interest),
        notes=values["observacao"],
        default_late_charges=fine is None,
        retroactive_said=values["retroativo"] is not None,
    )


def _terms(
    values: Values, items: tuple[Item, ...], account_id: UUID, fine: Decimal | None, interest: Decimal | None
) -> Terms:
    due_day, first_due_on = _due(values)
    return Terms(
        items=items,
        gross_amount=values["valor_bruto"],
        value_type=values["tipo_pagamento"],
        variable=values["valor_variavel"],
        periodicity=values["periodicidade"],
        starts_on=values["data_inicio"],
        ends_on=values["data_termino"],
        instalment_count=values["parcelas"],
        first_due_on=first_due_on,
        due_day=due_day,
        due_shift=values["dia_nao_util"],
        pro_rata_from=values["pro_rata_desde"],
        split=tuple(_part(kind, number) for kind, number in values["divisao"]),
        retroactive=values["retroativo"] or "every_period",
        adjustment=_adjustment(values),
        payment_method=values["forma_pagamento"],
        account_id=account_id,
        nfse=values["emite_nota"],
        send_email=values["envia_email"],
        fine_percent=_NO_RATE if fine is None else fine,
        interest_percent_month=_NO_RATE if interest is None else interest,
        consumer=values["consumidor"],
        competencia_offset_months=values["competencia_meses"],
        department=values["departamento"],
    )


def _due(values: Values) -> tuple[int | None, date]:
    """Due day and first due date: as typed, else the one from the other, else from the start (F121, V2c)."""
    starts_on: date = values["data_inicio"]
    typed: date | None = values["primeiro_vencimento"]
    day: int | None = values["dia_vencimento"]
    if day is None and values["periodicidade"] not in _IN_DAYS:
        day = (typed or starts_on).day
    return day, typed or suggest_first_due(starts_on, day)


def _part(kind: str, number: Decimal) -> SplitPart:
    if kind == "percent":
        return SplitPart(percent=number, amount=None)
    return SplitPart(percent=None, amount=number)


def _adjustment(values: Values) -> AdjustmentClause | None:
    if values["indice"] is None:
        return None
    return AdjustmentClause(
        index=values["indice"],
        every_months=values["reajuste_meses"],
        when_unpublished=values["indice_nao_publicado"],
        when_negative=values["indice_negativo"],
        rounded_percent=values["indice_arredondado"],
        outside_law=values["reajuste_fora_lei"],
    )


def _items(entry: Entry, service: FindService) -> tuple[Item, ...]:
    assert entry.values is not None
    rows = [entry.values, *(values for _, values in entry.items)]
    items: list[Item] = []
    for number, values in enumerate(rows):
        if number == 0 and not _names_item(values):
            continue
        try:
            items.append(_item(values, service))
        except RowRefusedError as refusal:
            at = ItemRefusedError(refusal.column, refusal.code, **refusal.details)
            at.item = number
            raise at from refusal
    return tuple(items)


def _item(values: Values, find: FindService) -> Item:
    service = find(values["servico"]) if values["servico"] is not None else None
    described = service.description if service is not None else None
    priced = service.list_price if service is not None else None
    return Item(
        service_id=service.id if service is not None else None,
        description=_known(values, "descricao", described, "description_missing"),
        quantity=values["quantidade"],
        unit_price=_known(values, "valor_unitario", priced, "price_missing"),
        discount_percent=values["desconto_percentual"],
        discount_amount=values["desconto_valor"],
    )


def _known(values: Values, column: str, instead: Any, code: str) -> Any:
    typed = values[column]
    if typed is not None:
        return typed
    if instead is None:
        raise RowRefusedError(column, code)
    return instead


def row_of_item(entry: Entry, number: int) -> int:
    """Which row the n-th item (from 1) of the contract stands in: 0 is the contract's own."""
    assert entry.values is not None
    return number - 1 if _names_item(entry.values) else number


def _names_item(values: Values) -> bool:
    return any(values[name] is not None for name in _ITEM_MARKS)
