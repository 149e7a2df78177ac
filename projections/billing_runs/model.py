"""billing_runs: one row per billing run, its plan and how far it has come."""

from __future__ import annotations

from typing import get_args

from domain.billing_run.events import BillingRunEvent
from projections.projection import Projection, sql_file

BILLING_RUNS = Projection(
    name="billing_runs",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(BillingRunEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
)
