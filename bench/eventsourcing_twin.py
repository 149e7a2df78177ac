"""eventsourcing's own Postgres recorder, the one that our ratios are against."""

from __future__ import annotations

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict


def library_recorder(url: str, pool: int) -> tuple[PostgresDatastore, PostgresApplicationRecorder]:
    """The recorder as the library sets it up, with a pool of its own; the caller closes the datastore."""
    parts = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=str(parts["dbname"]),
        host=str(parts["host"]),
        port=str(parts.get("port") or 5432),
        user=str(parts["user"]),
        password=str(parts.get("password") or ""),
        pool_size=pool,
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    return datastore, recorder
