"""Reads the sales: what is open by customer, one sale with its items, and what the batch has to bill."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Database
from application.ports import OpenSale, ReadModelBehindError, SalesReminder
from projections.customer_search import matching
from projections.progress import wait_for
from projections.reading import reading
from projections.search_key import contains
from projections.stale import Shown, behind

_STREAMED = 2_000

type Key = tuple[UUID, date, UUID]
"""Where a sale stands in the list: its customer, by name, its due date, itself. It leaves in addresses, so
that it says no name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFilter:
    """What to show. `companies` is what the caller may see: None is every one, an empty collection none."""

    companies: Collection[UUID] | None
    states: Sequence[str] = ("open", "partly_billed")
    modes: Sequence[str] = ()
    due_from: date | None = None
    due_until: date | None = None
    customer_id: UUID | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a sale; `invoice_id` is the invoice that it is on."""

    number: int
    service_id: UUID
    service_code: str | None
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    amount: Decimal
    invoice_id: UUID | None


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One sale. Name and document are None once the customer was forgotten."""

    sale_id: UUID
    company_id: UUID
    company_trade_name: str | None
    customer_id: UUID
    customer_name: str | None
    customer_document: str | None
    account_id: UUID | None
    account_name: str | None
    code: str
    source: str
    payment_method: str
    sold_on: date
    due_on: date
    mode: str
    emits_documents: bool
    department: str | None
    amount: Decimal
    open_amount: Decimal
    state: str
    cancel_reason: str | None
    recorded_on: date
    recorded_by: str
    version: int
    name_key: str
    raw_items: list[dict[str, Any]]
    billed: Mapping[str, UUID | None]
    codes: Mapping[str, str]
    parked: list[str]

    @property
    def items(self) -> tuple[Item, ...]:
        """The items in their order."""
        return tuple(_item(each, self.billed, self.codes) for each in self.raw_items)

    @property
    def key(self) -> Key:
        """Where the list goes on after this sale."""
        return self.customer_id, self.due_on, self.sale_id


_COLUMNS = ", ".join(
    name for name in SaleRow.__dataclass_fields__ if name not in ("raw_items", "codes", "parked")
)
_SHOWN: tuple[Shown, ...] = (
    ("sales_to_bill", "sale_id"),
    ("customers", "customer_id"),
    ("companies", "company_id"),
    ("accounts", "account_id"),
)
_NAMED = """
FROM sales_to_bill
LEFT JOIN (SELECT customer_id, name AS customer_name, document AS customer_document,
        coalesce(name_key, '') AS customer_key FROM customers) AS customer USING (customer_id)
LEFT JOIN (SELECT company_id, trade_name AS company_trade_name FROM companies) AS company USING (company_id)
LEFT JOIN (SELECT account_id, name AS account_name FROM accounts) AS account USING (account_id)
CROSS JOIN LATERAL (SELECT coalesce(customer_key, '') AS name_key) AS keyed
CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(service_id, services.code), '{{}}') AS codes
    FROM services WHERE service_id IN (
        SELECT (item->>'service_id')::uuid FROM jsonb_array_elements(items) AS item)) AS sold
"""


def sales(
    database: Database, filter: SalesFilter, *, size: int = 50, key: Key | None = None
) -> list[SaleRow]:
    """The next sales by customer's name, due date and id. `text` is part of a code, or a customer's."""
    parts = _conditions(filter)
    if key is not None:
        name = sql.SQL("coalesce((SELECT name_key FROM customers WHERE customer_id = {}), '')").format(key[0])
        after = sql.SQL("(name_key, customer_id, due_on, sale_id) > ({}, {}, {}, {})")
        parts.append(after.format(name, *key))
    return _read(database, sql.SQL(" AND ").join(parts), size)


def sale(database: Database, sale_id: UUID) -> SaleRow | None:
    """One sale, None if it is not known; whether its company may be seen is the caller's to ask."""
    found = _read(database, sql.SQL("sale_id = {}").format(sale_id), 1)
    return found[0] if found else None


def chosen(database: Database, sale_ids: Collection[UUID]) -> list[SaleRow]:
    """These sales in the list's order; ids that are not there are left out."""
    return _read(database, sql.SQL("sale_id = ANY({})").format(list(sale_ids)), len(sale_ids))


def totals(database: Database, filter: SalesFilter) -> tuple[int, Decimal]:
    """How many sales the filter has, and what is open of them."""
    where = sql.SQL(" AND ").join(_conditions(filter))
    query = sql.SQL("SELECT count(*), coalesce(sum(open_amount), 0) FROM sales_to_bill WHERE {}").format(
        where
    )
    with reading(database) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None, "an aggregate returns a row"
    return int(row[0]), Decimal(row[1])


