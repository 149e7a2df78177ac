"""What an auditor does with single facts: opens them, checks the seal, sees personal data, on the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row

from application.access import Principal
from application.app import Lastro, NotFoundError, RecordedEvent
from application.audit_folds import NEWEST_SAYS_ALL, Difference, differences, fold_of
from application.clock import Clock
from application.database import Connection
from application.event_store.canonical import canonical_instant, canonical_json
from application.event_store.errors import SealBrokenError
from application.event_store.plans import Plan, plan_of
from application.event_store.public import public_state
from application.event_store.upcasters import upcast
from application.ids import new_id
from application.lookups import Lookup, Lookups
from application.unit_of_work import context_of
from domain.kernel import EVENT_TYPES, DomainError, DomainEvent
from domain.personal_reading.reading import read_personal_data
from domain.user.roles import Permission
from domain.values.cnpj import parse_cnpj
from domain.values.cpf import parse_cpf

type Surface = Literal["page", "api", "command"]

_LONGEST_FOLD = 20_000
_UNFOLDABLE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, SealBrokenError)
"""What a fact that was altered in the database can cause; it must still be shown, broken seal and all."""

_COLUMNS = (
    "position, stream_id, version, topic, state, event_id, company_id, actor, occurred_at, recorded_at,"
    " correlation_id, causation_id, release, digest"
)


class PersonalDataMissingError(DomainError):
    """These facts hold no personal data, so that there is nothing to show and nothing to record."""


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """One fact, readable. `topic` and `data` are in the form that the running code knows, less the personal.

    `personal` has each personal field that holds something: None where it is not shown, or its key is gone;
    `removed` are those whose key is gone, which nobody can be shown.
    `shown`: it was asked for, and the reading is recorded. `sound`: the digest agrees with what is stored.
    `changes` is None where the stream cannot be folded, being too long or altered. `known_at` is when all of
    the log up to this fact was known, None while no watermark has passed it.
    """

    recorded: RecordedEvent
    topic: str
    data: Mapping[str, Any]
    personal: Mapping[str, Any]
    removed: frozenset[str]
    subject_id: UUID | None
    shown: bool
    sound: bool
    changes: tuple[Difference, ...] | None
    known_at: datetime | None


class Auditing:
    """Takes AUDIT in the fact's company; what belongs to no company takes it in every one."""

    def __init__(self, lastro: Lastro, lookups: Lookups, clock: Clock) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock

    def scope(self, principal: Principal) -> frozenset[UUID] | None:
        """The companies whose facts may be found; None is all of them, and what belongs to none."""
        principal.require(Permission.AUDIT)
        return principal.companies(Permission.AUDIT)

    def customer_of(self, principal: Principal, document: str) -> UUID | None:
        """The customer with this CPF or CNPJ; None for any other text too."""
        principal.require(Permission.AUDIT)
        for parse in (parse_cpf, parse_cnpj):
            try:
                found = self._lookups.find(Lookup.CUSTOMER_DOCUMENT, parse(document))
            except DomainError:
                continue
            if found is not None:
                return found
        return None

    def user_of(self, principal: Principal, login: str) -> UUID | None:
        """Who signs in with this e-mail."""
        principal.require(Permission.AUDIT)
        return self._lookups.find(Lookup.USER_LOGIN, login.strip().lower())

    def open(self, principal: Principal, event_id: UUID) -> OpenedEvent:
        """One fact, its personal data left out. Raises NotFoundError."""
        with self._lastro.database.autocommit() as connection:
            event = self._find(principal, connection, [event_id])[0]
            return self._opened(connection, event, shown=False)

    def show_personal(
        self, principal: Principal, event_id: UUID, surface: Surface, reason: str
    ) -> OpenedEvent:
        """The same with its personal data; that it was read is recorded first.

        The values before were said by other facts: these were read too, and are named in the record.
        Where the keys of all of them are gone nothing can be read, and nothing is recorded.

        Raises NotFoundError, PermissionMissingError, PersonalDataMissingError, TextInvalidError.
        """
        with self._lastro.database.autocommit() as connection:
            event = self._find(principal, connection, [event_id])[0]
            if not _held(event):
                raise PersonalDataMissingError
            told = self._told_before(self._stream(connection, event))
            readable = [each for each in (*told, event) if self._is_readable(each)]
            if readable:
                self._record_reading(principal, readable, surface, reason)
            return self._opened(connection, event, shown=bool(readable))

    def personal_of(
        self, principal: Principal, event_ids: Sequence[UUID], surface: Surface, reason: str
    ) -> dict[UUID, dict[str, Any]]:
        """The personal data of many facts, by event and field; each person's reading is recorded first.

        Facts without any are left out; of those whose keys are gone nothing is read, or recorded.
        """
        with self._lastro.database.autocommit() as connection:
            events = self._find(principal, connection, event_ids)
        holders = [event for event in events if _held(event)]
        readable = [event for event in holders if self._is_readable(event)]
        if readable:
            self._record_reading(principal, readable, surface, reason)
        return {event.event_id: self._values(event) for event in holders}

    def _find(
        self, principal: Principal, connection: Connection, event_ids: Sequence[UUID]
    ) -> list[RecordedEvent]:
        companies = self.scope(principal)
        theirs = "" if companies is None else " AND company_id = ANY(%(companies)s)"
        values = {"ids": list(event_ids), "companies": sorted(companies or ())}
        found = _select(connection, f"event_id = ANY(%(ids)s){theirs}", values)
        if len(found) != len(set(event_ids)):
            raise NotFoundError("no such fact among those that you may see")
        return found

    def _record_reading(
        self, principal: Principal, events: Sequence[RecordedEvent], surface: Surface, reason: str
    ) -> None:
        for company_id in {event.company_id for event in events}:
            principal.require(Permission.READ_PERSONAL, company_id)
            if company_id is None:
                principal.require_everywhere(Permission.READ_PERSONAL)
        holders = sorted((event for event in events if _held(event)), key=_of_whom)
        if not holders:
            raise PersonalDataMissingError
        now = self._clock()
        facts: list[DomainEvent] = [
            read_personal_data(
                new_id(),
                subject,
                [each.event_id for each in theirs],
                [name for each in theirs for name in _held(each)],
                surface,
                reason,
                now,
                company,
            )
            for (subject, company), theirs in _grouped(holders)
        ]
        self._lastro.record_batch(context_of(principal), facts)

    def _opened(self, connection: Connection, event: RecordedEvent, *, shown: bool) -> OpenedEvent:
        topic, state = upcast(event.topic, event.state)
        held = _held(event)
        return OpenedEvent(
            recorded=event,
            topic=topic,
            data=public_state(topic, state),
            personal=self._values(event) if shown else dict.fromkeys(held),
            removed=self._removed(event),
            subject_id=_subject(event) if held else None,
            shown=shown,
            sound=digest_of(event) == event.digest,
            changes=self._changes(self._stream(connection, event), shown=shown),
            known_at=_known_at(connection, event.position),
        )

    def _removed(self, event: RecordedEvent) -> frozenset[str]:
        """The personal fields that hold something which no key opens any more."""
        held = set(_held(event))
        plan, _ = _plan(event)
        if plan is None or not held:
            return frozenset()
        keys = self._lastro.keyring.find([_subject(event)]).get(_subject(event), {})
        return frozenset(
            field.name for field in plan.personal if field.name in held and keys.get(field.purpose) is None
        )

    def _is_readable(self, event: RecordedEvent) -> bool:
        return bool(set(_held(event)) - self._removed(event))

    def _values(self, event: RecordedEvent) -> dict[str, Any]:
        """The personal fields that hold something, opened: None where the key is gone."""
        plain = self._lastro.opened([event])[0].model_dump(mode="json")
        return {name: plain[name] for name in _held(event)}

    def _stream(self, connection: Connection, event: RecordedEvent) -> list[RecordedEvent] | None:
        """The stream up to the fact, as far as its fold asks for it; None if that is too long.

        Empty for a fact that stands alone.
        """
        topic, first = _family(event), 1
        if fold_of(topic) is None:
            return []
        if topic.partition(".")[0] in NEWEST_SAYS_ALL:
            first = max(1, event.version - 1)
        if event.version - first > _LONGEST_FOLD:
            return None
        values = {"stream": event.stream_id, "first": first, "last": event.version}
        return _select(
            connection, "stream_id = %(stream)s AND version BETWEEN %(first)s AND %(last)s", values
        )

    def _changes(self, stream: list[RecordedEvent] | None, *, shown: bool) -> tuple[Difference, ...] | None:
        if not stream:
            return None if stream is None else ()
        return self._changed(stream, frozenset() if shown else frozenset(each.event_id for each in stream))

    def _changed(self, stream: list[RecordedEvent], closed: frozenset[UUID]) -> tuple[Difference, ...] | None:
        """What the last fact changed, where those of `closed` are loaded as if nobody knew their person."""
        fold = fold_of(_family(stream[-1]))
        assert fold is not None, "facts that stand alone have no stream"
        try:
            loaded = [_closed(each) if each.event_id in closed else each for each in stream]
            facts = self._lastro.opened(loaded)
            before = fold(None, facts[:-1])
            return differences(before, fold(before, facts[-1:]))
        except _UNFOLDABLE:
            return None

    def _told_before(self, stream: list[RecordedEvent] | None) -> list[RecordedEvent]:
        """The earlier facts whose personal data shows among the values before."""
        holders = [each for each in (stream or ())[:-1] if _held(each)]
        if not stream or len(holders) * len(stream) > _LONGEST_FOLD:
            return holders
        shown = self._changed(stream, frozenset())
        return [each for each in holders if self._changed(stream, frozenset({each.event_id})) != shown]


