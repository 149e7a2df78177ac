"""The two sources of reactions as one thing that a test can start; a reaction that notes what it hears."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Event
from uuid import UUID

from application.app import Context, Lastro
from application.database import Database
from application.ids import new_id
from application.reactions.notice import Notice, Reaction
from application.reactions.places import take_up
from domain.service.events import ServicePriced, ServiceRegistered
from lastro.reactions import told_from_kafka, told_from_table
from tests.consumers.running import installation, running
from tests.producers.relay.house import NOW, broker_of, header, record, service_registered
from tests.producers.relay.house import running as relay_running
from tests.support.kafka import Topics

TOPICS = frozenset({ServiceRegistered.TOPIC, ServicePriced.TOPIC})


class Noting:
    """Notes each notice in a table of its own, in a transaction of its own: what is told twice is seen.

    `before` and `after` run around the note; what they raise is what the reaction raises.
    """

    topics = TOPICS

    def __init__(self, database: Database, name: str = "noting") -> None:
        self.name = name
        self._database = database
        self.before: Callable[[Sequence[Notice]], None] = lambda _: None
        self.after: Callable[[Sequence[Notice]], None] = lambda _: None
        with database.connection() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS noted (number serial, reaction text, stream_id uuid, version int,"
                " topic text, event_id uuid, position bigint, company_id uuid)"
            )

    def react(self, notices: Sequence[Notice]) -> None:
        """One row for each notice."""
        self.before(notices)
        with self._database.connection() as connection:
            for each in notices:
                connection.execute(
                    "INSERT INTO noted (reaction, stream_id, version, topic, event_id, position, company_id)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    (
                        self.name,
                        each.stream_id,
                        each.version,
                        each.topic,
                        each.event_id,
                        each.position,
                        each.company_id,
                    ),
                )
        self.after(notices)

    def noted(self) -> list[tuple[UUID, int]]:
        """Stream and version of every notice, in the order of telling."""
        with self._database.connection() as connection:
            return connection.execute(
                "SELECT stream_id, version FROM noted WHERE reaction = %s ORDER BY number", (self.name,)
            ).fetchall()

    def first_tellings(self) -> list[tuple[UUID, int]]:
        """The same without repetitions."""
        return list(dict.fromkeys(self.noted()))


class Table:
    """Tells from the event table, as a worker does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def telling(self, *wanted: Reaction) -> Iterator[None]:
        """A process's threads for the block."""
        stopping = Event()
        threads = told_from_table(wanted, self._database, stopping)
        for thread in threads:
            thread.start()
        try:
            for reaction in wanted:
                _began(self._database, reaction)
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive()


class Kafka:
    """Tells from Kafka, as `lastro consume` does, beside a relay that publishes the log."""

    def __init__(self, database: Database, topics: Topics) -> None:
        self._database = database
        self._topics = topics

    @contextmanager
    def published(self) -> Iterator[None]:
        """A relay for the block."""
        with relay_running(broker_of(self._topics), self._database):
            yield

    @contextmanager
    def telling(self, *wanted: Reaction) -> Iterator[None]:
        """A process's consumers for the block."""
        at = installation(self._topics.bootstrap, self._topics.prefix, self._database)
        with ExitStack() as consumers:
            for handler in told_from_kafka(wanted, self._database):
                consumers.enter_context(running(handler, at))
            yield


type Teller = Table | Kafka


def _began(database: Database, reaction: Reaction) -> None:
    """What is recorded from here on is told to it."""
    with database.autocommit() as connection:
        take_up(connection, reaction.name, NOW)


def register(lastro: Lastro) -> UUID:
    """A service, with one fact."""
    event = service_registered()
    record(lastro, event)
    return event.originator_id


def price(lastro: Lastro, stream: UUID, version: int) -> None:
    """The next fact of a service."""
    fact = ServicePriced(**header(stream, version), list_price="10.00")  # type: ignore[arg-type]
    lastro.record(Context("test", new_id()), fact)


def eventually(true: Callable[[], bool], what: str, seconds: float = 150.0) -> None:
    """Come back when it is so; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what}: not in {seconds} s"
        time.sleep(0.05)
