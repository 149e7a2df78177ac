"""The outcome of a comparison as it is kept with its build and shown: plain values, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from application.database import Connection
from projections.projection import Projection
from projections.rebuild.compare import Comparison, Sums, TableComparison
from projections.rebuild.differences import Difference, Differences, TableDifferences


def note(
    connection: Connection, bound: Projection, comparison: Comparison, found: Differences | None
) -> None:
    """Keep the outcome with the build."""
    connection.execute(
        "UPDATE projection_build SET comparison = %s, compared_at = now() WHERE name = %s AND version = %s",
        (Jsonb(as_json(comparison, found)), bound.name, bound.version),
    )


def as_json(comparison: Comparison, found: Differences | None) -> dict[str, Any]:
    """Counts, totals by company where they differ, and a sample of each table's differences."""
    return {
        "equal": comparison.equal,
        "position": comparison.position,
        "old_build": comparison.old_version,
        "new_build": comparison.new_version,
        "tables_gone": list(comparison.tables_gone),
        "tables_new": list(comparison.tables_new),
        "tables": [_table(each, (found or {}).get(each.shape.table)) for each in comparison.tables],
    }


def _table(compared: TableComparison, found: TableDifferences | None) -> dict[str, Any]:
    old, new = compared.rows()
    told: dict[str, Any] = {
        "table": compared.shape.table,
        "equal": compared.equal,
        "rows_old": old,
        "rows_new": new,
        "columns_gone": list(compared.shape.only_old),
        "columns_new": list(compared.shape.only_new),
        "totals": [] if compared.equal else _totals(compared),
    }
    if found is not None:
        told |= {
            "only_old": found.only_old,
            "only_new": found.only_new,
            "changed": found.changed,
            "columns": dict(found.columns.most_common()),
            "sample": [difference_as_json(each) for each in found.sample],
        }
    return told


def difference_as_json(difference: Difference) -> dict[str, Any]:
    """One difference."""
    return {
        "key": dict(difference.key),
        "company_id": None if difference.company_id is None else str(difference.company_id),
        "kind": difference.kind,
        "changes": {name: [_plain(each) for each in pair] for name, pair in difference.changes.items()},
    }


def _plain(value: Any) -> Any:
    """Amounts as text, within documents too."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _totals(compared: TableComparison) -> list[dict[str, Any]]:
    companies = sorted(compared.old.keys() | compared.new.keys(), key=str)
    return [
        _total(compared, company)
        for company in companies
        if compared.old.get(company) != compared.new.get(company)
    ]


def _total(compared: TableComparison, company: UUID | None) -> dict[str, Any]:
    nothing = Sums(0, 0, tuple(Decimal(0) for _ in compared.shape.money))
    old, new = compared.old.get(company, nothing), compared.new.get(company, nothing)
    return {
        "company_id": None if company is None else str(company),
        "rows": [old.rows, new.rows],
        "money": _money(compared.shape.money, old, new),
    }


def _money(names: tuple[str, ...], old: Sums, new: Sums) -> Mapping[str, list[str]]:
    pairs = zip(names, old.money, new.money, strict=True)
    return {name: [str(before or 0), str(after or 0)] for name, before, after in pairs}
