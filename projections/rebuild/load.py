"""The bulk load: whole streams into empty tables, range by range, on several connections at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event
from uuid import UUID

from application.database import Connection, Database
from projections.builds import State, advance
from projections.installation import mark_indexed
from projections.page import Page, streams_source, upcast_values
from projections.parking import POISON, cause_in, reason_in
from projections.projection import Projection, statements
from projections.rebuild.lanes import LANES, join_lanes, named_on_lane
from projections.rebuild.plan import Range, ranges_of
from projections.runner import PoisonError, configure, older_topics, poison

type Told = Callable[[], None]
"""Called after each range; may raise to stop the load between two."""


class _RolledBackError(Exception):
    """A trial is over."""


@contextmanager
def loading(database: Database) -> Iterator[Connection]:
    """A connection for bulk work. Its statement ends soon after the process that asked for it has died."""
    with database.dedicated() as connection:
        configure(connection)
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute("SET max_parallel_maintenance_workers = 1")
        connection.execute("SET client_connection_check_interval = '500ms'")
        yield connection


def load(database: Database, projection: Projection, base: int, told: Told) -> None:
    """Load every range that is not done, then join the lanes. Raises PoisonError at a fact that fails."""
    with loading(database) as connection:
        open_ranges: SimpleQueue[Range] = SimpleQueue()
        for each in ranges_of(connection, projection):
            if not each.done:
                open_ranges.put(each)
    stopping = Event()
    lanes = [Lane(database, projection, base, number) for number in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        results = [pool.submit(lane.run, open_ranges, stopping, told) for lane in lanes]
    for result in results:
        result.result()
    with loading(database) as connection, connection.transaction():
        if mark_loaded(connection, projection):
            join_lanes(connection, projection)
            connection.execute(
                "UPDATE projection SET position = %s WHERE name = %s AND version = %s",
                (base, projection.name, projection.version),
            )


def mark_loaded(connection: Connection, projection: Projection) -> bool:
    """The rows are there, the indexes are next; False if another process was first."""
    connection.execute(
        "UPDATE projection_build SET loaded_at = now() WHERE name = %s AND version = %s",
        (projection.name, projection.version),
    )
    return advance(connection, projection, State.LOADING, State.INDEXING)


def index(database: Database, projection: Projection) -> None:
    """Build the indexes, several at once, then gather statistics. What a crash has left is kept."""
    wanted = [_unless_there(projection.named(each)) for each in statements(projection.indexes)]
    with ThreadPoolExecutor(LANES) as pool:
        for _ in pool.map(partial(_alone, database), wanted):
            pass
    with loading(database) as connection:
        for table in projection.relations:
            connection.execute(f"ANALYZE {projection.relation(table)}")
        with connection.transaction():
            mark_indexed(connection, projection)
            advance(connection, projection, State.INDEXING, State.CATCHING_UP)


def _alone(database: Database, statement: str) -> None:
    with loading(database) as connection:
        connection.execute(statement)


def _unless_there(statement: str) -> str:
    return statement.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1)


class Lane:
    """One connection of a load: takes ranges until there are none, each in a transaction with its mark."""

    def __init__(self, database: Database, projection: Projection, base: int, number: int) -> None:
        self._database = database
        self._projection = projection
        self._base = base
        self._named = partial(named_on_lane, projection, number)
        self._older = older_topics(projection)
        self._apply = statements(projection.apply) if isinstance(projection.apply, str) else ()

    def run(self, ranges: SimpleQueue[Range], stopping: Event, told: Told) -> None:
        """Load ranges until none is left, or another lane has failed."""
        try:
            with loading(self._database) as connection:
                while not stopping.is_set():
                    try:
                        each = ranges.get_nowait()
                    except Empty:
                        return
                    self._load(connection, each)
                    told()
        except BaseException:
            stopping.set()
            raise

    def _load(self, connection: Connection, each: Range) -> None:
        try:
            with connection.transaction():
                if self._mark(connection, each):
                    self._apply_streams(connection, each.first_stream, each.last_stream, self._base)
        except POISON as error:
            raise self._blamed(connection, each, error) from cause_in(self._projection, error)

    def _mark(self, connection: Connection, each: Range) -> bool:
        """Mark it first: whoever has lost its claim and works on is held up here, and finds it done."""
        marked = connection.execute(
            "UPDATE projection_range SET done_at = now() WHERE name = %s AND version = %s AND number = %s"
            " AND done_at IS NULL",
            (self._projection.name, self._projection.version, each.number),
        )
        return marked.rowcount > 0

    def _apply_streams(self, connection: Connection, first: UUID, last: UUID, until: int) -> None:
        values: dict[str, object] = {
            "first_stream": first,
            "last_stream": last,
            "after": 0,
            "until": until,
            "topics": list(self._projection.topics),
        }
        upcast = upcast_values(connection, values, self._older, parked=False) if self._older else {}
        page = Page(
            after=0,
            until=until,
            source=streams_source(upcast=bool(upcast)),
            values={**values, **upcast},
            named=self._named,
            whole=True,
        )
        if callable(self._projection.apply):
            self._projection.apply(connection, page)
        for statement in self._apply:
            page.execute(connection, statement)

    def _blamed(self, connection: Connection, each: Range, error: Exception) -> PoisonError:
        """The first event that cannot be applied, of the first stream that has one."""
        streams = [
            stream
            for (stream,) in connection.execute(
                "SELECT DISTINCT stream_id FROM event WHERE stream_id BETWEEN %s AND %s AND position <= %s"
                " AND topic = ANY(%s) ORDER BY stream_id",
                (each.first_stream, each.last_stream, self._base, [*self._projection.topics, *self._older]),
            )
        ]
        first = _first(streams, lambda stream: self._fails(connection, each.first_stream, stream, self._base))
        if first is None:
            reason = reason_in(self._projection, error)
            return PoisonError(self._base, "?", f"no stream fails alone: {reason}")
        positions = [
            position
            for (position,) in connection.execute(
                "SELECT position FROM event WHERE stream_id = %s AND position <= %s ORDER BY version",
                (first, self._base),
            )
        ]
        last = _first(positions, lambda position: self._fails(connection, first, first, position))
        return poison(connection, self._projection, positions[-1] if last is None else last, error)

    def _fails(self, connection: Connection, first: UUID, last: UUID, until: int) -> bool:
        try:
            with connection.transaction():
                self._apply_streams(connection, first, last, until)
                raise _RolledBackError
        except _RolledBackError:
            return False
        except POISON:
            return True


def _first[T](among: list[T], fails: Callable[[T], bool]) -> T | None:
    """The first for which all up to it fail together, by halving; None if even all of them do not."""
    low, high = 0, len(among)
    while low < high:
        middle = (low + high) // 2
        if fails(among[middle]):
            high = middle
        else:
            low = middle + 1
    return among[low] if low < len(among) else None
