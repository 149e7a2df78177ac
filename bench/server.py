"""A durable PostgreSQL for benchmarks: fsync is on, as in production."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from application.database import Database
from application.ids import new_id
from application.migrations import migrate
from deploy.local.postgres import EmbeddedPostgres

MIGRATIONS = Path(__file__).parents[1] / "deploy" / "migrations"


@contextmanager
def durable_server() -> Iterator[str]:
    """The address of a maintenance database: LASTRO_BENCH_DATABASE_URL's server or one of our own."""
    given = os.environ.get("LASTRO_BENCH_DATABASE_URL")
    if given:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="lastro-bench-"))
    home.chmod(0o711)
    try:
        with EmbeddedPostgres(home) as server:
            yield server.url("postgres")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def fresh_url(server: str) -> Iterator[str]:
    """The address of an empty database that lives as long as the block."""
    name = f"bench_{new_id().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def migrated(server: str, max_size: int = 20) -> Iterator[Database]:
    """A fresh database with every migration applied."""
    with fresh_url(server) as url, Database(url, max_size=max_size) as database:
        migrate(database, MIGRATIONS)
        yield database


def flush_milliseconds(folder: Path, rounds: int = 200) -> float:
    """How long the disk takes to make 8 kB safe (fdatasync), the median: what a lone commit waits for."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(rounds):
            file.seek(0)
            file.write(os.urandom(8192))
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return sorted(times)[rounds // 2] * 1000
