"""Reaction: a receipt that came before its boleto, or with it, is placed (V10 likewise)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from application.app import Context
from application.reactions.notice import Notice
from application.settlements.settlements import Settlements
from domain.invoice.events import BoletoIssued, DefinitiveValueSet, InvoiceOpened
from domain.settlement.events import SettlementUnidentified

_NOTICES = UUID("5b0c9f0e-7a3d-5b52-8f0e-2c6f1f7f0d11")


class PlaceReceipts:
    """Looks among the receipts that wait for those that name these invoices or their boletos."""

    name = "place_receipts"
    topics = frozenset(
        {InvoiceOpened.TOPIC, BoletoIssued.TOPIC, DefinitiveValueSet.TOPIC, SettlementUnidentified.TOPIC}
    )

    def __init__(self, settlements: Settlements) -> None:
        self._settlements = settlements

    def react(self, notices: Sequence[Notice]) -> None:
        """One look for all of them; a receipt that is placed already is left as it is.

        A receipt is looked at itself, too: what it names may have been recorded while it was decided upon.
        """
        if not notices:
            return
        told = dict.fromkeys((each.stream_id, each.topic == SettlementUnidentified.TOPIC) for each in notices)
        receipts = [id for id, is_receipt in told if is_receipt]
        invoices = [id for id, is_receipt in told if not is_receipt]
        context = Context(f"reaction:{self.name}", uuid5(_NOTICES, str(notices[0].event_id)))
        if receipts:
            self._settlements.reconsider(receipts, context)
        if invoices:
            self._settlements.identify_matching(invoices, context)