def digest_of(event: RecordedEvent) -> bytes:
    """SHA-256 over the canonical form of envelope and state, as it was made when the fact was recorded."""
    envelope = {
        "actor": event.actor,
        "causation_id": event.causation_id,
        "company_id": event.company_id,
        "correlation_id": event.correlation_id,
        "event_id": event.event_id,
        "occurred_at": canonical_instant(event.occurred_at),
        "recorded_at": canonical_instant(event.recorded_at),
        "release": event.release,
        "state": event.state,
        "stream_id": event.stream_id,
        "topic": event.topic,
        "version": event.version,
    }
    return sha256(canonical_json(envelope)).digest()


def _family(event: RecordedEvent) -> str:
    """The topic as the running code knows it."""
    return upcast(event.topic, event.state)[0]


def _select(connection: Connection, condition: str, values: Mapping[str, Any]) -> list[RecordedEvent]:
    query = f"SELECT {_COLUMNS} FROM event WHERE {condition} ORDER BY position"  # noqa: S608 - our own texts
    with connection.cursor(row_factory=class_row(RecordedEvent)) as cursor:
        return cursor.execute(query, values).fetchall()


def _known_at(connection: Connection, position: int) -> datetime | None:
    row = connection.execute(
        "SELECT at FROM watermark WHERE position >= %s ORDER BY position LIMIT 1", (position,)
    ).fetchone()
    return None if row is None else row[0]


