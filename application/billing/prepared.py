"""The facts of a plan's items, kept from the plan until they are recorded as they are (W2).

The plan decides by the code of the domain; what it decided depends on streams whose versions are checked
again, and on the day. Only the numbers of the boletos are put in when the run has its range.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from application.app import StoredFact
from application.billing.plan_rows import DueItem
from application.event_store.canonical import canonical_json
from domain.boleto.numbering import BoletoNumbering
from domain.invoice.events import BoletoIssued
from domain.kernel import EVENT_TYPES


def pack(facts: Iterable[StoredFact]) -> bytes:
    """The facts of one item in the order of their versions, which follow the item's own."""
    return orjson.dumps([[fact.topic, orjson.Fragment(fact.state)] for fact in facts])


def unpack(
    item: DueItem, company_id: UUID, numbering: BoletoNumbering | None, first_number: int, now: datetime
) -> list[StoredFact]:
    """The facts of one item, numbered from `first_number` on, to be recorded now.

    `company_id` is the item's, the same object for all items of a company: the store writes what
    neighbours share only once.

    Raises what numbering raises, and KeyError for a fact of another release than this.
    """
    facts: list[StoredFact] = []
    version, number = item.version, first_number
    for topic, state in orjson.loads(item.facts):
        version += 1
        if topic == BoletoIssued.TOPIC:
            assert numbering is not None
            _stamp(state, numbering, number)
            number += 1
        else:
            EVENT_TYPES[topic]
        facts.append(StoredFact(item.invoice_id, version, topic, canonical_json(state), now, company_id))
    return facts


def _stamp(state: dict[str, Any], numbering: BoletoNumbering, number: int) -> None:
    numbers = numbering.numbers(number, date.fromisoformat(state["due_on"]), Decimal(state["amount"]))
    state["nosso_numero"] = numbers.nosso_numero
    state["nosso_numero_digit"] = numbers.nosso_numero_digit
    state["barcode"] = numbers.barcode
    state["linha_digitavel"] = numbers.linha_digitavel
