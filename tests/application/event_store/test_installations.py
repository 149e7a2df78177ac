"""Two installations in two schemas of one database know nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from application.app import Lastro
from application.database import Database
from application.event_store.watermark import write_watermark
from application.ids import new_id
from application.migrations import migrate, status
from tests.application.event_store.facts import context, counted, met, one_each, project
from tests.support.application import MASTER_KEY
from tests.support.postgres import MIGRATIONS


@pytest.fixture
def neighbour(database_url: str) -> Iterator[Lastro]:
    """A second installation beside the first, in its own schema."""
    with Database(database_url, "vizinho", 4) as database:
        migrate(database, MIGRATIONS)
        application = Lastro(database, MASTER_KEY)
        yield application
        application.close()


def test_each_sees_its_own_facts(lastro: Lastro, neighbour: Lastro) -> None:
    stream = new_id()
    lastro.record(context(), counted(stream, number=1))
    neighbour.record(context(), counted(stream, number=2))
    assert (lastro.load(project, stream).count, neighbour.load(project, stream).count) == (1, 2)


def test_each_has_its_own_positions_keys_and_migrations(lastro: Lastro, neighbour: Lastro) -> None:
    lastro.record_batch(context(), one_each(50))
    neighbour.record(context(), met(new_id()))
    assert neighbour.safe_position() < lastro.safe_position()
    with lastro.database.connection() as connection:
        assert connection.execute("SELECT FROM subject_key").fetchall() == []
    assert all(one.applied_at for one in status(neighbour.database, MIGRATIONS))


def test_an_open_writer_of_one_holds_up_only_its_own_readers(lastro: Lastro, neighbour: Lastro) -> None:
    neighbour.record_batch(context(), one_each(100))
    with lastro.database.connection() as connection:
        connection.execute(
            "INSERT INTO event (stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at,"
            " correlation_id, release, digest) VALUES (%s, 1, 't', '{}', %s, 'x', now(), now(), %s, '0', '')",
            (new_id(), new_id(), new_id()),
        )
        last = neighbour.record(context(), *one_each(1))
        assert neighbour.safe_position() == last
        assert lastro.read(0, 10) == []


def test_watermarks_are_each_one_s_own(lastro: Lastro, neighbour: Lastro) -> None:
    neighbour._waker.close()
    position = neighbour.record(context(), *one_each(1))
    with lastro.database.connection() as connection:
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtext('lastro watermark'), 'event'::regclass::oid::integer)"
        )
        assert write_watermark(neighbour.database) == position


@pytest.mark.parametrize("name", ["Lastro", "la-stro", "x;y", "", "1a", "a" * 64])
def test_a_schema_has_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="schema"):
        Database("postgresql://nowhere/x", name)
