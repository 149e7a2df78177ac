"""payments.settlements.v1: receipts and reversals of other systems, each applied once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from application.app import Context
from application.incoming.settling import Settle, context_of_message
from application.settlements.outcomes import Result
from application.settlements.received import SettlementReceived, SettlementTakenBack
from application.settlements.settlements import Settlements
from consumers.contracts.settlements import (
    GROUP,
    SETTLEMENT_EVENTS,
    TOPIC,
    Payer,
    SettlementReceivedMessage,
    SettlementReversedMessage,
)
from consumers.decoding import decoded
from consumers.handler import Incoming


class SettlementItem(NamedTuple):
    """A receipt or a reversal, and the context that its facts are recorded in."""

    told: SettlementReceived | SettlementTakenBack
    context: Context


class SettlementsHandler:
    """Hands receipts to their use case. One that nobody can place is no refusal: it waits as a receipt."""

    topic: ClassVar[str] = TOPIC
    group: ClassVar[str] = GROUP

    def __init__(self, settlements: Settlements) -> None:
        self._settlements = settlements

    def decode(self, message: Incoming) -> SettlementItem:
        """The receipt or reversal. Raises PoisonMessageError."""
        event = decoded(SETTLEMENT_EVENTS, message)
        context = context_of_message(TOPIC, f"{event.source}\0{event.id}")
        match event.data:
            case SettlementReceivedMessage() as said:
                return SettlementItem(_received(said), context)
            case SettlementReversedMessage() as said:
                return SettlementItem(_taken_back(said), context)

    def source_id(self, item: SettlementItem) -> str:
        """The receipt's number in its system; its reversal has the same."""
        return f"{item.told.source}/{item.told.settlement_id}"

    def apply(self, items: Sequence[SettlementItem], settle: Settle) -> None:
        """Apply the receipts; then look again for what those name that could not be placed."""
        contexts = [each.context for each in items]
        outcomes = self._settlements.apply([each.told for each in items], contexts, settle)
        waiting = [
            (outcome.settlement_id, context)
            for context, outcome in zip(contexts, outcomes, strict=True)
            if outcome.result is Result.UNIDENTIFIED and outcome.settlement_id is not None
        ]
        if waiting:
            self._settlements.reconsider([id for id, _ in waiting], [context for _, context in waiting])


_UNSAID = Payer()


def _received(said: SettlementReceivedMessage) -> SettlementReceived:
    payer = said.payer or _UNSAID
    return SettlementReceived(
        source=said.source,
        settlement_id=said.settlement_id,
        amount=said.amount,
        paid_on=said.paid_on,
        invoice_id=said.invoice_id,
        instalment=said.instalment,
        bank_code=said.bank_code,
        nosso_numero=said.nosso_numero,
        agreement=said.agreement,
        linha_digitavel=said.linha_digitavel,
        barcode=said.barcode,
        company=said.company_code or said.company_cnpj,
        account=said.account_code,
        credited_on=said.credited_on,
        method=said.payment_method,
        payer_name=payer.name,
        payer_document=payer.document,
        payer_text=payer.text,
    )


def _taken_back(said: SettlementReversedMessage) -> SettlementTakenBack:
    return SettlementTakenBack(
        source=said.source,
        settlement_id=said.settlement_id,
        reason=said.reason,
        reversed_on=said.reversed_on,
        amount=said.amount,
    )
