"""accounts: one row per account, for names and settings on screens."""

from __future__ import annotations

from typing import get_args

from domain.account.events import AccountEvent
from projections.projection import Projection, sql_file

ACCOUNTS = Projection(
    name="accounts",
    version=1,
    topics=tuple(fact.TOPIC for fact in get_args(AccountEvent)),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    by_stream=True,
)
