"""Reads the receivables of one invoice, instalment by instalment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database
from projections.reading import reading


@dataclass(frozen=True, slots=True)
class Receivable:
    """One instalment. `nosso_numero` is written as the bank prints it, None without a valid boleto.

    `payable_until` is the last day without charges; `settled_amount` what the receipts took off the amount,
    discounts included; `paid_amount` the money that came, charges included.
    """

    instalment: int
    ordinal: int | None
    due_on: date
    payable_until: date
    amount: Decimal
    settled_amount: Decimal
    paid_amount: Decimal
    open_amount: Decimal
    state: str
    boleto_state: str
    nosso_numero: str | None
    linha_digitavel: str | None


_OF_INVOICE = """
SELECT instalment, ordinal, due_on, payable_until, amount, settled_amount, paid_amount, open_amount, state,
    boleto_state, printed AS nosso_numero, linha_digitavel
FROM receivables AS own
LEFT JOIN LATERAL (SELECT printed, linha_digitavel FROM receivable_boletos AS boleto
    WHERE boleto.nosso_numero = own.nosso_numero AND boleto.invoice_id = own.invoice_id
        AND boleto.version = own.boleto_version) AS boleto ON true
WHERE invoice_id = %s ORDER BY instalment
"""


def receivables_of(database: Database, invoice_id: UUID) -> list[Receivable]:
    """The instalments in their order; none while the invoice is not known here."""
    with reading(database) as connection, connection.cursor(row_factory=class_row(Receivable)) as cursor:
        return cursor.execute(_OF_INVOICE, [invoice_id]).fetchall()
