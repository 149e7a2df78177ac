"""Appends facts to the event table and reads them back: eventsourcing's recorder, in our form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription

from application.clock import Clock, utc_now
from application.database import Connection, Database
from application.event_store.append import append, recorded_positions
from application.event_store.context import Context
from application.event_store.encoding import Commit, Id
from application.event_store.errors import CommitUnknownError, ConcurrencyError, TextUnstorableError
from application.event_store.mapper import StoredFact
from application.event_store.reading import safe_position, select_streams
from application.ids import quick_id
from application.release import running_release
from domain.kernel import DomainError

Also = Callable[[Connection], None]

_ATTEMPTS = 4


class FactRecorder(ApplicationRecorder):
    """The recorder behind `APPLICATION_RECORDER_TOPIC`.

    Writes block on nobody but a writer of the same stream and version. A lost connection is
    repeated with the same event ids, so a commit whose answer was lost is recognised as ours.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock = utc_now,
        release: str | None = None,
        new_event_id: Callable[[], Id] = quick_id,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._release = release or running_release()
        self._new_event_id = new_event_id
        self._wake = wake

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """eventsourcing's entry; `context` and `also` come as keywords. See `append`."""
        facts = [fact for fact in stored_events if isinstance(fact, StoredFact)]
        commit = self._commit(facts, kwargs["context"])
        self._record(commit, kwargs.get("also"))
        with self._database.autocommit() as connection:
            return recorded_positions(connection, commit)

    def append(
        self, facts: Sequence[StoredFact], context: Context | Sequence[Context], also: Also | None = None
    ) -> int:
        """Record facts in one transaction and answer the position of the last one, 0 without facts.

        `also` runs first in the same transaction, and runs again if the connection is lost. Raises
        ConcurrencyError, CommitUnknownError, what `also` raises, and ValueError for `also` without facts.
        """
        return self._record(self._commit(facts, context), also)

    def _commit(self, facts: Sequence[StoredFact], context: Context | Sequence[Context]) -> Commit:
        return Commit(facts, context, self._clock(), self._release, self._new_event_id)

    def _record(self, commit: Commit, also: Also | None) -> int:
        if also is not None and not commit.facts:
            # Nothing would tell a commit whose answer was lost, and `also` would take effect twice.
            raise ValueError("`also` goes with facts: without any, use a transaction of the database")
        position = self._attempt(commit, also)
        if position:
            self._wake()
        return position

    def _attempt(self, commit: Commit, also: Also | None) -> int:
        lost: psycopg.OperationalError | None = None
        for _ in range(_ATTEMPTS):
            try:
                return self._write(commit, also, after_loss=lost is not None)
            except _ConnectionLost as loss:
                lost = loss.error
            except psycopg.OperationalError as error:
                if lost is None:
                    raise
                lost = error
                break
            self._database.discard_broken()
        raise CommitUnknownError([str(event_id) for event_id in commit.event_ids]) from lost

    def _write(self, commit: Commit, also: Also | None, *, after_loss: bool) -> int:
        with self._database.autocommit() as connection, _told_when_lost(connection):
            try:
                return append(connection, commit, also)
            except Exception as error:
                if isinstance(error, psycopg.OperationalError) and _is_lost(connection, error):
                    raise
                ours = recorded_positions(connection, commit) if after_loss else None
                if ours is not None:
                    return ours[-1]
                refusal = _refusal(error)
                if refusal is None:
                    raise
                raise refusal from error

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredFact]:
        """One stream's facts by version."""
        with self._database.autocommit() as connection:
            facts = select_streams(connection, [UUID(str(originator_id))], after=gt or 0, until=lte)
        if desc:
            facts.reverse()
        return facts[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """eventsourcing's notification log is not read here: `read` is, which misses no late commit."""
        raise NotImplementedError("read the log with Lastro.read()")

    def max_notification_id(self) -> int | None:
        """Up to where the log may be read."""
        with self._database.autocommit() as connection:
            return safe_position(connection) or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """eventsourcing's subscription can sleep for ever; `wakeup.Listener` is used instead."""
        raise NotImplementedError("wait with application.event_store.wakeup.Listener")


class _ConnectionLost(Exception):  # noqa: N818 - a signal inside this module, never seen outside
    def __init__(self, error: psycopg.OperationalError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def _told_when_lost(connection: Connection) -> Iterator[None]:
    """The commit, or the question whether it was ours: both are tried again on another connection."""
    try:
        yield
    except psycopg.OperationalError as error:
        if _is_lost(connection, error):
            raise _ConnectionLost(error) from error
        raise


def _is_lost(connection: Connection, error: psycopg.OperationalError) -> bool:
    """The server went away: it said so (class 57P) or said nothing at all."""
    return connection.closed or (error.sqlstate or "57P").startswith("57P")


def _is_of_log(table: str) -> bool:
    """Also a partition of it, `event_p3`, where an operator has cut the log (docs/scale.md)."""
    return table == "event" or table.startswith("event_p")


def _refusal(error: Exception) -> DomainError | None:
    if isinstance(error, psycopg.errors.UntranslatableCharacter):  # jsonb holds no NUL
        return TextUnstorableError(TextUnstorableError.__doc__ or "")
    if isinstance(error, psycopg.errors.UniqueViolation) and _is_of_log(error.diag.table_name or ""):
        return ConcurrencyError(ConcurrencyError.__doc__ or "", detail=error.diag.message_detail)
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return ConcurrencyError(ConcurrencyError.__doc__ or "", detail=str(error))
    return None
