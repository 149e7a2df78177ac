"""`lastro as-of`: the listing as it was at a past instant, row after row, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from application.clock import SAO_PAULO, sao_paulo_date, utc_now
from application.settings import Settings
from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.values.payment import ValueType
from lastro.billing import BillingUseCases
from lastro.output import AsJson, notices
from lastro.wiring import Runtime, opened
from projections.as_of import AsOf, as_known
from projections.invoice_grid.filter import DateType, GridFilter, SearchType
from projections.invoice_grid.query import stream
from projections.invoice_grid.rows import GridRow
from web.dates import DateUnreadableError, month_of, parse_moment
from web.listing import Kind
from web.wording.terms import FORGOTTEN

_LINE = "{due_on:10}  {situacao:13}  {amount:>15}  {paid_amount:>15}  {company:10}  {customer}"
_COLUMNS = ("due_on", "situacao", "amount", "paid_amount", "company", "customer")
_DAY = ["%Y-%m-%d"]

Instant = Annotated[
    str, typer.Argument(metavar="DATE-TIME", help="São Paulo time: 2026-03-31T18:00; a day alone is its end.")
]
Known = Annotated[
    str | None,
    typer.Option(
        metavar="DATE-TIME",
        help="Count only what was known then, or `now`. Without: at DATE-TIME itself, as screens showed it.",
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option("--from", envvar="LASTRO_AS_OF_FROM", formats=_DAY, help="First day. Without: the month's."),
]
Until = Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day. Without: the month's.")]
Dated = Annotated[DateType, typer.Option(help="Which date the period is about.")]
Companies = Annotated[
    list[str] | None, typer.Option("--company", help="A company's code or CNPJ; repeatable. Without: all.")
]
Ids = Annotated[list[UUID] | None, typer.Option(help="An id; repeatable.")]
Kinds = Annotated[list[Kind] | None, typer.Option(help="Repeatable.")]
Situacoes = Annotated[list[Situacao] | None, typer.Option(help="Repeatable.")]
Statuses = Annotated[list[InstalmentStatus] | None, typer.Option(help="Repeatable.")]
ValueTypes = Annotated[list[ValueType] | None, typer.Option(help="Repeatable.")]
Departments = Annotated[list[str] | None, typer.Option(help="Repeatable; `-` is without a department.")]
SearchedIn = Annotated[SearchType, typer.Option(help="Where --search looks.")]
Searched = Annotated[str, typer.Option(help="A customer, CPF, CNPJ or the number of a boleto.")]


def as_of(
    instant: Instant,
    known: Known = None,
    since: Since = None,
    until: Until = None,
    date_type: Dated = DateType.DUE,
    company: Companies = None,
    customer: Ids = None,
    account: Ids = None,
    contract: Ids = None,
    kind: Kinds = None,
    situacao: Situacoes = None,
    instalment_status: Statuses = None,
    value_type: ValueTypes = None,
    department: Departments = None,
    search_type: SearchedIn = SearchType.STANDARD,
    search: Searched = "",
    as_json: AsJson = False,
) -> None:
    """The listing as it was: what had happened by DATE-TIME, of what was known. --json: a row a line.

    Names are those of today. Needs the worker's read models.
    """
    now = utc_now()
    happened = _moment(instant, now)
    start, end = month_of(sao_paulo_date(happened))
    filter = GridFilter(
        start=since.date() if since else start,
        end=until.date() if until else end,
        today=sao_paulo_date(happened),
        companies=None,
        departments=tuple(None if name == "-" else name for name in department or ()),
        **_chosen(customers=customer, accounts=account, contracts=contract, kinds=kind),
        **_chosen(situacoes=situacao, instalment_statuses=instalment_status, value_types=value_type),
        date_type=date_type,
        search_type=search_type,
        search=search,
    )
    with opened(Settings()) as runtime:
        position = as_known(runtime.database, happened, _known(known, happened, now), now)
        filter = replace(filter, companies=_companies(runtime, company), as_of=position)
        count = _print(stream(runtime.database, filter), as_json=as_json)
    _tell(position, count)


def _chosen(**choices: Sequence[Any] | None) -> dict[str, Any]:
    return {name: tuple(values or ()) for name, values in choices.items()}


def _moment(text: str, now: datetime) -> datetime:
    try:
        found = parse_moment(text, now)
    except DateUnreadableError:
        raise typer.BadParameter(f"{text}: write it as 2026-03-31T18:00") from None
    if found > now:
        raise typer.BadParameter(f"{text} has not come yet; the position of a past instant can be shown")
    return found


def _known(text: str | None, happened: datetime, now: datetime) -> datetime:
    if text is None:
        return happened
    return now if text == "now" else _moment(text, now)


def _companies(runtime: Runtime, texts: list[str] | None) -> tuple[UUID, ...] | None:
    use_cases = BillingUseCases(runtime)
    return tuple(use_cases.company(text) for text in texts) if texts else None


def _print(rows: Iterator[GridRow], *, as_json: bool) -> int:
    count = 0
    if not as_json:
        typer.echo(_LINE.format(**{name: name for name in _COLUMNS}))
    for row in rows:
        count += 1
        typer.echo(json.dumps(asdict(row), default=_plain, ensure_ascii=False) if as_json else _line(row))
    return count


def _line(row: GridRow) -> str:
    return _LINE.format(
        due_on=row.due_on.isoformat(),
        situacao=row.situacao,
        amount=row.amount,
        paid_amount=row.paid_amount,
        company=row.company_code or "",
        customer=row.customer_name or FORGOTTEN,
    )


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _tell(position: AsOf, count: int) -> None:
    then = f"{position.happened.astimezone(SAO_PAULO):%Y-%m-%dT%H:%M:%S}"
    known = "all that is known now" if position.known is None else f"what was known up to {position.known}"
    notices.print(
        f"{count} {'invoice' if count == 1 else 'invoices'} as of {then} São Paulo time, by {known}"
    )
