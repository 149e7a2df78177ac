"""The application as the tests run it: on a database of their own, with a fixed master key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from application.app import Lastro
from application.database import Database
from application.event_store.keys import MasterKey
from tests.support.postgres import SCHEMA

MASTER_KEY = MasterKey(bytes(range(32)))


def open_lastro(url: str) -> Lastro:
    """The application in another process, which imports this module and no more."""
    return Lastro(Database(url, SCHEMA, 4), MASTER_KEY)


@contextmanager
def application_on(database: Database) -> Iterator[Lastro]:
    """The application on `database`, closed with the block."""
    application = Lastro(database, MASTER_KEY)
    try:
        yield application
    finally:
        application.close()
