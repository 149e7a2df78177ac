"""Reads the services that companies sell, for choices and for what a failed nota must have corrected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database
from projections.reading import reading


@dataclass(frozen=True, slots=True)
class Service:
    """One service or product. Without `lc116` the notas of a service fail (F107)."""

    service_id: UUID
    company_id: UUID
    code: str
    description: str
    kind: str
    list_price: Decimal | None
    lc116: str | None
    ctribnac: str | None
    retired: bool


_COLUMNS = ", ".join(Service.__dataclass_fields__)


def services(database: Database, companies: Collection[UUID] | None) -> list[Service]:
    """The services of the companies (None: of all), retired ones too, by company and code."""
    query = (
        f"SELECT {_COLUMNS} FROM services"  # noqa: S608
        " WHERE %s::uuid[] IS NULL OR company_id = ANY(%s) ORDER BY company_id, code"
    )
    chosen = None if companies is None else list(companies)
    with reading(database) as connection, connection.cursor(row_factory=class_row(Service)) as cursor:
        return cursor.execute(query, (chosen, chosen)).fetchall()
