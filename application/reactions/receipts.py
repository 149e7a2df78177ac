"""Reaction: a receipt that came before its boleto is placed when the boleto is issued (V10 likewise)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from application.app import Context
from application.reactions.notice import Notice
from application.settlements.settlements import Settlements
from domain.invoice.events import BoletoIssued, DefinitiveValueSet, InvoiceOpened

_NOTICES = UUID("5b0c9f0e-7a3d-5b52-8f0e-2c6f1f7f0d11")


class PlaceReceipts:
    """Looks among the receipts that wait for those that name these invoices or their boletos."""

    name = "place_receipts"
    topics = frozenset({InvoiceOpened.TOPIC, BoletoIssued.TOPIC, DefinitiveValueSet.TOPIC})

    def __init__(self, settlements: Settlements) -> None:
        self._settlements = settlements

    def react(self, notices: Sequence[Notice]) -> None:
        """One look for all of them; a receipt that is placed already is left as it is."""
        invoices = list(dict.fromkeys(each.stream_id for each in notices))
        if invoices:
            context = Context(f"reaction:{self.name}", uuid5(_NOTICES, str(notices[0].event_id)))
            self._settlements.identify_matching(invoices, context)
