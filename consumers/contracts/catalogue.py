"""Every message that may come in, by its type: what it is, where it is expected, and under which key."""

from __future__ import annotations

from dataclasses import dataclass

from consumers.contracts import orders, settlements
from consumers.contracts.fields import IncomingPayload


@dataclass(frozen=True, slots=True)
class IncomingContract:
    """`key` says how senders are to key their records, so that what belongs together stays in order."""

    message_type: str
    topic: str
    title: str
    group: str
    key: str
    payload: type[IncomingPayload]


def _order(message_type: str, payload: type[IncomingPayload]) -> IncomingContract:
    key = "The order: <source>/<order>"
    return IncomingContract(message_type, orders.TOPIC, "Sales of other systems", orders.GROUP, key, payload)


def _settlement(message_type: str, payload: type[IncomingPayload]) -> IncomingContract:
    key = "The receipt: <source>/<settlement_id>"
    return IncomingContract(
        message_type, settlements.TOPIC, "Receipts, and what was taken back", settlements.GROUP, key, payload
    )


INCOMING = (
    _order(orders.PLACED, orders.OrderPlacedMessage),
    _order(orders.CANCELLED, orders.OrderCancelledMessage),
    _settlement(settlements.RECEIVED, settlements.SettlementReceivedMessage),
    _settlement(settlements.REVERSED, settlements.SettlementReversedMessage),
)
