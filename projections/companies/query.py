"""Reads the companies: names for screens, and which of them bill by themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database
from projections.reading import reading


@dataclass(frozen=True, slots=True)
class Company:
    """One company. Rates are None until someone sets the company's defaults."""

    company_id: UUID
    code: str
    legal_name: str
    trade_name: str
    cnpj: str
    city_ibge: str
    automatic_billing: bool
    fine_percent: Decimal | None
    interest_percent_month: Decimal | None
    year_end_rule: bool


_COLUMNS = ", ".join(Company.__dataclass_fields__)


def companies(database: Database, among: Collection[UUID] | None) -> list[Company]:
    """The companies (None: all of them) in order of their code."""
    query = f"SELECT {_COLUMNS} FROM companies WHERE %s::uuid[] IS NULL OR company_id = ANY(%s) ORDER BY code"  # noqa: S608
    chosen = None if among is None else list(among)
    with reading(database) as connection, connection.cursor(row_factory=class_row(Company)) as cursor:
        return cursor.execute(query, (chosen, chosen)).fetchall()


class AutomaticBillingCompanies:
    """The port `AutomaticCompanies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def automatic(self) -> Sequence[UUID]:
        """See the port."""
        query = "SELECT company_id FROM companies WHERE automatic_billing ORDER BY company_id"
        with self._database.connection() as connection:
            return [company_id for (company_id,) in connection.execute(query)]
