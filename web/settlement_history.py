"""Words what became of a receipt, and in an invoice's history where a payment came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.app import RecordedEvent
from application.database import Database
from domain.invoice.events import InstallmentPaid
from domain.settlement import events as facts_of
from domain.values.ids import settlement_payment_id
from projections.invoice_history.query import HistoryFact
from projections.settlements.query import receipts_paying
from web import formats
from web.wording import settlements as words
from web.wording.entries import Change, Entry, Worded

type Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SettlementFact:
    """One stored fact of a receipt."""

    version: int
    topic: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    facts: Facts


def as_fact(recorded: RecordedEvent) -> SettlementFact:
    """A fact of the log; what is sealed stays so."""
    return SettlementFact(
        recorded.version,
        recorded.topic,
        recorded.occurred_at,
        recorded.recorded_at,
        recorded.actor,
        recorded.state,
    )


def settlement_history(facts: Iterable[SettlementFact], people: Callable[[str], str]) -> list[Entry]:
    """What became of a receipt, newest first."""
    entries = [
        Entry(each.version, each.occurred_at, each.recorded_at, people(each.actor), _worded(each))
        for each in facts
    ]
    return entries[::-1]


def receipt_words(
    database: Database, invoice_id: UUID, history: Sequence[HistoryFact]
) -> Callable[[str], Change | None]:
    """Which receipt a payment of the invoice is, in words and with its address; None for other payments."""
    paid = [
        UUID(each.facts["payment_id"])
        for each in history
        if each.topic == InstallmentPaid.TOPIC and each.facts["source"] == "settlement"
    ]
    told = receipts_paying(database, invoice_id, paid) if paid else []
    known = {
        str(settlement_payment_id(each.settlement_id, releases)): Change(
            "Origem",
            None,
            f"Recebido pela integração {each.source}, liquidação {each.reference}",
            f"/recebimentos?aba=todos&janela={each.settlement_id}",
        )
        for each in told
        for releases in range(each.version)
    }
    return known.get


def _worded(fact: SettlementFact) -> Worded:
    word = WORDINGS.get(fact.topic)
    return word(fact.facts) if word else Worded(fact.topic)


def _applied(facts: Facts) -> Worded:
    return Worded(
        "Recebido e identificado",
        f"Identificado {words.FOUND_BY[facts['found_by']]}.",
        (*_amount(facts), *_excess(facts)),
        "green",
    )


def _unidentified(facts: Facts) -> Worded:
    return Worded("Recebido, não identificado", f"{words.WHY[facts['why']]}.", _amount(facts), "orange")


def _identified(facts: Facts) -> Worded:
    return Worded("Identificado", f"Identificado {words.FOUND_BY[facts['by']]}.", _excess(facts), "green")


def _released(facts: Facts) -> Worded:
    text = "O pagamento foi estornado na fatura; o recebimento espera nova identificação."
    return Worded(words.RELEASED, text, (Change("Motivo", None, facts["reason"]),), "orange")


def _reversed(facts: Facts) -> Worded:
    changes = [Change("Motivo", None, facts["reason"])]
    if facts["reversed_on"]:
        changes.insert(0, Change("Data", None, formats.day(date.fromisoformat(facts["reversed_on"]))))
    return Worded("Devolvido", "O que ele pagava voltou a ser devido.", tuple(changes), "red")


def _voided(facts: Facts) -> Worded:
    return Worded("Recebimento sem efeito", f"{words.STATE_HELP['void']}", _amount(facts), "grey")


def _amount(facts: Facts) -> tuple[Change, ...]:
    paid_on = formats.day(date.fromisoformat(facts["paid_on"]))
    return Change("Valor", None, formats.money(Decimal(facts["amount"]))), Change("Pago em", None, paid_on)


def _excess(facts: Facts) -> tuple[Change, ...]:
    excess = Decimal(facts["excess"])
    return (Change("Recebido a mais", None, formats.money(excess)),) if excess else ()


WORDINGS: dict[str, Callable[[Facts], Worded]] = {
    facts_of.SettlementApplied.TOPIC: _applied,
    facts_of.SettlementUnidentified.TOPIC: _unidentified,
    facts_of.SettlementIdentified.TOPIC: _identified,
    facts_of.SettlementReleased.TOPIC: _released,
    facts_of.SettlementReversed.TOPIC: _reversed,
    facts_of.SettlementVoided.TOPIC: _voided,
}
