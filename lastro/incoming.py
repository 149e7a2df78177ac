"""Puts together what incoming messages need: their handlers, and the desk of those that were set aside."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from application.clock import utc_now
from application.incoming.desk import MessageDesk
from application.incoming.positions import Positions
from application.incoming.raw import MessageSeal
from application.sales import Orders
from consumers.handler import Handler
from consumers.orders import OrdersHandler
from consumers.replaying import Replayer
from consumers.settlements import SettlementsHandler
from lastro.use_cases import UseCases
from lastro.wiring import Runtime
from projections.sales_to_bill.query import OpenSalesQuery

REACTIONS = "reactions"
HANDLERS = ("orders", "settlements", REACTIONS)
"""What `--only` takes."""


def seal_of(runtime: Runtime) -> MessageSeal:
    """What keeps messages that were set aside; it follows from the master key."""
    return MessageSeal(runtime.master_key.derived("messages"))


class IncomingUseCases(UseCases):
    """Making it does no I/O."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._database = runtime.database

    @cached_property
    def orders(self) -> Orders:
        """What other systems sold."""
        return Orders(self._lastro, self.lookups, utc_now, OpenSalesQuery(self._database))

    @cached_property
    def handlers(self) -> dict[str, Handler[Any]]:
        """Those of incoming topics, by the names of HANDLERS."""
        return {"orders": OrdersHandler(self.orders), "settlements": SettlementsHandler(self.settlements)}

    @cached_property
    def messages(self) -> MessageDesk:
        """What was set aside."""
        replayer = Replayer(self._database, list(self.handlers.values()), utc_now)
        return MessageDesk(self._lastro, utc_now, seal_of(self._runtime), replayer)

    @cached_property
    def positions(self) -> Positions:
        """How far each topic was read."""
        return Positions(self._database, utc_now)
