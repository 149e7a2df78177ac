"""`lastro messages`: how far consumers are, and what was set aside: look, correct, apply or discard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal
from uuid import UUID

import structlog
import typer

from application.incoming.dead_letters import DeadLetter, Reason
from application.incoming.desk import MessageCursor, MessageFilter, OpenedMessage
from application.incoming.positions import Position
from application.settings import Settings
from domain.kernel import DomainError
from lastro.incoming import IncomingUseCases
from lastro.output import AsJson, Yes, confirmed, notices, show, show_json
from lastro.wiring import opened

_log = structlog.get_logger(__name__)
_PAGE = 500
_States = Literal["open", "applied", "discarded", "all"]
_Kinds = Literal["poison", "refused"]
_LISTED = ("dead_letter_id", "set_aside_at", "topic", "kind", "state", "code", "source_id", "reason")
_PLACED = (
    "topic",
    "partition",
    "next_offset",
    "end_offset",
    "lag",
    "seen_at",
    "paused_reason",
    "paused_detail",
)

app = typer.Typer(help="Incoming messages that were set aside, and how far each topic was read.")

Id = Annotated[UUID, typer.Argument(help="A message, as `list` names it.")]
Why = Annotated[str, typer.Option("--reason", help="Kept with it, in clear: no personal data.")]
Topic = Annotated[str, typer.Argument(help="An incoming topic, without the prefix.")]
OneTopic = Annotated[str | None, typer.Option(help="Only of this topic.")]
OneCode = Annotated[str | None, typer.Option(help="Only those set aside for this, as `list` names it.")]
Partition = Annotated[int | None, typer.Option(min=0, help="Only this partition. Without: all of them.")]


@contextmanager
def _at_hand() -> Iterator[IncomingUseCases]:
    with opened(Settings()) as runtime:
        yield IncomingUseCases(runtime)


@app.command(name="list")
def list_messages(
    state: Annotated[_States, typer.Option(help="What became of it.")] = "open",
    topic: OneTopic = None,
    kind: Annotated[_Kinds | None, typer.Option(help="Not readable, or refused by a rule.")] = None,
    code: OneCode = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest.")] = 200,
    as_json: AsJson = False,
) -> None:
    """What was set aside, the newest first."""
    asked = MessageFilter(topic, None if state == "all" else state, kind, code)
    with _at_hand() as at:
        found = at.messages.page(at.operator, asked, limit)
    show([_row(each) for each in found], columns=_LISTED, as_json=as_json)


@app.command(name="show")
def show_message(
    id: Id,
    personal: Annotated[
        bool, typer.Option(help="All that it says; that you looked is recorded. Without: nothing personal.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why you look, recorded with it.")] = "",
    as_json: AsJson = False,
) -> None:
    """One message: why it was set aside, what it says, and what was corrected."""
    with _at_hand() as at:
        desk, who = at.messages, at.operator
        message = desk.show(who, id, "command", reason) if personal else desk.open(who, id)
    if as_json:
        show_json({**_row(message.letter), "content": message.content, "original": message.original})
        return
    _print(message)


@app.command()
def correct(
    id: Id,
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(help="The whole message as it is to be; - is stdin.")
    ],
    reason: Why,
    replay: Annotated[bool, typer.Option(help="Have it applied at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put another value in a message's place. The original stays beside it, with who and when."""
    value = file.read()
    with _at_hand() as at:
        at.messages.correct(at.operator, id, value, reason)
        _log.warning("message corrected", actor=at.operator.actor, id=str(id))
        notices.print(f"{id}: corrected")
        if replay:
            _replay(at, [id], as_json=as_json)
        elif as_json:
            show_json({"dead_letter_id": id, "state": "open"})


@app.command(name="replay")
def replay_messages(
    ids: Annotated[list[UUID] | None, typer.Argument(help="Messages, as `list` names them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are open, as narrowed below.")] = False,
    topic: OneTopic = None,
    code: OneCode = None,
    as_json: AsJson = False,
) -> None:
    """Apply messages as they stand, corrected or not, each once. Ends with 1 if one stays set aside."""
    if bool(ids) == every:
        raise typer.BadParameter("name messages, or say --all")
    with _at_hand() as at:
        asked = list(ids or _open_ids(at, MessageFilter(topic, "open", None, code)))
        _replay(at, asked, as_json=as_json)


