"""invoice_grid: one row per invoice (V15), as the listing shows it, and the daily totals of panels."""

from __future__ import annotations

from typing import get_args

from domain.invoice.events import InvoiceEvent
from projections.invoice_fold import PATCHES, fold
from projections.projection import Projection, Sums, sql_file

_CARRIED = (
    "invoice_id, version, position, company_id, created_on, place,"
    " first_billed_on, last_billed_on, was_billed_on,"
    " was_due_on, was_situacao, was_payment_method, was_amount, was_settled_amount, was_paid_amount"
)

INVOICE_GRID = Projection(
    name="invoice_grid",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(InvoiceEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql").replace("{patches}", PATCHES).replace("{fold}", fold(_CARRIED)),
    tables=("invoice_billings", "invoice_attention", "daily_rollup"),
    by_stream=True,
    sums=(Sums("daily_rollup", ("company_id", "due_on", "situacao", "payment_method")),),
)
