"""What the event store's tests look at from outside."""

from __future__ import annotations

from collections.abc import Iterator
from threading import current_thread
from typing import Any

import psycopg
import pytest

from application.database import Connection, Database
from tests.application.event_store.by_hand import opened


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that this process sends, as it is sent; less the waker's, which sends when it likes."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if current_thread().name != "lastro-waker":
            sent.append(str(query))
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return sent


@pytest.fixture
def writer(database: Database) -> Iterator[Connection]:
    """A connection that writes by hand."""
    with opened(database) as connection:
        yield connection


@pytest.fixture
def other_writer(database: Database) -> Iterator[Connection]:
    """A second one."""
    with opened(database) as connection:
        yield connection


@pytest.fixture
def reader(database: Database) -> Iterator[Connection]:
    """A connection that reads by hand."""
    with opened(database) as connection:
        yield connection
