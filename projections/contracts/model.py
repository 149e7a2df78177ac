"""contracts: one row per contract; in contract_periods one per period and attempt, as it was generated."""

from __future__ import annotations

from typing import get_args

from domain.contract.events import ContractEvent
from projections.projection import Projection, sql_file

CONTRACTS = Projection(
    name="contracts",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(ContractEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
    tables=("contract_periods",),
)
