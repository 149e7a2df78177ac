"""Settlements: receipts from outside pay what they name, once each; people place the others."""

from __future__ import annotations

from collections.abc import Sequence

from application.app import Context, Lastro
from application.clock import Clock
from application.incoming.settling import Settle
from application.settlements.outcomes import Outcome
from application.settlements.received import Incoming


class Settlements:
    """`apply` is for the consumer; what people do takes EDIT_BILLING in the receipt's company."""

    def __init__(self, lastro: Lastro, clock: Clock) -> None:
        self._lastro = lastro
        self._clock = clock

    def apply(
        self, items: Sequence[Incoming], contexts: Context | Sequence[Context], settle: Settle
    ) -> list[Outcome]:
        """Take note of receipts and reversals, in their order, in one transaction with `settle`.

        `contexts` is one for all, or one for each item. The answers come in the order of the items; `settle`
        gets their refusals (None for an item that took effect, now or before). One that is refused changes
        nothing and does not keep the others. Raises what `settle` raises, and ConcurrencyError when others
        kept writing the same invoices.
        """
        raise NotImplementedError
