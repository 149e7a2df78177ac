"""companies: one row per company, for names and settings on screens."""

from __future__ import annotations

from typing import get_args

from domain.company.events import CompanyEvent
from projections.projection import Projection, sql_file

COMPANIES = Projection(
    name="companies",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(CompanyEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
)
