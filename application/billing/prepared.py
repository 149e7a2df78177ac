"""The facts of a plan's items, kept from the plan until they are recorded as they are (W2).

The plan decides by the code of the domain; what it decided depends on streams whose versions are checked
again, and on the day. Only the numbers of the boletos are put in when the run has its range.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import orjson

from application.app import StoredFact
from application.billing.plan_rows import DueItem
from application.event_store.canonical import canonical_json
from domain.boleto.numbering import BoletoNumbering, BoletoNumbers
from domain.invoice.events import BoletoIssued
from domain.kernel import EVENT_TYPES

_NUMBERED = ("nosso_numero", "nosso_numero_digit", "barcode", "linha_digitavel")
_MARKS = {name: f"#{name}#" for name in _NUMBERED}
_QUOTED = {name: orjson.dumps(mark) for name, mark in _MARKS.items()}


def pack(facts: Iterable[StoredFact]) -> bytes:
    """The facts of one item in the order of their versions, which follow the item's own.

    Each is a line with its topic and a line with its state, in which marks stand for the numbers of a
    boleto; its first line then also has what the numbers are made from.
    """
    lines: list[bytes] = []
    for fact in facts:
        if fact.topic == BoletoIssued.TOPIC:
            state = orjson.loads(fact.state)
            lines.append(f"{fact.topic} {state['due_on']} {state['amount']}".encode())
            lines.append(canonical_json({**state, **_MARKS}))
        else:
            lines += (fact.topic.encode(), fact.state)
    return b"\n".join(lines)


def unpack(
    item: DueItem, company_id: UUID, numbering: BoletoNumbering | None, first_number: int, now: datetime
) -> list[StoredFact]:
    """The facts of one item, numbered from `first_number` on, to be recorded now.

    `company_id` is the item's, the same object for all items of a company: the store writes what
    neighbours share only once. Raises what numbering raises, and KeyError for a fact of another release.
    """
    facts: list[StoredFact] = []
    lines = iter(item.facts.split(b"\n"))
    version, number = item.version, first_number
    for head, state in zip(lines, lines, strict=True):
        version += 1
        topic, *boleto = head.decode().split(" ")
        if boleto:
            assert numbering is not None
            due_on, amount = boleto
            state = _stamped(state, numbering.numbers(number, date.fromisoformat(due_on), Decimal(amount)))
            number += 1
        EVENT_TYPES[topic]
        facts.append(StoredFact(item.invoice_id, version, topic, state, now, company_id))
    return facts


def _stamped(state: bytes, numbers: BoletoNumbers) -> bytes:
    for name, quoted in _QUOTED.items():
        state = state.replace(quoted, b'"%b"' % getattr(numbers, name).encode())
    return state
