"""Turns the listing's text into ids and number prefixes; names are searched among customers, not invoices."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from application.database import Connection
from projections.customer_search import alphanumeric, boleto_prefix, matching, named, numbered
from projections.invoice_grid.filter import Found, GridFilter, SearchType
from projections.search_key import contains, search_key

MOST_FOUND = 2_000
"""Customers or contracts that one text may mean; `Found.narrowed` tells when there were more."""


def search(connection: Connection, filter: GridFilter) -> Found | None:
    """What the text means, None when there is no text."""
    text = filter.search.strip()
    if not text:
        return None
    match filter.search_type:
        case SearchType.STANDARD:
            return _customers(connection, matching(text), boleto_prefix(text))
        case SearchType.CUSTOMER:
            return _customers(connection, named(text))
        case SearchType.DOCUMENT:
            return _customers(connection, numbered(text))
        case SearchType.BOLETO:
            return Found(boleto_prefix=alphanumeric(text))
        case SearchType.NOTES:
            return _contracts(connection, text, filter.companies)


def _customers(connection: Connection, where: sql.Composable, boleto: str | None = None) -> Found:
    query = sql.SQL("SELECT customer_id FROM customers WHERE {} ORDER BY customer_id LIMIT {}")
    ids = _ids(connection, query.format(where, MOST_FOUND + 1))
    return Found(customers=ids[:MOST_FOUND], boleto_prefix=boleto, narrowed=len(ids) > MOST_FOUND)


def _contracts(connection: Connection, text: str, companies: tuple[UUID, ...] | None) -> Found:
    where: sql.Composable = sql.SQL("notes_key LIKE {}").format(contains(search_key(text)))
    if companies is not None:
        where = sql.SQL("{} AND company_id = ANY({})").format(where, list(companies))
    query = sql.SQL("SELECT contract_id FROM contracts WHERE {} ORDER BY contract_id LIMIT {}")
    ids = _ids(connection, query.format(where, MOST_FOUND + 1))
    return Found(contracts=ids[:MOST_FOUND], narrowed=len(ids) > MOST_FOUND)


def _ids(connection: Connection, query: sql.Composed) -> tuple[UUID, ...]:
    return tuple(found for (found,) in connection.execute(query))
