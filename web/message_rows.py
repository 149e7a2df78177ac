"""Incoming messages and the reading of their topics, as rows of the operators' page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from application.incoming.dead_letters import DeadLetter
from application.incoming.positions import Position
from web import formats
from web.wording import message_problems
from web.wording import messages as words
from web.wording.message_problems import ProblemRow
from web.wording.messages import lasting

SILENT = timedelta(seconds=20)
"""A consumer says where it is every two seconds."""


@dataclass(frozen=True, slots=True)
class PausedRow:
    """One partition that is not read."""

    partition: int
    title: str
    advice: str
    detail: str
    since: datetime | None
    retry_at: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """One partition, in the fold of its topic."""

    partition: int
    next_offset: str
    lag: str
    moved_at: datetime | None
    member: str


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic as its group reads it."""

    topic: str
    group: str
    title: str
    tone: str
    state: str
    lag: str
    read_at: datetime | None
    partitions: tuple[PartitionRow, ...]
    paused: tuple[PausedRow, ...]


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message that was set aside."""

    id: str
    set_aside_at: datetime
    topic: str
    topic_title: str
    kind: str
    tone: str
    state: str
    why: str
    problems: tuple[ProblemRow, ...]
    source_id: str
    place: str
    is_open: bool
    is_kept: bool


def topic_rows(positions: Sequence[Position], now: datetime) -> list[TopicRow]:
    """The topics that were ever read."""
    by_group = groupby(positions, key=lambda each: (each.topic, each.consumer_group))
    return [_topic(name, group, list(each), now) for (name, group), each in by_group]


def message_rows(letters: Iterable[DeadLetter]) -> list[MessageRow]:
    """Messages in words."""
    return [message_row(each) for each in letters]


def message_row(letter: DeadLetter) -> MessageRow:
    """One of them."""
    tone, state = words.STATES[letter.state]
    return MessageRow(
        id=str(letter.dead_letter_id),
        set_aside_at=letter.set_aside_at,
        topic=letter.topic,
        topic_title=words.topic(letter.topic),
        kind=words.KINDS[letter.kind],
        tone=tone,
        state=state,
        why=words.why(letter.kind, letter.code, letter.details),
        problems=tuple(message_problems.problems(letter.details)),
        source_id=letter.source_id or "",
        place=f"partição {letter.partition}, posição {letter.message_offset}",
        is_open=letter.state == "open",
        is_kept=letter.is_kept,
    )


def _topic(name: str, group: str, positions: Sequence[Position], now: datetime) -> TopicRow:
    paused = tuple(_paused(each) for each in positions if each.paused_reason)
    seen = max((each.seen_at for each in positions if each.seen_at), default=None)
    tone, state = _state(len(paused), seen, now)
    known = [each.lag for each in positions if each.lag is not None]
    return TopicRow(
        topic=name,
        group=group,
        title=words.reader(name, group),
        tone=tone,
        state=state,
        lag=_lag(sum(known) if known else None),
        read_at=max((each.moved_at for each in positions if each.moved_at), default=None),
        partitions=tuple(_partition(each) for each in positions),
        paused=paused,
    )


def _state(paused: int, seen: datetime | None, now: datetime) -> tuple[str, str]:
    if seen is None:
        return "grey", "Ainda não lido"
    if now - seen > SILENT:
        return "red", f"Sem consumidor há {lasting(now - seen)}"
    if paused:
        return "orange", formats.counted(paused, "partição parada", "partições paradas")
    return "green", "Lendo"


def _partition(position: Position) -> PartitionRow:
    return PartitionRow(
        partition=position.partition,
        next_offset="do início" if position.next_offset is None else formats.count(position.next_offset),
        lag=_lag(position.lag),
        moved_at=position.moved_at,
        member=position.member or "",
    )


def _paused(position: Position) -> PausedRow:
    title, advice = words.pause(position.paused_reason or "")
    return PausedRow(
        partition=position.partition,
        title=title,
        advice=advice,
        detail=position.paused_detail or "",
        since=position.paused_since,
        retry_at=position.retry_at,
        attempts=position.attempts,
    )


def _lag(lag: int | None) -> str:
    if lag is None:
        return "desconhecido"
    return "em dia" if lag == 0 else formats.counted(lag, "mensagem", "mensagens")
