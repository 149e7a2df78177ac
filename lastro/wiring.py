"""What every process is put together from: settings, the database, the application on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg

from application.access import Principal
from application.app import Lastro
from application.database import Database
from application.event_store.keys import MasterKey
from application.migrations import status as migration_status
from application.settings import Settings
from deploy.local.postgres import EmbeddedPostgres, running_url
from lastro.acting import operator_of
from lastro.home import MASTER_KEY, kept

MIGRATIONS = Path(__file__).resolve().parents[1] / "deploy" / "migrations"


class InstallationMissingError(Exception):
    """No database is named and LASTRO_HOME holds none: a command that only looks does not make one."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"there is no installation in {home.absolute()}: name one by LASTRO_HOME or "
            "LASTRO_DATABASE_URL, or make one here with `lastro demo` or `lastro db migrate`"
        )


class SchemaBehindError(Exception):
    """The database lacks migrations that this code needs: run `lastro db migrate`."""


@dataclass(frozen=True)
class Runtime:
    """An open installation."""

    settings: Settings
    database: Database
    lastro: Lastro
    master_key: MasterKey
    master_key_text: str

    @cached_property
    def operator(self) -> Principal:
        """Who gives the command: facts name them."""
        return operator_of(self.settings.actor)


@contextmanager
def database_address(settings: Settings, *, create: bool = False) -> Iterator[str]:
    """LASTRO_DATABASE_URL; else LASTRO_HOME's embedded server, started for the block unless it runs.

    Raises InstallationMissingError where there is none, unless it is to `create` one.
    """
    address = settings.database_address()
    if address is not None:
        _require_reachable(address)
        yield address
        return
    running = running_url(settings.home)
    if running is not None:
        yield running
        return
    server = EmbeddedPostgres(settings.home)
    if not (create or server.exists):
        raise InstallationMissingError(settings.home)
    with server:
        yield server.ensured_url()


def _require_reachable(url: str) -> None:
    """The pool would try for half a minute before it says what one attempt says at once."""
    psycopg.connect(url, connect_timeout=10).close()


@contextmanager
def opened_database(settings: Settings, *, create: bool = False, wait: float = 30.0) -> Iterator[Database]:
    """The pool on the installation's database, whatever it holds; `wait` seconds at most for a connection.

    Raises as `database_address`.
    """
    with (
        database_address(settings, create=create) as url,
        Database(url, settings.schema_name, settings.database_pool, timeout=wait) as database,
    ):
        yield database


@contextmanager
def opened(settings: Settings, *, wait: float = 30.0) -> Iterator[Runtime]:
    """The application on the installation's database; `wait` seconds at most for a connection.

    Raises InstallationMissingError, MasterKeyMissingError, MasterKeyWrongError, and SchemaBehindError
    before a `pre` migration is applied.
    """
    with opened_database(settings, wait=wait) as database:
        pending = [one for one in migration_status(database, MIGRATIONS) if one.applied_at is None]
        if any(one.phase == "pre" for one in pending):
            raise SchemaBehindError(SchemaBehindError.__doc__)
        text = master_key_text(settings)
        master_key = MasterKey.parse(text)
        lastro = Lastro(database, master_key)
        try:
            lastro.keyring.require_master_key()
            yield Runtime(settings, database, lastro, master_key, text)
        finally:
            lastro.close()


def with_master_key(settings: Settings) -> Settings:
    """The settings with a key: the one that is set, else LASTRO_HOME's, made if it is not there."""
    if settings.master_key is not None or settings.master_key_file is not None:
        return settings
    kept(settings.home, MASTER_KEY, MasterKey.generate)
    return settings.model_copy(update={"master_key_file": settings.home / MASTER_KEY})


def master_key_text(settings: Settings) -> str:
    """The key that is set, else LASTRO_HOME's. Only an embedded database gets a new one by itself.

    Raises MasterKeyMissingError.
    """
    if settings.database_url is None or (settings.home / MASTER_KEY).exists():
        settings = with_master_key(settings)
    return settings.master_key_text()
