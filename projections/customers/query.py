"""Reads the customers: one, or those whose name or document matches what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Database
from projections.customer_search import matching
from projections.reading import reading
from projections.stale import behind

type Key = tuple[str, UUID]
"""Where a row stands: its name as it is sorted, and the customer."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer. What a forgotten person's key sealed is None, the contacts' words too."""

    customer_id: UUID
    code: str | None
    kind: str
    name: str | None
    sort_key: str
    trade_name: str | None
    document: str | None
    address: Mapping[str, Any] | None
    contacts: Sequence[Mapping[str, Any]]
    collection_email: str | None
    registered_on: date
    version: int
    parked: Sequence[str]

    @property
    def stale(self) -> bool:
        """Whether something of it waits in a parked stream; `parked` says in which read models."""
        return bool(self.parked)


_COLUMNS = sql.SQL("{}, {} AS parked").format(
    sql.SQL(", ".join(name for name in Customer.__dataclass_fields__ if name != "parked")),
    behind(("customers", "customer_id")),
)


def customer(database: Database, customer_id: UUID) -> Customer | None:
    """One customer, None if it is not known."""
    query = sql.SQL("SELECT {} FROM customers WHERE customer_id = {}").format(_COLUMNS, customer_id)
    with reading(database) as connection, connection.cursor(row_factory=class_row(Customer)) as cursor:
        return cursor.execute(query).fetchone()


def customers(
    database: Database, text: str = "", *, size: int = 50, key: Key | None = None
) -> list[Customer]:
    """The next customers by name that match the text: part of a name, or the beginning of CPF or CNPJ.

    Forgotten customers have no name to be found by and come last, in a list without text only.
    """
    parts: list[sql.Composable] = [matching(text)] if text.strip() else []
    if key is not None:
        parts.append(sql.SQL("(sort_key, customer_id) > ({}, {})").format(*key))
    where = sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(parts)) if parts else sql.SQL("")
    query = sql.SQL("SELECT {} FROM customers {} ORDER BY sort_key, customer_id LIMIT {}")
    with reading(database) as connection, connection.cursor(row_factory=class_row(Customer)) as cursor:
        return cursor.execute(query.format(_COLUMNS, where, size)).fetchall()


def key_of(row: Customer) -> Key:
    """Where to go on after this row."""
    return row.sort_key, row.customer_id
