"""sales_to_bill: one row per sale, with each item and the invoice that it is on."""

from __future__ import annotations

from typing import get_args

from domain.sale.events import SaleEvent
from projections.projection import Projection, sql_file

SALES_TO_BILL = Projection(
    name="sales_to_bill",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(SaleEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
)
