"""What an auditor finds is what a look at every fact of the log finds, whatever is asked, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from application.app import Context, Lastro, RecordedEvent
from application.database import Database
from application.event_store.public import PublicEvent
from projections.audit import blocks, query
from projections.audit.model import AUDIT
from projections.audit.query import AuditFilter, audit_page
from projections.runner import Runner, catch_up
from tests.contracts.test_events import PUBLISHED
from tests.projections.histories import lived

_FACTS = 900


def record(lastro: Lastro, seed: int) -> None:
    """A history in commits of several sizes, each with its actor and its correlation."""
    random = Random(seed)
    events = list(lived(seed, _FACTS).events)
    while events:
        size = random.choice((1, 2, 3, 30))
        context = Context(f"user:{UUID(int=random.randint(1, 4))}", UUID(int=random.randint(1, 60)))
        lastro.record_batch(context, events[:size])
        del events[:size]


@pytest.fixture
def log(lastro: Lastro, database: Database) -> list[RecordedEvent]:
    record(lastro, 3)
    with database.autocommit() as connection:
        catch_up(connection, [Runner(AUDIT)])
    return lastro.read(0, 10_000)


def customers_of(log: list[RecordedEvent]) -> dict[UUID, UUID]:
    """Of each stream, whom its first fact names, or the customer that it is."""
    found: dict[UUID, UUID] = {}
    for event in log:
        if event.topic.startswith("customer."):
            found[event.stream_id] = event.stream_id
        elif "customer_id" in event.state:
            found.setdefault(event.stream_id, UUID(event.state["customer_id"]))
    return found


def amounts_of(event: RecordedEvent) -> set[Decimal]:
    """The amounts that a fact states of itself: its own, those of its instalments and their total."""
    instalments = [Decimal(each["amount"]) for each in event.state.get("instalments", ())]
    own = event.state.get("amount")
    total = [sum(instalments, Decimal(0))] if instalments else []
    return {*instalments, *total, *([Decimal(own)] if own else [])}


def meant(log: list[RecordedEvent], asked: AuditFilter, visible: frozenset[UUID] | None) -> list[int]:
    """The positions that a look at every fact finds."""
    customers = customers_of(log)
    tests: list[Callable[[RecordedEvent], bool]] = [
        lambda e: visible is None or e.company_id in visible,
        lambda e: asked.streams is None or e.stream_id in asked.streams,
        lambda e: not asked.companies or e.company_id in asked.companies,
        lambda e: not asked.actors or e.actor in asked.actors,
        lambda e: not asked.topics or e.topic in asked.topics,
        lambda e: asked.correlation_id in (None, e.correlation_id),
        lambda e: asked.customer_id in (None, customers.get(e.stream_id)),
        lambda e: asked.amount is None or asked.amount in amounts_of(e),
        lambda e: asked.occurred_from is None or e.occurred_at >= asked.occurred_from,
        lambda e: asked.occurred_until is None or e.occurred_at < asked.occurred_until,
        lambda e: asked.recorded_from is None or e.recorded_at >= asked.recorded_from,
        lambda e: asked.recorded_until is None or e.recorded_at < asked.recorded_until,
    ]
    return [event.position for event in log if all(test(event) for test in tests)]


def walked(
    database: Database, asked: AuditFilter, visible: frozenset[UUID] | None, limit: int, *, oldest_first: bool
) -> list[PublicEvent]:
    """Every page of an answer."""
    found: list[PublicEvent] = []
    after: int | None = None
    while True:
        page = audit_page(database, asked, visible, after=after, limit=limit, oldest_first=oldest_first)
        assert len(page.events) <= limit
        found += page.events
        if page.next is None:
            return found
        assert after is None or (page.next > after if oldest_first else page.next < after)
        after = page.next


def questions(log: list[RecordedEvent], random: Random) -> AuditFilter:
    """Some of what can be asked at once, each taken from a fact of the log."""
    customers = sorted(set(customers_of(log).values()))

    def some() -> RecordedEvent:
        return random.choice(log)

    times = sorted((some().occurred_at, some().occurred_at + timedelta(microseconds=1)))
    recorded = sorted((some().recorded_at, some().recorded_at + timedelta(microseconds=1)))
    amounts = sorted({amount for event in log for amount in amounts_of(event)})
    parts: dict[str, Any] = {
        "streams": tuple({some().stream_id for _ in range(random.randint(1, 3))}),
        "companies": tuple({company for _ in range(2) if (company := some().company_id)}),
        "actors": tuple({some().actor for _ in range(random.randint(1, 2))}),
        "topics": tuple({some().topic for _ in range(random.randint(1, 4))}),
        "correlation_id": some().correlation_id,
        "customer_id": random.choice(customers),
        "amount": random.choice(amounts),
        "occurred_from": times[0],
        "occurred_until": times[1],
        "recorded_from": recorded[0],
        "recorded_until": recorded[1],
    }
    asked = random.sample(sorted(parts), random.choice((0, 1, 1, 2, 2, 3)))
    return AuditFilter(**{name: parts[name] for name in asked})


def test_every_combination_finds_what_a_look_at_every_fact_finds(
    log: list[RecordedEvent], database: Database
) -> None:
    random = Random(7)
    companies = sorted({event.company_id for event in log if event.company_id})
    hits = 0
    for _ in range(80):
        asked = questions(log, random)
        visible = random.choice((None, None, frozenset(companies[:1])))
        expected = meant(log, asked, visible)
        oldest_first = random.random() < 0.4
        found = walked(database, asked, visible, random.choice((1, 7, 50)), oldest_first=oldest_first)
        assert [event.position for event in found] == (expected if oldest_first else expected[::-1]), asked
        hits += bool(expected)
    assert hits > 30


def test_a_page_costs_a_bounded_amount_and_says_how_far_it_looked(
    log: list[RecordedEvent], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_MOST_CHECKED", 30)
    monkeypatch.setattr(query, "_RANGE", 10)
    first_hour = min(event.occurred_at for event in log) + timedelta(hours=1)
    rare = AuditFilter(occurred_until=first_hour)
    first = audit_page(database, rare, None, limit=50)
    assert first.next is not None
    assert first.looked_until is not None
    found = walked(database, rare, None, 50, oldest_first=False)
    assert [event.position for event in found] == meant(log, rare, None)[::-1]


def test_many_frequent_keys_are_walked_block_by_block(
    log: list[RecordedEvent], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_FIRST_STRETCH", 1)
    monkeypatch.setattr(blocks, "_LONGEST_STRETCH", 2)
    asked = AuditFilter(topics=tuple(sorted({event.topic for event in log}))[:9])
    for oldest_first in (True, False):
        found = [each.position for each in walked(database, asked, None, 13, oldest_first=oldest_first)]
        assert sorted(found) == meant(log, asked, None)


def test_no_answer_shows_what_is_personal(log: list[RecordedEvent], database: Database) -> None:
    found = walked(database, AuditFilter(), None, 200, oldest_first=True)
    assert len(found) == len(log)
    assert "s1:" not in str([event.data for event in found])
    people = [event.data for event in found if event.topic.startswith(("customer.", "contract.", "invoice."))]
    assert not any(name in data for data in people for name in ("name", "document", "payer", "notes"))


def test_what_is_of_no_company_is_for_those_who_see_every_one(
    log: list[RecordedEvent], database: Database
) -> None:
    companies = frozenset({event.company_id for event in log if event.company_id})
    found = walked(database, AuditFilter(), companies, 200, oldest_first=True)
    assert [each.position for each in found] == [e.position for e in log if e.company_id is not None]
    assert walked(database, AuditFilter(), frozenset(), 50, oldest_first=True) == []


def test_a_chosen_company_out_of_sight_is_as_empty_as_one_that_is_not_there(
    log: list[RecordedEvent], database: Database
) -> None:
    first, second = sorted({event.company_id for event in log if event.company_id})[:2]
    asked = AuditFilter(companies=(second,))
    assert audit_page(database, asked, frozenset({first})).events == ()
    assert audit_page(database, asked, None).events != ()


def test_every_fact_of_the_product_can_be_found() -> None:
    assert set(AUDIT.topics) == PUBLISHED
