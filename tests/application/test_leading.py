"""A lock of the installation is free again the moment its holder is done, however it ended."""

from __future__ import annotations

import pytest

from application.database import Database
from application.leading import held, leading


def test_one_holder_at_a_time(database: Database) -> None:
    with held(database, "billing run", "1") as first, held(database, "billing run", "1") as second:
        assert (first, second) == (True, False)


def test_who_was_refused_frees_nothing(database: Database) -> None:
    with held(database, "billing run", "1"):
        with held(database, "billing run", "1"):
            pass
        with held(database, "billing run", "1") as third:
            assert third is False


def test_a_holder_that_failed_leaves_it_free_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while the server has not yet noticed that the holder's connection is closed."""
    opened = [database.dedicated(), database.dedicated()]
    for connection in opened:
        monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(database, "dedicated", iter(opened).__next__)
    with pytest.raises(RuntimeError, match="held: True"):
        _hold_and_fail(database)
    with held(database, "billing run", "1") as alone:
        assert alone
    monkeypatch.undo()
    for connection in opened:
        connection.close()


def _hold_and_fail(database: Database) -> None:
    with held(database, "billing run", "1") as alone:
        raise RuntimeError(f"held: {alone}")


def test_who_leads_learns_that_the_lock_is_lost(database: Database) -> None:
    with leading(database, "webhooks", "1") as is_ours, leading(database, "webhooks", "1") as other:
        assert other is None
        assert is_ours is not None
        assert is_ours()
        with database.autocommit() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
                " WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
            )
        assert not is_ours()
    with held(database, "webhooks", "1") as again:
        assert again
