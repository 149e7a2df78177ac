"""What time does to contracts: index clauses act on their day (F127), horizons are topped up (F119)."""

from __future__ import annotations

from datetime import date
from itertools import batched
from typing import get_args
from uuid import UUID

from application.access import Principal
from application.app import Lastro
from application.clock import Clock, sao_paulo_date
from application.contracts import Contracts
from application.ports import GrowingContracts
from application.stopping import Proceed, go_on
from domain.calendar import add_months
from domain.contract.events import ContractEvent
from domain.contract.schedule import HORIZON_MONTHS
from domain.price_index.events import IndexPointCorrected, IndexPointPublished

_TOP_UP_PAGE = 500
_ADJUST_PAGE = 100
_POINTS = (IndexPointPublished.TOPIC, IndexPointCorrected.TOPIC)
_CONTRACTS = tuple(fact.TOPIC for fact in get_args(ContractEvent))


class Growth:
    """Both are idempotent. Remembers what was looked at, so that a minute without news costs nothing."""

    def __init__(self, lastro: Lastro, clock: Clock, contracts: Contracts, growing: GrowingContracts) -> None:
        self._lastro = lastro
        self._clock = clock
        self._contracts = contracts
        self._growing = growing
        self._topped_up_on: date | None = None
        self._looked_on: date | None = None
        self._looked_until = 0
        self._waiting: set[UUID] = set()

    def adjust(self, principal: Principal, proceed: Proceed = go_on) -> int:
        """Apply the index clauses whose date has come, some at a time; answers how many contracts moved.

        Nothing is looked at again before another day, a published point or a fact of a contract; those
        that wait for their index, or refused, not before one of the first two.
        """
        today = sao_paulo_date(self._clock())
        # A contract that the read model does not show yet is news for the next time.
        until = min(self._lastro.safe_position(), self._growing.known_until())
        if today != self._looked_on or self._news(_POINTS):
            self._waiting.clear()
        elif not self._news(_CONTRACTS):
            return 0
        moved = 0
        found = (each for each in self._growing.adjustable(today) if each not in self._waiting)
        for page in batched(found, _ADJUST_PAGE):
            proceed()
            adjusted = self._contracts.adjust_due(principal, page)
            moved += len(adjusted)
            self._waiting |= {*page} - {*adjusted}
        self._looked_on, self._looked_until = today, until
        return moved

    def top_up(self, principal: Principal, proceed: Proceed = go_on) -> int:
        """Give every open-ended contract its twelve months, once a day; answers how many periods."""
        today = sao_paulo_date(self._clock())
        if self._topped_up_on == today:
            return 0
        periods = 0
        for page in batched(self._growing.short_of(add_months(today, HORIZON_MONTHS)), _TOP_UP_PAGE):
            proceed()
            periods += self._contracts.top_up(principal, page)
        self._topped_up_on = today
        return periods

    def _news(self, topics: tuple[str, ...]) -> bool:
        return bool(self._lastro.read(self._looked_until, 1, topics))
