"""The receipts and invoices that a batch decides on: loaded in bulk, and again only where they have moved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from application.app import Lastro
from application.settlements.payable import payable_invoices
from domain.invoice.events import InvoiceEvent
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from domain.settlement.events import SettlementEvent
from domain.settlement.settlement import Settlement
from domain.settlement.settlement import project as project_settlement


class Desk:
    """States as the log has them. Invoices are known as far as paying them goes."""

    def __init__(self, lastro: Lastro, settlement_ids: Iterable[UUID]) -> None:
        self._lastro = lastro
        self.settlements: dict[UUID, Settlement] = {}
        self.invoices: dict[UUID, Invoice] = {}
        self._asked = set(settlement_ids)
        self._wanted: set[UUID] = set()
        self._load_settlements(self._asked)

    def want(self, invoice_ids: Iterable[UUID]) -> None:
        """Load these invoices too; unknown ones are left out."""
        missing = set(invoice_ids) - self._wanted
        if missing:
            self._wanted |= missing
            self._load_invoices(missing)

    def refresh(self) -> None:
        """Load again what has moved since it was loaded."""
        versions = self._lastro.versions(self._asked | self._wanted)
        moved = {
            id
            for id, version in versions.items()
            if (state := self.settlements.get(id) or self.invoices.get(id)) is None
            or state.version != version
        }
        self._load_invoices(moved & self._wanted)
        self._load_settlements(moved & self._asked)

    def _load_settlements(self, ids: set[UUID]) -> None:
        if ids:
            self.settlements |= self._lastro.load_many(project_settlement, ids)
            self.want(each.paid.invoice_id for each in self.settlements.values() if each.paid)

    def _load_invoices(self, ids: set[UUID]) -> None:
        if ids:
            self.invoices |= payable_invoices(self._lastro, ids)


class Sitting:
    """One attempt to decide: states as they become, fact by fact, and the facts in their order.

    Facts are folded only when their stream is asked for again.
    """

    def __init__(self, desk: Desk) -> None:
        self._settlements = dict(desk.settlements)
        self._invoices = dict(desk.invoices)
        self._pending: dict[UUID, list[Any]] = {}

    def settlement(self, id: UUID) -> Settlement | None:
        """A receipt, None if it was never told of."""
        if facts := self._pending.pop(id, None):
            folded = project_settlement(self._settlements.get(id), facts)
            assert folded is not None
            self._settlements[id] = folded
        return self._settlements.get(id)

    def invoice(self, id: UUID) -> Invoice | None:
        """An invoice as far as paying it goes, None if there is none."""
        if facts := self._pending.pop(id, None):
            folded = project_invoice(self._invoices.get(id), facts)
            assert folded is not None
            self._invoices[id] = folded
        return self._invoices.get(id)

    def note(self, facts: Iterable[SettlementEvent | InvoiceEvent]) -> None:
        """Go on from these facts."""
        for fact in facts:
            self._pending.setdefault(fact.originator_id, []).append(fact)
