"""Reads the accounts where receipts happen, for choices and names on screens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database
from domain.account.account import misfit
from domain.values.payment import PaymentMethod
from projections.reading import reading


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `bank_code` and `portfolio` are of its boleto agreement, where it has one (F146)."""

    account_id: UUID
    company_id: UUID
    code: str
    name: str
    kind: str
    bank_code: str | None
    portfolio: str | None
    pix_key: str | None
    closed: bool

    def takes(self, method: PaymentMethod) -> bool:
        """Whether the account can take this payment method."""
        return (
            misfit(
                method,
                closed=self.closed,
                is_bank=self.kind == "bank",
                has_agreement=self.portfolio is not None,
                has_pix_key=self.pix_key is not None,
            )
            is None
        )


_COLUMNS = ", ".join(Account.__dataclass_fields__)


def accounts(database: Database, companies: Collection[UUID] | None) -> list[Account]:
    """The accounts of the companies (None: of all), closed ones too, by company and code."""
    query = (
        f"SELECT {_COLUMNS} FROM accounts"  # noqa: S608
        " WHERE %s::uuid[] IS NULL OR company_id = ANY(%s) ORDER BY company_id, code"
    )
    chosen = None if companies is None else list(companies)
    with reading(database) as connection, connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(query, (chosen, chosen)).fetchall()
