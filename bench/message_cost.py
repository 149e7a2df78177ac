"""What it costs to make a public message of a fact, against writing the same message as bare JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from application.event_store.plans import plan_of
from application.event_store.reading import RecordedEvent
from application.ids import new_id
from bench import invoice_facts as facts
from bench.rows import Row
from domain.invoice.events import InvoiceBilled
from domain.kernel import HEADER_FIELDS, DomainEvent, Header
from producers.messages.catalogue import messages_of

_NOW = datetime(2026, 11, 3, 12, 30, 0, 123456, tzinfo=UTC)
_DAY = date(2026, 11, 10)
_MOST_MICROSECONDS = 25.0
_BEST_OF = 5


def run(scale: str) -> list[Row]:
    """The life of an invoice, fact by fact, again and again in one process; the best of a few rounds."""
    times = 2_000 if scale == "small" else 20_000
    events = _life()
    values = [message.value for event in events for message in messages_of(event)]
    parsed = [orjson.loads(value) for value in values if value is not None]
    made = _microseconds(lambda: _make(events), times, len(events))
    bare = _microseconds(lambda: _dump(parsed), times, len(parsed))
    note = f"{made:.1f} µs a fact, at most {_MOST_MICROSECONDS:.0f} wanted; its bare JSON {bare:.1f}"
    return [Row("message_cost", made / bare, None, "lower", note)]


def _make(events: Sequence[RecordedEvent]) -> None:
    for event in events:
        messages_of(event)


def _dump(parsed: Sequence[Any]) -> None:
    for each in parsed:
        orjson.dumps(each)


def _microseconds(work: Callable[[], None], times: int, each: int) -> float:
    best = float("inf")
    for _ in range(_BEST_OF):
        start = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - start)
    return best / times / each * 1e6


def _life() -> list[RecordedEvent]:
    invoice, customer, account = (UUID(str(new_id())) for _ in range(3))

    def header(version: int) -> Header:
        return Header(originator_id=invoice, originator_version=version, occurred_at=_NOW, company_id=account)

    lived = (
        facts.opened(header(1), customer, account, _DAY),
        facts.requested(header(2), account),
        facts.numbered(header(3), customer, account, _DAY),
        InvoiceBilled(**header(4), billed_on=_DAY),
        facts.paid(header(5), account, _DAY),
    )
    return [_recorded(event) for event in lived]


def _recorded(event: DomainEvent) -> RecordedEvent:
    return RecordedEvent(
        position=184_467,
        stream_id=event.originator_id,
        version=event.originator_version,
        topic=plan_of(type(event)).topic,
        state=event.model_dump(mode="json", exclude=set(HEADER_FIELDS)),
        event_id=UUID(str(new_id())),
        company_id=event.company_id,
        actor="bench",
        occurred_at=_NOW,
        recorded_at=_NOW,
        correlation_id=event.originator_id,
        causation_id=None,
        release="bench",
        digest=b"",
    )
