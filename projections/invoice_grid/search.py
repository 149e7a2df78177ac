"""Turns the listing's text into ids: names are searched among customers, numbers among boletos."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg import sql

from application.database import Connection
from projections.as_of import AsOf
from projections.boleto_search import boletos_meant
from projections.customer_search import matching, means_number, named, numbered
from projections.invoice_grid.filter import Found, GridFilter, SearchType
from projections.search_key import contains, search_key

MOST_FOUND = 2_000
"""Customers, contracts or boletos that one text may mean; `Found.narrowed` tells when there were more."""


def search(connection: Connection, filter: GridFilter) -> Found | None:
    """What the text means, None when there is no text."""
    text = filter.search.strip()
    if not text:
        return None
    match filter.search_type:
        case SearchType.STANDARD:
            return _anything(connection, text, filter.as_of)
        case SearchType.CUSTOMER:
            return _customers(connection, named(text))
        case SearchType.DOCUMENT:
            return _customers(connection, numbered(text))
        case SearchType.BOLETO:
            return _boletos(connection, text, filter.as_of)
        case SearchType.NOTES:
            return _contracts(connection, text, filter.companies)


def _anything(connection: Connection, text: str, as_of: AsOf | None) -> Found:
    found = _customers(connection, matching(text))
    if not means_number(text):
        return found
    boletos = _boletos(connection, text, as_of)
    return Found(found.customers, (), boletos.invoices, found.narrowed or boletos.narrowed)


def _customers(connection: Connection, where: sql.Composable) -> Found:
    query = sql.SQL("SELECT customer_id FROM customers WHERE {} ORDER BY customer_id LIMIT {}")
    ids = _ids(connection, query.format(where, MOST_FOUND + 1))
    return Found(customers=ids[:MOST_FOUND], narrowed=len(ids) > MOST_FOUND)


def _boletos(connection: Connection, text: str, as_of: AsOf | None) -> Found:
    boletos = boletos_meant(connection, text, MOST_FOUND + 1)
    if as_of is not None and boletos:
        boletos = _numbered_then(connection, boletos, as_of)
    ids = tuple(dict.fromkeys(invoice_id for _, invoice_id in boletos))
    return Found(invoices=ids[:MOST_FOUND], narrowed=len(ids) > MOST_FOUND)


def _numbered_then(
    connection: Connection, boletos: Sequence[tuple[str, UUID]], as_of: AsOf
) -> list[tuple[str, UUID]]:
    """Those that had their number at the instant, by what was known."""
    query = sql.SQL(
        "SELECT nosso_numero, invoice_id"
        " FROM unnest({}::text[], {}::uuid[]) AS boleto (nosso_numero, invoice_id)"
        " JOIN invoice_as_of_boletos USING (nosso_numero, invoice_id) WHERE {}"
    ).format([number for number, _ in boletos], [invoice_id for _, invoice_id in boletos], as_of.begun())
    return connection.execute(query).fetchall()


def _contracts(connection: Connection, text: str, companies: tuple[UUID, ...] | None) -> Found:
    where: sql.Composable = sql.SQL("notes_key LIKE {}").format(contains(search_key(text)))
    if companies is not None:
        where = sql.SQL("{} AND company_id = ANY({})").format(where, list(companies))
    query = sql.SQL("SELECT contract_id FROM contract_notes WHERE {} ORDER BY contract_id LIMIT {}")
    ids = _ids(connection, query.format(where, MOST_FOUND + 1))
    return Found(contracts=ids[:MOST_FOUND], narrowed=len(ids) > MOST_FOUND)


def _ids(connection: Connection, query: sql.Composed) -> tuple[UUID, ...]:
    return tuple(found for (found,) in connection.execute(query))