def _plan(event: RecordedEvent) -> tuple[Plan | None, Mapping[str, Any]]:
    """What the newest form of a fact says of its person; a topic that nobody knows says nothing."""
    topic, state = upcast(event.topic, event.state)
    kind = EVENT_TYPES.get(topic)
    return (plan_of(kind) if kind else None), state


def _held(event: RecordedEvent) -> list[str]:
    plan, state = _plan(event)
    return [field.name for field in plan.personal if state.get(field.name) is not None] if plan else []


def _subject(event: RecordedEvent) -> UUID:
    plan, state = _plan(event)
    named = state.get(plan.subject) if plan else None
    return UUID(named) if named else event.stream_id


def _of_whom(event: RecordedEvent) -> tuple[str, str]:
    return str(_subject(event)), str(event.company_id)


def _grouped(events: Sequence[RecordedEvent]) -> list[tuple[tuple[UUID, UUID | None], list[RecordedEvent]]]:
    """Facts in order of whose they are, by person and company."""
    found = []
    for _, group in groupby(events, key=_of_whom):
        theirs = list(group)
        found.append(((_subject(theirs[0]), theirs[0].company_id), theirs))
    return found


def _closed(event: RecordedEvent) -> RecordedEvent:
    """The fact as it loads when its person is not known: nothing of it is opened."""
    topic, state = upcast(event.topic, event.state)
    kind = EVENT_TYPES.get(topic)
    hidden = dict.fromkeys(field.name for field in plan_of(kind).personal) if kind else {}
    return replace(event, topic=topic, state={**state, **hidden})
