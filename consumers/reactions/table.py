"""Tells a reaction of our own facts from the event table, where there is no Kafka."""

from __future__ import annotations

from contextlib import closing
from threading import Event

import psycopg
import structlog

from application.clock import Clock
from application.database import Connection, Database
from application.event_store.reading import safe_position
from application.event_store.upcasters import UPCASTERS
from application.event_store.wakeup import POLL_SECONDS, Listener
from application.leading import leading
from application.reactions.notice import Notice, Reaction
from application.reactions.places import LogChangedError, OvertakenError, Told, move, take_up
from consumers.partition import back_off

PAGE = 1_000
"""Facts of one call at most."""

_STANDBY_SECONDS = 2.0

_FACTS = (
    "SELECT position, event_id, stream_id, version, topic, company_id FROM event"
    " WHERE position > %s AND position <= %s AND topic = ANY(%s) ORDER BY position LIMIT %s"
)

log = structlog.get_logger(__name__)


class TableSource:
    """One reaction, told by one process at a time: the others stand by. `run` is for one thread."""

    def __init__(self, reaction: Reaction, database: Database, clock: Clock, *, page: int = PAGE) -> None:
        self._reaction = reaction
        self._database = database
        self._clock = clock
        self._page = page
        self._newest = {old: topic for topic in reaction.topics for old in UPCASTERS.sources(topic)}
        self._failures = 0
        self._log = log.bind(reaction=reaction.name)

    def run(self, stopping: Event) -> None:
        """Tell it of every fact until told to stop; whatever it raises is waited out and tried again."""
        while not stopping.is_set():
            try:
                with leading(self._database, "reaction", self._reaction.name) as is_ours:
                    if is_ours is not None:
                        self._follow(stopping)
            except OvertakenError:
                continue
            except LogChangedError as error:
                self._log.error("reaction_refused", reason=str(error))
                self._failures += 1
            except Exception as error:
                self._failures += 1
                say = self._log.warning if isinstance(error, psycopg.Error) else self._log.exception
                say("reaction_failed", reason=type(error).__name__, attempts=self._failures)
            stopping.wait(back_off(self._failures) if self._failures else _STANDBY_SECONDS)

    def _follow(self, stopping: Event) -> None:
        with closing(Listener(self._database)) as listener, self._database.dedicated() as connection:
            told = take_up(connection, self._reaction.name, self._clock())
            while not stopping.is_set():
                following = self._tell(connection, told)
                self._failures = 0
                if following == told:
                    listener.wait(POLL_SECONDS)
                told = following

    def _tell(self, connection: Connection, told: Told) -> Told:
        """Tell the next facts and note it; the same place where there was nothing to look through."""
        until = safe_position(connection)
        rows = connection.execute(_FACTS, (told.position, until, list(self._newest), self._page)).fetchall()
        notices = [
            Notice(position, event_id, stream, version, self._newest[topic], company)
            for position, event_id, stream, version, topic, company in rows
        ]
        if notices:
            self._reaction.react(notices)
        to = Told(notices[-1].position, notices[-1].event_id) if len(notices) == self._page else None
        to = to or _reached(connection, told, until)
        if to != told:
            move(connection, self._reaction.name, told, to, self._clock())
        return to


def _reached(connection: Connection, told: Told, until: int) -> Told:
    """The last fact up to there, whosever it is; a number that a crash took back may yet be given to one."""
    row = connection.execute(
        "SELECT position, event_id FROM event WHERE position > %s AND position <= %s"
        " ORDER BY position DESC LIMIT 1",
        (told.position, until),
    ).fetchone()
    return told if row is None else Told(row[0], row[1])
