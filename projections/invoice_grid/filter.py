"""The one filter of the listing: list, count, facets, export and bulk selection are all built from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from psycopg import sql

from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.values.payment import ValueType
from projections.as_of import AsOf


class DateType(StrEnum):
    """*Tipo Data* (F7), by the column that it compares."""

    DUE = "due_on"
    BILLED = "billed_on"
    SENT = "sent_on"
    CREATED = "created_on"


class SearchType(StrEnum):
    """*Tipo de pesquisa* (F11). STANDARD looks at customers and numbers, NOTES at those of the contract."""

    STANDARD = "standard"
    CUSTOMER = "customer"
    DOCUMENT = "document"
    BOLETO = "boleto"
    NOTES = "notes"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFilter:
    """What to show. An empty choice restricts nothing.

    Not so `companies`, which is what the caller may see: None is every company, an empty tuple none. `None`
    among the departments stands for *Não Informado* (F23). `today` decides what is late. With `as_of` it is
    the listing of the past that is read.
    """

    start: date
    end: date
    today: date
    companies: tuple[UUID, ...] | None
    date_type: DateType = DateType.DUE
    customers: tuple[UUID, ...] = ()
    accounts: tuple[UUID, ...] = ()
    contracts: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    situacoes: tuple[Situacao, ...] = ()
    instalment_statuses: tuple[InstalmentStatus, ...] = ()
    value_types: tuple[ValueType, ...] = ()
    departments: tuple[str | None, ...] = ()
    search_type: SearchType = SearchType.STANDARD
    search: str = ""
    as_of: AsOf | None = None

    @property
    def through_billings(self) -> bool:
        """Whether the days of billing lead to the rows; the listing of the past has an index of its own."""
        return self.date_type is DateType.BILLED and self.as_of is None


@dataclass(frozen=True, slots=True)
class Found:
    """What a text search found in other tables: customers, contracts, invoices by the number of a boleto.

    `narrowed` says that there were more than are looked at.
    """

    customers: tuple[UUID, ...] = ()
    contracts: tuple[UUID, ...] = ()
    invoices: tuple[UUID, ...] = ()
    narrowed: bool = False


FACETS = ("situacao", "kind", "value_type", "payment_method")
"""The columns whose values are counted beside the list."""

LISTED = sql.SQL("origin <> 'silent_sale'")
"""F6: a sale that emits no documents is a receivable, and no row of the listing."""

_ATTENTION = frozenset({Situacao.ERROR, Situacao.VALUE_PENDING})
_BILLINGS = sql.SQL(
    "invoice_grid JOIN (SELECT company_id AS listed_by, billed_on AS listed_on, invoice_id AS listed"
    " FROM invoice_billings) AS billing"
    " ON listed_by = company_id AND listed_on = billed_on AND listed = invoice_id"
)
_LATE = "next_open_payable_until < {today}"
_STATUS_IS = {
    InstalmentStatus.OVERDUE: _LATE,
    InstalmentStatus.PAID: "next_open_payable_until IS NULL",
    InstalmentStatus.PARTLY_PAID: "partly_paid",
    InstalmentStatus.DUE: "next_open_payable_until >= {today}",
    InstalmentStatus.UNPAID: "settled_amount = 0 AND coalesce(next_open_payable_until >= {today}, true)",
}


def conditions(
    filter: GridFilter, found: Found | None, *, without: str | None = None
) -> list[sql.Composable]:
    """The predicates in use, and no other, companies apart; `without` leaves out one facet's own."""
    chosen: list[tuple[str, Sequence[object]]] = [
        ("customer_id", filter.customers),
        ("account_id", filter.accounts),
        ("contract_id", filter.contracts),
        ("kind", filter.kinds),
        ("situacao", [each.value for each in filter.situacoes]),
        ("value_type", [each.value for each in filter.value_types]),
    ]
    parts = [_among(column, values) for column, values in chosen if values and column != without]
    parts += [LISTED, _period(filter)]
    if filter.as_of is not None:
        parts.append(filter.as_of.in_force())
    elif without != "situacao":
        parts += _attention(filter.situacoes)
    if filter.departments:
        parts.append(_departments(filter.departments))
    if filter.instalment_statuses:
        parts.append(_instalment_status(filter.instalment_statuses, filter.today))
    if found is not None:
        parts.append(_found(found))
    return parts


def source(filter: GridFilter) -> sql.Composable:
    """What to read from: the listing, through the days of billing where these are what is asked for (F7)."""
    return _BILLINGS if filter.through_billings else listing(filter.as_of)


def listing(as_of: AsOf | None) -> sql.Composable:
    """The read model with the rows: of today, or of every state that there was."""
    return sql.SQL("invoice_grid") if as_of is None else sql.SQL("invoice_as_of")


def day(filter: GridFilter) -> sql.Composable:
    """The date that the filter compares and orders by, as `source` has it."""
    return sql.Identifier("listed_on" if filter.through_billings else filter.date_type.value)


def all_of(parts: Sequence[sql.Composable]) -> sql.Composable:
    """The conjunction."""
    return sql.SQL(" AND ").join(parts)


def _period(filter: GridFilter) -> sql.Composable:
    return sql.SQL("{} BETWEEN {} AND {}").format(day(filter), filter.start, filter.end)


def _attention(situacoes: Sequence[Situacao]) -> list[sql.Composable]:
    """The few that wait for a person have a table of their own; asked for alone, they come from it."""
    if situacoes and _ATTENTION.issuperset(situacoes):
        return [sql.SQL("invoice_id IN (SELECT invoice_id FROM invoice_attention)")]
    return []


def _among(column: str, values: Sequence[object]) -> sql.Composable:
    listed = sql.SQL(", ").join(sql.Literal(value) for value in values)
    return sql.SQL("{} IN ({})").format(sql.Identifier(column), listed)


def _departments(departments: Sequence[str | None]) -> sql.Composable:
    named = [each for each in departments if each is not None]
    parts = [_among("department", named)] if named else []
    if None in departments:
        parts.append(sql.SQL("department IS NULL"))
    return _any_of(parts)


def _instalment_status(statuses: Sequence[InstalmentStatus], today: date) -> sql.Composable:
    held = _any_of([sql.SQL(_STATUS_IS[each]).format(today=today) for each in statuses])
    return sql.SQL("situacao <> 'cancelled' AND {}").format(held)


def _found(found: Found) -> sql.Composable:
    parts: list[sql.Composable] = []
    if found.customers:
        parts.append(sql.SQL("customer_id = ANY({})").format(list(found.customers)))
    if found.contracts:
        parts.append(sql.SQL("contract_id = ANY({})").format(list(found.contracts)))
    if found.invoices:
        parts.append(sql.SQL("invoice_id = ANY({})").format(list(found.invoices)))
    return _any_of(parts) if parts else sql.SQL("false")


def _any_of(parts: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(" OR ").join(parts))
