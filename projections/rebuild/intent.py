"""What was asked of a read model: noted first, so that whoever dies over it, another process goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import psycopg

from application.database import Connection, Database
from projections.builds import AT_WORK, Build, Promote, State, add, builds
from projections.installation import install, lock_installation
from projections.projection import Projection

_KEY = "hashtext(current_schema() || ' rebuild'), hashtext(%s)"


class RebuildUnderWayError(Exception):
    """A rebuild of this read model is under way already. Wait for it: see `lastro projections status`."""


def ask(
    connection: Connection, model: Projection, asked_by: str, promote: Promote = Promote.NO
) -> Projection:
    """Note that the model is to be built anew; answer it bound to its build. Raises RebuildUnderWayError."""
    try:
        with connection.transaction():
            lock_installation(connection)
            last = max((build.version for build in builds(connection, [model.name])), default=0)
            asked = replace(model, version=last + 1)
            add(connection, asked, State.ASKED, asked_by, promote)
    except psycopg.errors.UniqueViolation:
        under_way = at_work(connection, model.name)
        whose = f": asked by {under_way.asked_by}, build {under_way.version}" if under_way else ""
        raise RebuildUnderWayError(f"{model.name} is being rebuilt already{whose}") from None
    return asked


def begin(connection: Connection, model: Projection) -> None:
    """Begin a model that has no build: live at once on an empty log, where it lacks nothing.

    Else it is built from the log as any other, and goes live at the log's end. Readers of a table that is not
    there are told to come back; those of one that is half filled would believe it.
    """
    if connection.execute("SELECT FROM event LIMIT 1").rowcount == 0:
        install(connection, model)
        return
    with suppress(RebuildUnderWayError):  # another worker was first
        ask(connection, model, "system", Promote.UPGRADE)


def ask_where_code_differs(connection: Connection, model: Projection) -> Projection | None:
    """Ask for a rebuild that goes live by itself, if nothing like the code's definition was ever built.

    A build of this definition that is kept beside another was rolled back by a person, or left behind by a
    newer release: then a person decides.
    """
    found = builds(connection, [model.name])
    busy = any(build.state in AT_WORK for build in found)
    known = any(not build.differs(model) for build in found if build.state is not State.FAILED)
    failed = any(not build.differs(model) for build in found if build.state is State.FAILED)
    if not found or busy or known or failed:
        return None
    return ask(connection, model, "system", Promote.UPGRADE)


def at_work(connection: Connection, name: str) -> Build | None:
    """The build of this model that is being made, or is to be."""
    return next((build for build in builds(connection, [name]) if build.state in AT_WORK), None)


@contextmanager
def claimed(database: Database, name: str) -> Iterator[bool]:
    """Whether this block alone works on the model's builds. The server frees it if its holder dies."""
    connection = database.dedicated()
    try:
        row = connection.execute(f"SELECT pg_try_advisory_lock({_KEY})", (name,)).fetchone()
        alone = row is not None and bool(row[0])
        try:
            yield alone
        finally:
            if alone:
                with suppress(psycopg.Error):
                    connection.execute(f"SELECT pg_advisory_unlock({_KEY})", (name,))
    finally:
        connection.close()
