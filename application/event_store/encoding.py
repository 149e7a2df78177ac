"""Turns facts into rows of the event table: digests, parameters of INSERT, binary lines of COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import repeat
from typing import Any, Protocol
from uuid import UUID

import orjson

from application.event_store.canonical import canonical_instant, canonical_json
from application.event_store.context import Context
from application.event_store.mapper import StoredFact

COLUMNS = (
    "version",
    "stream_id",
    "event_id",
    "digest",
    "state",
    "topic",
    "company_id",
    "occurred_at",
    "recorded_at",
    "correlation_id",
    "causation_id",
    "actor",
    "release",
)
"""The order of parameters and of COPY: what differs by fact first, what a commit shares last.

The position is the table's to give."""

COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TAIL = b"\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_SIXTEEN = b"\0\0\0\x10"
_THIRTY_TWO = b"\0\0\0\x20"
_STATE_FORM = b"\x01"


class Id(Protocol):
    """A UUID of the standard library or of uuid_utils, whose are quicker to make."""

    @property
    def bytes(self) -> bytes:
        """Its sixteen bytes."""


class Commit:
    """The rows of one commit. Made once and kept over retries, so that ids and digests stay the same.

    `context` is one for all facts, or one for each: messages of many senders share a commit.
    """

    def __init__(
        self,
        facts: Sequence[StoredFact],
        context: Context | Sequence[Context],
        recorded_at: datetime,
        release: str,
        new_id: Callable[[], Id],
    ) -> None:
        self.facts = facts
        self.event_ids = [new_id() for _ in range(len(facts))]
        self._frames = _frames(context, recorded_at, release)
        if isinstance(self._frames, list) and len(self._frames) != len(facts):
            raise ValueError("one context for all facts, or one for each")

    def parameters(self) -> list[Any]:
        """All rows' values in the order of COLUMNS."""
        values: list[Any] = []
        framed = self._framed(0, len(self.facts))
        for fact, event_id, (frame, correlation) in zip(self.facts, self.event_ids, framed, strict=False):
            stream = orjson.dumps(fact.originator_id)
            digest = frame.around(fact).digest(fact, event_id, stream, correlation.json)
            values += (fact.originator_version, fact.originator_id, str(event_id), digest)
            values += (fact.state.decode(), fact.topic, fact.company_id, fact.occurred_at)
            values += (frame.recorded_at, correlation.id, *frame.last)
        return values

    def copy_lines(self, start: int, stop: int) -> bytes:
        """Some of the rows in COPY's binary format."""
        pieces: list[bytes] = []
        stream, stream_bytes, stream_json = None, b"", b""
        facts, ids, framed = self.facts[start:stop], self.event_ids[start:stop], self._framed(start, stop)
        for fact, event_id, (frame, correlation) in zip(facts, ids, framed, strict=False):
            surroundings = frame.around(fact)
            if fact.originator_id is not stream:  # facts of one stream stand together, and share its id
                stream = fact.originator_id
                stream_bytes, stream_json = stream.bytes, orjson.dumps(stream)
            pieces += (
                _version_field(fact.originator_version),
                stream_bytes,
                _SIXTEEN,
                event_id.bytes,
                _THIRTY_TWO,
                surroundings.digest(fact, event_id, stream_json, correlation.json),
                (len(fact.state) + 1).to_bytes(4),
                _STATE_FORM,
                fact.state,
                surroundings.fields,
                correlation.field,
                frame.last_fields,
            )
        return b"".join(pieces)

    def _framed(self, start: int, stop: int) -> Iterator[_Framed]:
        """A frame for each of these facts; without end where they share it."""
        return iter(self._frames[start:stop]) if isinstance(self._frames, list) else repeat(self._frames)


class _Correlation:
    """The id of what led to a fact, in the forms in which it is written: all that messages differ in."""

    __slots__ = ("field", "id", "json")

    def __init__(self, id: UUID) -> None:
        self.id = id
        self.json = orjson.dumps(id)
        self.field = _uuid(id)


class _Surroundings:
    """What facts of one commit share that have topic, company and instant in common."""

    __slots__ = ("_between", "_first", "_last", "fields")

    def __init__(self, first: bytes, between: bytes, last: bytes, fields: bytes) -> None:
        self._first = first
        self._between = between
        self._last = last
        self.fields = fields

    def digest(self, fact: StoredFact, event_id: Id, stream: bytes, correlation: bytes) -> bytes:
        """SHA-256 over the JCS form of envelope and state; the position is not part of it.

        `stream` is the stream's id in JSON, `correlation` that of the correlation.
        """
        parts = (
            self._first,
            correlation,
            b',"event_id":"',
            str(event_id).encode(),
            self._between,
            fact.state,
            b',"stream_id":',
            stream,
            self._last,
            _version_end(fact.originator_version),
        )
        return sha256(b"".join(parts)).digest()


