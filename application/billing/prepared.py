"""The facts of a plan's items, kept from the plan until they are recorded as they are (W2).

The plan decides by the code of the domain; what it decided depends on streams whose versions are checked
again, and on the day. Only the numbers of the boletos are put in when the run has its range.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import orjson

from application.app import StoredFact
from application.billing.plan_rows import DueItem
from application.event_store.canonical import canonical_json
from domain.boleto.numbering import BoletoNumbering
from domain.invoice.events import BoletoIssued
from domain.kernel import EVENT_TYPES

_NUMBERED = ("barcode", "linha_digitavel", "nosso_numero", "nosso_numero_digit")
"""What a boleto gets with its number, in the order of the canonical form."""

_MARKS = {name: f"#{name}#" for name in _NUMBERED}
_DIGITS = re.compile("|".join(_MARKS.values()).encode())
_TOPICS = {topic.encode(): topic for topic in EVENT_TYPES}
_BOLETO = f"{BoletoIssued.TOPIC} ".encode()


def pack(facts: Iterable[StoredFact], invoice_id: UUID) -> bytes:
    """The facts of one item in the order of their versions, which follow the item's own.

    Each is a line with its topic and a line with its state. That of a boleto is a form for bytes' `%`,
    open where the numbers go, and its first line also has what they are made from. A fact of another
    stream, a sale's, says in its first line which, and its version.
    """
    lines: list[bytes] = []
    for fact in facts:
        if fact.originator_id != invoice_id:
            head = f"{fact.topic} {fact.originator_id} {fact.originator_version}"
            lines += (head.encode(), fact.state)
        elif fact.topic == BoletoIssued.TOPIC:
            state = orjson.loads(fact.state)
            lines.append(f"{fact.topic} {state['due_on']} {state['amount']}".encode())
            form = canonical_json({**state, **_MARKS}).replace(b"%", b"%%")
            lines.append(_DIGITS.sub(b"%b", form))
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
        topic = _TOPICS.get(head)
        if topic is None:
            if not head.startswith(_BOLETO):
                facts.append(_elsewhere(head, state, now, company_id))
                continue
            topic, state = BoletoIssued.TOPIC, _numbered(state, numbering, number, *_terms(head))
            number += 1
        version += 1
        facts.append(StoredFact(item.invoice_id, version, topic, state, now, company_id))
    return facts


def _elsewhere(head: bytes, state: bytes, now: datetime, company_id: UUID) -> StoredFact:
    """The fact of a sale."""
    topic, _, place = head.decode().partition(" ")
    if topic not in EVENT_TYPES:
        raise KeyError(topic)
    stream, version = place.split(" ")
    return StoredFact(UUID(stream), int(version), topic, state, now, company_id)


@lru_cache(maxsize=16_384)
def _terms(head: bytes) -> tuple[date, Decimal]:
    """When a boleto falls due and over how much, which many have in common."""
    _, due_on, amount = head.decode().split(" ")
    return date.fromisoformat(due_on), Decimal(amount)


def _numbered(
    form: bytes, numbering: BoletoNumbering | None, number: int, due_on: date, amount: Decimal
) -> bytes:
    if numbering is None:
        raise KeyError(BoletoIssued.TOPIC)
    given = numbering.numbers(number, due_on, amount)
    return form % (
        given.barcode.encode(),
        given.linha_digitavel.encode(),
        given.nosso_numero.encode(),
        given.nosso_numero_digit.encode(),
    )
