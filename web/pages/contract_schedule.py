"""The schedule of a contract: each period with its own instalment, what is open of it, and its boleto."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from domain.contract.events import Terms
from domain.contract.pricing import ZERO
from domain.contract.schedule import first_period_from
from domain.values.payment import DocumentState, ValueType
from projections.contracts.query import Period
from web import formats
from web.contract_values import amount_of, is_owed, open_of
from web.rows import Tag
from web.wording import terms as words
from web.wording.stale import explanation

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Served:
    """The days that a period serves, and what a person should know of them; either may be empty."""

    days: str
    note: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One period and its instalment. `invoice_id` is None until the listing knows the invoice."""

    key: str
    ordinal: int
    attempt: int
    part: str
    competencia: str
    served: Served
    due_on: date
    late: bool
    amount: Decimal
    situacao: Tag
    paid: Decimal
    open: Decimal
    boleto: str
    nosso_numero: str
    linha_digitavel: str
    invoice_id: UUID | None
    forecast: bool
    stale: str


def schedule_row(period: Period, agreed: Terms, today: date) -> ScheduleRow:
    """One line of the table; `agreed` are the contract's terms."""
    situacao = Tag("Liberado", "grey") if period.released else Tag("…", "grey")
    if period.situacao is not None:
        situacao = Tag(*words.SITUACAO[period.situacao])
    owed, until = is_owed(period), period.payable_until
    open_amount = open_of(period) if owed else ZERO
    return ScheduleRow(
        key=f"{period.ordinal}-{period.attempt}-{period.instalment or 1}",
        ordinal=period.ordinal,
        attempt=period.attempt,
        part=_part(period),
        competencia=period.competencia,
        served=served(period, agreed),
        due_on=period.due_on or period.generated_due_on,
        late=open_amount > 0 and until is not None and until < today,
        amount=amount_of(period),
        situacao=situacao,
        paid=period.paid_amount or ZERO,
        open=open_amount,
        boleto=_boleto(period.boleto_state),
        nosso_numero=period.nosso_numero or "",
        linha_digitavel=period.linha_digitavel or "",
        invoice_id=None if period.situacao is None else period.invoice_id,
        forecast=bool(period.forecast),
        stale=explanation(period.parked) if period.parked else "",
    )


def _part(period: Period) -> str:
    if period.instalment is None or (period.instalments_total or 1) == 1:
        return ""
    return f"Parcela {period.instalment} de {period.instalments_total} da mesma fatura"


def _boleto(state: str | None) -> str:
    """How the instalment's own boleto stands, where one is wanted."""
    return "" if state in (None, DocumentState.NOT_WANTED) else words.BOLETO_STATE[state]


def served(period: Period, agreed: Terms) -> Served:
    """V9: a period runs between two due dates, but nothing was served before the contract began."""
    starts_on = agreed.starts_on
    whole = f"{formats.day(period.period_from)} a {formats.day(period.period_until)}"
    if period.ordinal == 1 and agreed.pro_rata_from == period.period_from:
        return Served(whole, "pro rata", _proportion(period, agreed))
    if period.period_from >= starts_on:
        return Served(whole)
    after = period.period_until < starts_on
    began = formats.day(starts_on) + ("" if after else f" a {formats.day(period.period_until)}")
    if agreed.value_type is ValueType.SPLIT:
        return Served(began)
    detail = f"entre vencimentos, o período iria de {whole}. Contratado sem pro rata: o valor é inteiro."
    return Served(began, "vence na contratação" if after else "valor inteiro, sem pro rata", detail)


def _proportion(period: Period, agreed: Terms) -> str:
    days = (period.period_until + _DAY - period.period_from).days
    of = (period.period_until + _DAY - first_period_from(agreed)).days
    return f"cobrados {days} dos {of} dias entre vencimentos (pro rata)."
