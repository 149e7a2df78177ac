"""invoice_as_of: a row for each state that an invoice was ever in, to show the listing as it was."""

from __future__ import annotations

from typing import get_args

from domain.invoice.events import InvoiceEvent
from projections.as_of import EFFECTS
from projections.invoice_fold import PATCHES, fold
from projections.projection import Projection, sql_file

_CARRIED = (
    "invoice_id, version, position, company_id, created_on, happened_from, known_from, next_happened,"
    " next_known, in_order"
)

INVOICE_AS_OF = Projection(
    name="invoice_as_of",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(InvoiceEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql")
    .replace("{patches}", PATCHES)
    .replace("{effects}", EFFECTS)
    .replace("{fold}", fold(_CARRIED)),
    tables=("invoice_as_of_boletos",),
    by_stream=True,
)
