"""invoice_history: one row per fact of an invoice, as the history modal needs it."""

from __future__ import annotations

from typing import get_args

from domain.invoice.events import InvoiceEvent
from projections.projection import Projection, sql_file

INVOICE_HISTORY = Projection(
    name="invoice_history",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(InvoiceEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
)
