"""`lastro events`: any question over the full history, as a table, JSON lines or CSV, however much it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from application.audit import Auditing
from application.audit_outputs import COLUMNS, csv_cells, csv_line, json_line
from application.clock import SAO_PAULO, utc_now
from application.event_store.public import PublicEvent
from application.ports import ReadModelBehindError
from application.settings import Settings
from lastro.events_asked import Logins, actors_of, amount_of, companies_of, customer_of, instant_of, topics_of
from lastro.output import AsJson, notices
from lastro.use_cases import UseCases
from lastro.wiring import Runtime, opened
from projections.audit.numbers import streams_of_number
from projections.audit.query import AuditFilter, audit_page, audit_position, narrowed_to
from projections.progress import wait_for

_TABLE_LIMIT = 50
_PAGE = 500
_WAIT_SECONDS = 10.0
_FOLLOW_SECONDS = 0.5
_LINE = "{recorded:19}  {topic:40}  {stream!s:36}  {version:>7}  {actor:41}  {position:>10}"


class Form(StrEnum):
    """How facts are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


type Opened = Callable[[Sequence[PublicEvent]], dict[UUID, dict[str, Any]]]
"""The personal data of some facts, by event; nothing unless it was asked for."""

type Answer = Iterator[tuple[PublicEvent, dict[str, Any] | None]]
"""Facts, each with its personal data where that was asked for."""

Stream = Annotated[UUID | None, typer.Option(help="Facts of this invoice, contract, customer … (id).")]
Companies = Annotated[
    list[str] | None, typer.Option("--company", help="A company's code, CNPJ or id; repeatable.")
]
Actors = Annotated[
    list[str] | None,
    typer.Option("--actor", help="An e-mail, a user's id, or `scheduler`, `cli:maria` …; repeatable."),
]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", help="invoice.boleto_issued.v1, invoice.boleto_issued or invoice; repeatable."),
]
Moment = "2026-03-31 or 2026-03-31T18:00, São Paulo time."
HappenedFrom = Annotated[str | None, typer.Option(metavar="WHEN", help=f"Happened from then on: {Moment}")]
HappenedTo = Annotated[str | None, typer.Option(metavar="WHEN", help="Happened until then, all of it.")]
RecordedFrom = Annotated[str | None, typer.Option(metavar="WHEN", help="Recorded from then on.")]
RecordedTo = Annotated[str | None, typer.Option(metavar="WHEN", help="Recorded until then, all of it.")]
Correlation = Annotated[UUID | None, typer.Option(help="All that one click, message or run led to.")]
Customer = Annotated[
    str | None, typer.Option(help="A customer's id or code: its facts, contracts, invoices.")
]
Document = Annotated[
    str | None,
    typer.Option(help="Nosso número as printed or plain, linha digitável, contract number, CPF or CNPJ."),
]
Amount = Annotated[str | None, typer.Option(help="An amount in reais that the fact states: 1234.56.")]
Limit = Annotated[
    int | None, typer.Option(min=1, help=f"At most so many facts. Without: all, of a table {_TABLE_LIMIT}.")
]
OldestFirst = Annotated[bool, typer.Option("--oldest-first", help="In the order of the log.")]
Format = Annotated[
    Form,
    typer.Option(
        "--format", envvar="LASTRO_EVENTS_FORMAT", help="A table for people; the others for programs."
    ),
]
Follow = Annotated[bool, typer.Option("--follow", help="Then print what is recorded, until Ctrl-C.")]
WithPersonal = Annotated[
    bool, typer.Option("--personal", help="Show personal data too: that it was read is recorded for ever.")
]
Reason = Annotated[str, typer.Option(help="Why personal data is read; kept for ever, so name nobody.")]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how much of the answer."""

    runtime: Runtime
    filter: AuditFilter
    limit: int | None
    oldest_first: bool
    follow: bool


def events(
    stream: Stream = None,
    company: Companies = None,
    actor: Actors = None,
    topic: Topics = None,
    happened_from: HappenedFrom = None,
    happened_to: HappenedTo = None,
    recorded_from: RecordedFrom = None,
    recorded_to: RecordedTo = None,
    correlation: Correlation = None,
    customer: Customer = None,
    document: Document = None,
    amount: Amount = None,
    limit: Limit = None,
    oldest_first: OldestFirst = False,
    form: Format = Form.TABLE,
    follow: Follow = False,
    personal: WithPersonal = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Facts of the log, newest first, by any combination of flags. --json is --format jsonl: a fact a line.

    The table names people by the login that --actor takes; the other forms by id, as the log does.

    Personal data is left out unless --personal. Needs the worker's read models. Ends with 1 if a company,
    a customer or an e-mail is unknown.
    """
    form = _form(form, as_json=as_json, personal=personal)
    asked = AuditFilter(
        streams=None if stream is None else (stream,),
        topics=topics_of(topic or ()),
        correlation_id=correlation,
        amount=amount_of(amount),
        occurred_from=instant_of(happened_from, "--happened-from"),
        occurred_until=instant_of(happened_to, "--happened-to"),
        recorded_from=instant_of(recorded_from, "--recorded-from"),
        recorded_until=instant_of(recorded_to, "--recorded-to"),
    )
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        asked = _found(runtime, use_cases, asked, company or (), actor or (), customer, document)
        limit = limit or (_TABLE_LIMIT if form is Form.TABLE else None)
        opened_by = _opener(runtime, use_cases, personal, reason)
        _print(Question(runtime, asked, limit, oldest_first, follow), form, opened_by, Logins(use_cases))


