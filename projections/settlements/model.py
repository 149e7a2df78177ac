"""settlements: one row per receipt that another system told of, and where it stands."""

from __future__ import annotations

from typing import get_args

from domain.settlement.events import SettlementEvent
from projections.projection import Projection, sql_file

SETTLEMENTS = Projection(
    name="settlements",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(SettlementEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
)
