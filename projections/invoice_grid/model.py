"""invoice_grid: one row per invoice (V15), as the listing shows it, and the daily totals of panels."""

from __future__ import annotations

from typing import get_args

from domain.invoice.events import InvoiceEvent
from projections.projection import Projection, sql_file

INVOICE_GRID = Projection(
    name="invoice_grid",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(InvoiceEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    tables=("invoice_billings", "invoice_boletos", "invoice_attention", "daily_rollup"),
)
