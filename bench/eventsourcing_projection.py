"""eventsourcing's own ProjectionRunner over the same invoices: the yardstick of a rebuild."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import EventStore, Mapper, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL

from bench.eventsourcing_twin import library_mapper
from bench.rebuild_log import facts_of
from bench.server import durable_server, fresh_url
from domain.invoice.events import InstallmentPaid, InvoiceBilled, InvoiceOpened
from domain.kernel import DomainEvent

_LONGEST_SECONDS = 600.0


class _Invoices(Application[UUID]):
    name = "invoices"

    def construct_mapper(self) -> Mapper[UUID]:
        return library_mapper()


class _View(PostgresTrackingRecorder):
    """A listing of five columns: the work for one event is less than what ours does."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS listing (invoice_id uuid PRIMARY KEY, company_id uuid,"
                " due_on date, situacao text, paid numeric)"
            ).format()
        )

    def apply(self, tracking: Tracking, query: str, *values: object) -> None:
        """One row and the place in the log, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(query, values, prepare=True)
            self._insert_tracking(cursor, tracking)


class _Listing(Projection[_View]):
    name = "listing"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        match domain_event:
            case InvoiceOpened():
                self.view.apply(
                    tracking,
                    "INSERT INTO listing VALUES (%s, %s, %s, 'pending', 0)",
                    domain_event.originator_id,
                    domain_event.company_id,
                    domain_event.instalments[0].due_on,
                )
            case InvoiceBilled():
                self._set(domain_event, tracking, "situacao = 'billed'")
            case InstallmentPaid():
                self._set(domain_event, tracking, "paid = paid + 1")
            case _:
                self._set(domain_event, tracking, "situacao = situacao")

    def _set(self, event: DomainEvent, tracking: Tracking, what: str) -> None:
        query = f"UPDATE listing SET {what} WHERE invoice_id = %s"
        self.view.apply(tracking, query, event.originator_id)


def events_a_second(count: int) -> float:
    """How fast it takes in about so many events, from the first to the last."""
    with durable_server() as server, fresh_url(server) as url:
        env = _environment(url)
        app = _Invoices(env)
        for stream in facts_of(count):
            EventStore(app.mapper, app.recorder).put(stream)
        last = app.recorder.max_notification_id()
        app.close()
        start = time.perf_counter()
        with ProjectionRunner(
            application_class=_Invoices, projection_class=_Listing, view_class=_View, env=env
        ) as runner:
            runner.wait(last, timeout=_LONGEST_SECONDS)
            return (last or 0) / (time.perf_counter() - start)


def _environment(url: str) -> dict[str, str]:
    parts = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts.get("port") or 5432),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts.get("password") or ""),
        "SINGLE_ROW_TRACKING": "y",
    }