@app.command()
def discard(id: Id, reason: Why, yes: Yes = False, as_json: AsJson = False) -> None:
    """Settle a message without effect, for good."""
    confirmed(f"Nothing will come of message {id}. Discard it?", yes=yes)
    with _at_hand() as at:
        at.messages.discard(at.operator, id, reason)
        _log.warning("message discarded", actor=at.operator.actor, id=str(id))
    if as_json:
        show_json({"dead_letter_id": id, "state": "discarded"})
    notices.print(f"{id}: discarded")


@app.command()
def positions(as_json: AsJson = False) -> None:
    """How far each partition was read, and what is paused. Ends with 1 if anything is."""
    with _at_hand() as at:
        found = at.positions.all(at.operator)
    _show_positions(found, as_json=as_json)
    if any(each.paused_reason for each in found):
        raise typer.Exit(1)


@app.command()
def read_anew(
    topic: Topic, reason: Why, partition: Partition = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Read a topic from the beginning of what it holds. Effects are not repeated.

    It also accepts that messages are missing, or that the topic was made anew: compare with the sender first.
    """
    confirmed(f"{topic} is read from its beginning. What it no longer holds is given up. Go on?", yes=yes)
    with _at_hand() as at:
        changed = at.positions.read_anew(at.operator, topic, partition, reason)
        _log.warning("topic read anew", actor=at.operator.actor, topic=topic, partition=partition)
    _show_positions(changed, as_json=as_json)


@app.command()
def go_on(topic: Topic, reason: Why, partition: Partition = None, as_json: AsJson = False) -> None:
    """Let a topic go on that stopped for too many unreadable messages; start `lastro consume` then."""
    with _at_hand() as at:
        changed = at.positions.go_on(at.operator, topic, partition, reason)
        _log.warning("topic goes on", actor=at.operator.actor, topic=topic, partition=partition)
    _show_positions(changed, as_json=as_json)


def _open_ids(at: IncomingUseCases, asked: MessageFilter) -> Iterator[UUID]:
    """The oldest first: what came first is applied first."""
    found: list[DeadLetter] = []
    while page := at.messages.page(at.operator, asked, _PAGE, _after(found)):
        found += page
    yield from (each.dead_letter_id for each in reversed(found))


def _after(found: list[DeadLetter]) -> MessageCursor | None:
    return MessageCursor(found[-1].set_aside_at, found[-1].dead_letter_id) if found else None


def _replay(at: IncomingUseCases, ids: list[UUID], *, as_json: bool) -> None:
    """Apply them and say what became of each; ends with 1 if one stays set aside."""
    done: list[dict[str, object]] = []
    for id in ids:
        reason = _replayed(at, id, alone=len(ids) == 1)
        state = "applied" if reason is None else "open"
        done.append({"dead_letter_id": id, "state": state, "code": reason and reason.code})
        if reason is not None:
            notices.print(f"{id}: {reason.code}: {reason.text}", markup=False)
    applied = sum(each["state"] == "applied" for each in done)
    _log.warning("messages replayed", actor=at.operator.actor, applied=applied, left=len(ids) - applied)
    if as_json:
        show_json(done)
    notices.print(f"{applied} applied, {len(ids) - applied} still set aside")
    if applied < len(ids):
        raise typer.Exit(1)


def _replayed(at: IncomingUseCases, id: UUID, *, alone: bool) -> Reason | None:
    try:
        return at.messages.replay(at.operator, id)
    except DomainError as refusal:
        if alone:
            raise
        return Reason.refused(refusal)


def _show_positions(found: list[Position], *, as_json: bool) -> None:
    rows = [{**{name: getattr(each, name) for name in each.__slots__}, "lag": each.lag} for each in found]
    show(rows, columns=_PLACED, as_json=as_json)


def _row(letter: DeadLetter) -> dict[str, object]:
    row = {name: getattr(letter, name) for name in letter.__slots__}
    return {**row, "sha256": letter.sha256.hex()}


def _print(message: OpenedMessage) -> None:
    for name, value in _row(message.letter).items():
        if value is not None:
            typer.echo(f"{name:<16} {value}")
    for each in message.corrections:
        typer.echo(f"correction {each.number:<5} {each.corrected_at} by {each.corrected_by}: {each.reason}")
    for title, content in (("value", message.content), ("original value", message.original)):
        if content is not None:
            typer.echo(f"\n{title}:")
            for header in (("key", content.key), *content.headers):
                typer.echo(f"  {header[0]}: {header[1]}")
            typer.echo(content.value)
    if message.content is None:
        typer.echo("\nwhat it says is not kept any more")