def _form(form: Form, *, as_json: bool, personal: bool) -> Form:
    form = Form.JSONL if as_json else form
    if personal and form is Form.TABLE:
        said = "a table has no room for personal data: add --format jsonl"
        raise typer.BadParameter(said, param_hint="--personal")
    return form


def _found(
    runtime: Runtime,
    use_cases: UseCases,
    asked: AuditFilter,
    companies: Sequence[str],
    actors: Sequence[str],
    customer: str | None,
    document: str | None,
) -> AuditFilter:
    """The question with ids in place of codes, e-mails and printed numbers."""
    position = runtime.lastro.safe_position()
    if not wait_for(runtime.database, position, _WAIT_SECONDS, ["audit"]):
        if not _is_there(runtime):
            raise ReadModelBehindError("there is no audit yet")
        notices.print("the audit has not reached the end of the log: is a `lastro worker` running?")
    asked = replace(
        asked,
        companies=companies_of(use_cases, companies),
        actors=actors_of(use_cases, actors),
        customer_id=customer_of(use_cases, customer),
    )
    if document is None:
        return asked
    whose = _auditing(runtime, use_cases).customer_of(runtime.operator, document)
    return narrowed_to(asked, whose, () if whose else streams_of_number(runtime.database, document))


def _is_there(runtime: Runtime) -> bool:
    with runtime.database.autocommit() as connection:
        found = connection.execute("SELECT FROM projection WHERE name = 'audit' AND live")
    return found.rowcount > 0


def _auditing(runtime: Runtime, use_cases: UseCases) -> Auditing:
    return Auditing(runtime.lastro, use_cases.lookups, utc_now)


def _opener(runtime: Runtime, use_cases: UseCases, personal: bool, reason: str) -> Opened:
    if not personal:
        return lambda _: {}
    auditing = _auditing(runtime, use_cases)
    return lambda page: auditing.personal_of(
        runtime.operator, [each.event_id for each in page], "command", reason
    )


def _print(question: Question, form: Form, opened_by: Opened, logins: Logins) -> None:
    writers: dict[Form, Callable[[Answer], None]] = {
        Form.TABLE: partial(_table, logins),
        Form.JSONL: _jsonl,
        Form.CSV: _csv,
    }
    write = writers[form]
    found = _answer(question, opened_by)
    try:
        write(found)
    except KeyboardInterrupt:
        if not question.follow:
            raise


def _answer(question: Question, opened_by: Opened) -> Answer:
    end = audit_position(question.runtime.database)
    for page in _pages(question):
        yield from _with_personal(page, opened_by)
        end = max(end, *(event.position for event in page), 0)
    while question.follow:
        page, end = _following(question, end)
        yield from _with_personal(page, opened_by)
        sys.stdout.flush()
        if not page:
            time.sleep(_FOLLOW_SECONDS)


def _with_personal(page: Sequence[PublicEvent], opened_by: Opened) -> Answer:
    more = opened_by(page)
    return ((event, more.get(event.event_id)) for event in page)


def _following(question: Question, end: int) -> tuple[Sequence[PublicEvent], int]:
    """What was recorded behind `end`, and where to go on."""
    database = question.runtime.database
    reached = audit_position(database)
    page = audit_page(database, question.filter, None, after=end, limit=_PAGE, oldest_first=True)
    return page.events, page.next or max(reached, end, *(event.position for event in page.events))


def _pages(question: Question) -> Iterator[Sequence[PublicEvent]]:
    """The answer as it stands, a page at a time, so that memory does not grow with it."""
    after: int | None = None
    left = question.limit
    while left is None or left > 0:
        limit = _PAGE if left is None else min(_PAGE, left)
        page = audit_page(
            question.runtime.database,
            question.filter,
            None,
            after=after,
            limit=limit,
            oldest_first=question.oldest_first,
        )
        yield page.events
        after = page.next
        left = None if left is None else left - len(page.events)
        if after is None:
            return


def _table(logins: Logins, found: Answer) -> None:
    """Lines of one width: a table that can go on for ever."""
    names = ("recorded", "topic", "stream", "version", "actor", "position")
    typer.echo(_LINE.format(**dict(zip(names, names, strict=True))))
    empty = True
    for event, _ in found:
        empty = False
        recorded = f"{event.recorded_at.astimezone(SAO_PAULO):%Y-%m-%d %H:%M:%S}"
        typer.echo(
            _LINE.format(
                recorded=recorded,
                topic=event.topic,
                stream=event.stream_id,
                version=event.version,
                actor=logins.of(event.actor),
                position=event.position,
            )
        )
    if empty:
        notices.print("nothing was found")


def _jsonl(found: Answer) -> None:
    for event, personal in found:
        _write(json_line(event) if personal is None else json_line(event, personal=personal))


def _csv(found: Answer) -> None:
    _write(csv_line([*COLUMNS, "personal"]))
    for event, personal in found:
        _write(csv_line([*csv_cells(event), "" if personal is None else _cell(personal)]))


def _cell(value: dict[str, Any]) -> str:
    """Personal data as one cell."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _write(line: bytes) -> None:
    sys.stdout.write(line.decode())