_NOTHING = (None, None, None)


class _Frame:
    """What contexts share that differ in their correlation alone. Makes surroundings once for each of the few
    combinations that a commit has."""

    def __init__(self, context: Context, recorded_at: datetime, release: str) -> None:
        self.recorded_at = recorded_at
        self.last = (context.causation_id, context.actor, release)
        self.last_fields = _uuid(context.causation_id) + _text(context.actor) + _text(release)
        self._release = release
        self._head = b'{"actor":%b,"causation_id":%b,"company_id":' % (
            _quoted(context.actor),
            orjson.dumps(context.causation_id),
        )
        self._made: dict[str, tuple[UUID | None, datetime, _Surroundings]] = {}

    def around(self, fact: StoredFact) -> _Surroundings:
        """The surroundings of one fact; the last ones of its topic as long as they are the same."""
        company_id, occurred_at, found = self._made.get(fact.topic, _NOTHING)
        same = company_id is fact.company_id or company_id == fact.company_id
        if found is None or not same or occurred_at is not fact.occurred_at:
            found = self._make(fact.topic, fact.company_id, fact.occurred_at)
            self._made[fact.topic] = (fact.company_id, fact.occurred_at, found)
        return found

    def _make(self, topic: str, company_id: UUID | None, occurred_at: datetime) -> _Surroundings:
        return _Surroundings(
            self._head + orjson.dumps(company_id) + b',"correlation_id":',
            _between(occurred_at, self.recorded_at, self._release),
            _topic_end(topic),
            _text(topic) + _uuid(company_id) + _instant(occurred_at) + _instant(self.recorded_at),
        )


type _Framed = tuple[_Frame, _Correlation]


def _frames(
    context: Context | Sequence[Context], recorded_at: datetime, release: str
) -> _Framed | list[_Framed]:
    if isinstance(context, Context):
        return _Frame(context, recorded_at, release), _Correlation(context.correlation_id)
    frames: dict[tuple[str, UUID | None], _Frame] = {}
    # Facts of one message share the object, which is told quicker than its value.
    framed: dict[int, _Framed] = {}
    for each in context:
        if id(each) not in framed:
            key = each.actor, each.causation_id
            frame = frames.get(key)
            if frame is None:
                frame = frames[key] = _Frame(each, recorded_at, release)
            framed[id(each)] = frame, _Correlation(each.correlation_id)
    return [framed[id(each)] for each in context]


@lru_cache(maxsize=64)
def _between(occurred_at: datetime, recorded_at: datetime, release: str) -> bytes:
    """What stands between event_id and state: messages of one commit have it in common."""
    return b'","occurred_at":"%b","recorded_at":"%b","release":%b,"state":' % (
        canonical_instant(occurred_at).encode(),
        canonical_instant(recorded_at).encode(),
        _quoted(release),
    )


@lru_cache(maxsize=256)
def _topic_end(topic: str) -> bytes:
    return f',"topic":"{topic}","version":'.encode()


@lru_cache(maxsize=64)
def _quoted(text: str) -> bytes:
    return canonical_json(text)


@lru_cache(maxsize=256)
def _version_field(version: int) -> bytes:
    """The head of a line: how many fields, the version, and the length of the stream's id."""
    return len(COLUMNS).to_bytes(2) + _field(version.to_bytes(4)) + _SIXTEEN


@lru_cache(maxsize=256)
def _version_end(version: int) -> bytes:
    """The end of what is digested."""
    return b"%d}" % version


def _field(value: bytes) -> bytes:
    return len(value).to_bytes(4) + value


@lru_cache(maxsize=256)
def _text(value: str) -> bytes:
    return _field(value.encode())


def _uuid(value: UUID | None) -> bytes:
    return _NULL if value is None else _field(value.bytes)


@lru_cache(maxsize=256)
def _instant(value: datetime) -> bytes:
    """PostgreSQL's timestamptz: microseconds since 2000."""
    return _field(((value - _EPOCH) // _MICROSECOND).to_bytes(8, signed=True))