def codes_of(database: Database, sale_ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes of these sales."""
    if not sale_ids:
        return {}
    query = "SELECT sale_id, code FROM sales_to_bill WHERE sale_id = ANY(%s)"
    with reading(database) as connection:
        return dict(connection.execute(query, [list(sale_ids)]).fetchall())


class OpenSalesQuery:
    """The ports `OpenSales` and `CompanyAccounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """See the port."""
        if not wait_for(self._database, position, timeout_seconds, ["sales_to_bill", "accounts"]):
            raise ReadModelBehindError(f"sales_to_bill did not reach position {position}")

    def due(
        self, companies: Collection[UUID] | None, due_from: date, due_until: date, due_on: date | None = None
    ) -> Iterator[OpenSale]:
        """See the port."""
        query = sql.SQL(
            "SELECT sale_id, company_id, customer_id, account_id, due_on FROM sales_to_bill"
            " WHERE open_amount > 0 AND mode = 'contractual' AND emits_documents AND {}"
            " ORDER BY company_id, customer_id, due_on, sale_id"
        ).format(_due(companies, due_from, due_until, due_on))
        with self._database.connection() as connection, connection.cursor("open_sales") as cursor:
            cursor.itersize = _STREAMED
            yield from (OpenSale(*row) for row in cursor.execute(query))

    def reminders(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        modes: Collection[str],
        limit: int,
    ) -> list[SalesReminder]:
        """See the port."""
        query = sql.SQL(
            "SELECT company_id, customer_id, count(*)::integer AS sales, sum(open_amount) AS amount,"
            " min(due_on) AS due_on FROM sales_to_bill WHERE open_amount > 0 AND mode = ANY({}) AND {}"
            " GROUP BY company_id, customer_id ORDER BY amount DESC, company_id, customer_id LIMIT {}"
        ).format(list(modes), _due(companies, due_from, due_until, None), limit)
        reading_one = class_row(SalesReminder)
        with self._database.connection() as db, db.cursor(row_factory=reading_one) as cursor:
            return cursor.execute(query).fetchall()

    def accounts_of(self, companies: Collection[UUID]) -> Sequence[UUID]:
        """See the port."""
        query = "SELECT account_id FROM accounts WHERE company_id = ANY(%s) AND NOT closed ORDER BY 1"
        with self._database.connection() as connection:
            return [id for (id,) in connection.execute(query, [list(companies)])]


def _due(
    companies: Collection[UUID] | None, due_from: date, due_until: date, due_on: date | None
) -> sql.Composable:
    parts: list[sql.Composable] = [sql.SQL("due_on BETWEEN {} AND {}").format(due_from, due_until)]
    if companies is not None:
        parts.append(sql.SQL("company_id = ANY({})").format(list(companies)))
    if due_on is not None:
        parts.append(sql.SQL("due_on = {}").format(due_on))
    return sql.SQL(" AND ").join(parts)


def _conditions(filter: SalesFilter) -> list[sql.Composable]:
    parts: list[sql.Composable] = [sql.SQL("true")]
    if filter.companies is not None:
        parts.append(sql.SQL("company_id = ANY({})").format(list(filter.companies)))
    if filter.states:
        parts.append(sql.SQL("state = ANY({})").format(list(filter.states)))
        if set(filter.states) <= {"open", "partly_billed"}:
            parts.append(sql.SQL("open_amount > 0"))
    if filter.modes:
        parts.append(sql.SQL("mode = ANY({})").format(list(filter.modes)))
    if filter.due_from is not None:
        parts.append(sql.SQL("due_on >= {}").format(filter.due_from))
    if filter.due_until is not None:
        parts.append(sql.SQL("due_on <= {}").format(filter.due_until))
    if filter.customer_id is not None:
        parts.append(sql.SQL("customer_id = {}").format(filter.customer_id))
    if filter.text.strip():
        parts.append(_matching(filter.text.strip()))
    return parts


def _matching(text: str) -> sql.Composable:
    """Part of a code, which holds the order's own number, or a customer."""
    return sql.SQL(
        "(code_key LIKE {code} OR customer_id IN (SELECT customer_id FROM customers WHERE {customer}))"
    ).format(code=contains(text.lower()), customer=matching(text))


def _read(database: Database, where: sql.Composable, size: int) -> list[SaleRow]:
    query = sql.SQL(
        "SELECT {columns}, items AS raw_items, codes, {parked} AS parked" + _NAMED + "WHERE {where}"
        " ORDER BY name_key, customer_id, due_on, sale_id LIMIT {size}"
    ).format(columns=sql.SQL(_COLUMNS), parked=behind(*_SHOWN), where=where, size=size)
    with reading(database) as connection, connection.cursor(row_factory=class_row(SaleRow)) as cursor:
        return cursor.execute(query).fetchall()


def _item(item: Mapping[str, Any], billed: Mapping[str, Any], codes: Mapping[str, str]) -> Item:
    invoice = billed.get(str(item["number"]))
    return Item(
        number=item["number"],
        service_id=UUID(item["service_id"]),
        service_code=codes.get(item["service_id"]),
        description=item["description"],
        quantity=Decimal(item["quantity"]),
        unit_price=Decimal(item["unit_price"]),
        discount=Decimal(item["discount"]),
        amount=Decimal(item["amount"]),
        invoice_id=None if invoice is None else UUID(invoice),
    )
