"""A house in which nothing is sold beside contracts: its batches have no open sales."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from uuid import UUID

from application.ports import OpenSale, SalesReminder


class NoSales:
    """The port `OpenSales`, always empty and never behind."""

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """See the port."""

    def due(
        self, companies: Collection[UUID] | None, due_from: date, due_until: date, due_on: date | None = None
    ) -> Iterator[OpenSale]:
        """See the port."""
        return iter(())

    def reminders(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        modes: Collection[str],
        limit: int,
    ) -> Sequence[SalesReminder]:
        """See the port."""
        return ()

    def accounts_of(self, companies: Collection[UUID]) -> Sequence[UUID]:
        """See the port."""
        return ()
