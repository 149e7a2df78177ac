"""The past: at any two times the listing and the histories are a full fold of what was there then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.app import Context, Lastro
from application.database import Database
from application.event_store.upcasters import UPCASTERS, Upcaster
from domain.invoice.events import InstallmentPaid, InvoiceEvent, PaymentReversed
from domain.invoice.invoice import project
from domain.kernel import DomainEvent
from projections.as_of import AsOf
from projections.builds import Promote
from projections.invoice_as_of.model import INVOICE_AS_OF
from projections.invoice_grid import query
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.rows import GridRow
from projections.invoice_history.query import history
from projections.rebuild.operations import rebuild
from projections.registry import projections
from projections.runner import Runner, catch_up
from tests.domain.invoice import facts
from tests.projections.histories import TODAY, lived
from tests.projections.rows import CONTEXT, fed, rows
from tests.projections.test_invoice_grid import expected
from tests.projections.test_runner import insert, opened
from tests.support.application import application_on
from tests.support.postgres import SCHEMA, Server

MONEY = (InstallmentPaid, PaymentReversed)


@dataclass(frozen=True)
class Known:
    """A fact, when it took effect, and the position with which its whole commit was known."""

    event: InvoiceEvent
    effect: datetime
    position: int


def told_late(events: list[DomainEvent], random: Random) -> list[DomainEvent]:
    """The same facts, where some clocks ran slow and some money was told days after it had come."""
    return [
        each.model_copy(update={"occurred_at": each.occurred_at - _late(each, random)})
        if random.random() < 0.4
        else each
        for each in events
    ]


def _late(event: DomainEvent, random: Random) -> timedelta:
    return timedelta(minutes=random.randint(1, 6_000 if isinstance(event, MONEY) else 200))


def recorded(lastro: Lastro, events: list[DomainEvent], random: Random) -> dict[UUID, list[Known]]:
    """Record them in commits of any size; what is known of each invoice, folded by hand."""
    streams: dict[UUID, list[Known]] = defaultdict(list)
    while events:
        size = random.choice((1, 1, 2, 3, 5, 30))
        commit, events = events[:size], events[size:]
        last = lastro.record_batch(Context("user:1", UUID(int=random.getrandbits(128))), commit)
        places = dict(
            zip((id(each) for each in commit), range(last - len(commit) + 1, last + 1), strict=True)
        )
        of_streams = sorted(commit, key=lambda each: (each.originator_id, each.originator_version))
        for stream, of_stream in groupby(of_streams, key=lambda each: each.originator_id):
            told: list[Any] = list(of_stream)
            position = max(places[id(each)] for each in told)
            for fact in told:
                if fact.TOPIC.startswith("invoice."):
                    streams[stream].append(Known(fact, _effect(fact, streams[stream]), position))
    return streams


def _effect(fact: InvoiceEvent, before: list[Known]) -> datetime:
    if not before:
        return fact.occurred_at
    if not isinstance(fact, MONEY):
        ours = [each.effect for each in before if not isinstance(each.event, MONEY)]
        return max(fact.occurred_at, *ours)
    since = [before[0].effect]
    if isinstance(fact, PaymentReversed):
        since += [
            each.effect
            for each in before
            if isinstance(each.event, InstallmentPaid) and each.event.payment_id == fact.payment_id
        ]
    return max(fact.occurred_at, *since)


def full_fold(told: list[Known], as_of: AsOf) -> list[InvoiceEvent]:
    return [
        each.event
        for each in told
        if each.effect <= as_of.happened and (as_of.known is None or each.position <= as_of.known)
    ]


def everything(as_of: AsOf) -> GridFilter:
    return GridFilter(
        start=date(2020, 1, 1), end=date(2035, 12, 31), today=TODAY, companies=None, as_of=as_of
    )


def listed(database: Database, filter: GridFilter) -> dict[UUID, GridRow]:
    found = query.page(database, filter, size=37)
    there = list(found.rows)
    while found.after is not None:
        found = query.page(database, filter, size=37, key=found.after)
        there += found.rows
    assert len({row.invoice_id for row in there}) == len(there)
    return {row.invoice_id: row for row in there}


def shown(row: GridRow, names: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name in names:
        value = getattr(row, name, None)
        plain[name] = str(value) if isinstance(value, UUID) else value
        if isinstance(value, date):
            plain[name] = value.isoformat()
    return plain


@contextmanager
def installation(server: Server, template: str) -> Iterator[Lastro]:
    """A database for one example."""
    with (
        server.fresh(template) as url,
        Database(url, SCHEMA, 4) as database,
        application_on(database) as made,
    ):
        yield made


def follow(lastro: Lastro) -> None:
    with lastro.database.autocommit() as connection:
        catch_up(connection, [Runner(model) for model in projections(lastro.keyring)])


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**9))
def test_at_any_two_times_the_listing_is_a_full_fold_of_what_had_happened_and_was_known(
    postgres_server: Server, template_database: str, seed: int
) -> None:
    random = Random(seed)
    with installation(postgres_server, template_database) as lastro:
        streams = recorded(lastro, told_late(lived(seed, 500, invoices=20).events, random), random)
        follow(lastro)
        effects = [each.effect for told in streams.values() for each in told]
        positions = [each.position for told in streams.values() for each in told]
        for _ in range(25):
            instant = random.choice(effects) - timedelta(microseconds=random.randint(0, 1))
            known = random.choice((None, random.randint(1, max(positions)), random.choice(positions)))
            agrees(lastro.database, streams, AsOf(instant, known), random)


def agrees(database: Database, streams: dict[UUID, list[Known]], as_of: AsOf, random: Random) -> None:
    listing = listed(database, everything(as_of))
    folded = {id: project(None, full_fold(told, as_of)) for id, told in streams.items()}
    there = {id: state for id, state in folded.items() if state is not None}
    assert listing.keys() == there.keys()
    for id, invoice in there.items():
        wanted = expected(invoice)
        number = wanted["nosso_numero"]
        wanted["nosso_numero"] = number and f"109/{number}-0"
        assert shown(listing[id], wanted) == wanted
    for id in random.sample(sorted(streams), 3):
        told = [fact.version for fact in history(database, id, as_of)]
        assert told == [each.originator_version for each in full_fold(streams[id], as_of)]


@pytest.mark.parametrize("seed", [3, 5])
def test_money_told_late_gives_the_same_rows_in_pages_of_any_size(
    lastro: Lastro, database: Database, seed: int
) -> None:
    random = Random(seed)
    recorded(lastro, told_late(lived(seed, 700).events, random), random)
    at_once = fed(database, INVOICE_AS_OF)
    assert {row["in_order"] for row in at_once["invoice_as_of"]} == {True, False}
    for version, page_size in ((2, 1), (3, 7), (4, 500)):
        assert fed(database, replace(INVOICE_AS_OF, version=version), page_size) == at_once


@pytest.mark.parametrize("page_size", [1, 10_000])
def test_a_stream_is_read_again_in_the_newest_form_of_its_facts(
    lastro: Lastro, database: Database, page_size: int
) -> None:
    UPCASTERS.register(
        Upcaster("invoice.billed.v0", "invoice.billed.v1", lambda state: {"billed_on": state["on"]})
    )
    try:
        lastro.record(CONTEXT, opened(1), opened(2))
        insert(database, UUID(int=1), 2, "invoice.billed.v0", {"on": "2026-11-04"})
        insert(database, UUID(int=1), 3, "invoice.documents_waived.v1", {"documents": ["email"]})
        states = fed(database, INVOICE_AS_OF, page_size)["invoice_as_of"]
    finally:
        UPCASTERS.forget("invoice.billed.v0")
    told = {(row["invoice_id"], row["version"]): row["billed_on"] for row in states}
    assert told[str(UUID(int=1)), 3] == "2026-11-04"
    assert told[str(UUID(int=1)), 1] is None


def test_of_an_invoice_one_state_at_most_is_in_force(lastro: Lastro, database: Database) -> None:
    """A payment told two days late, and reversed: before, between and after, by each of the two times."""
    start = facts.NOW
    born = facts.opened(id=UUID(int=9))
    state = project(None, [born])
    assert state is not None
    paid = state.pay(
        1,
        payment_id=UUID(int=1),
        paid_on=facts.TODAY,
        account_id=facts.ACCOUNT,
        amount=Decimal("30.00"),
        now=start + timedelta(days=2),
        today=facts.TODAY,
    )
    assert paid is not None
    moved = state.reschedule(1, facts.TODAY + timedelta(40), start + timedelta(days=4))
    assert moved is not None
    late = paid.model_copy(update={"originator_version": 3})
    places = [lastro.record(CONTEXT, each) for each in (born, moved, late)]
    follow(lastro)

    def shown_at(days: int, known: int | None) -> tuple[Decimal, date] | None:
        row = query.invoice(database, UUID(int=9), AsOf(start + timedelta(days=days), known))
        return None if row is None else (row.paid_amount, row.due_on)

    nothing, money = Decimal("0.00"), Decimal("30.00")
    due, later = born.instalments[0].due_on, moved.due_on
    assert shown_at(-1, None) is None
    assert shown_at(3, 0) is None
    assert shown_at(3, places[1]) == (nothing, due)
    assert shown_at(3, places[2]) == (money, due)
    assert shown_at(5, places[1]) == (nothing, later)
    assert shown_at(5, None) == (money, later)
    assert shown_at(1, None) == (nothing, due)


def test_money_told_late_is_the_same_in_a_load_of_whole_streams(lastro: Lastro, database: Database) -> None:
    random = Random(3)
    recorded(lastro, told_late(lived(3, 700).events, random), random)
    live = fed(database, INVOICE_AS_OF, 50)
    done = rebuild(database, INVOICE_AS_OF, "user:1", Promote.NO, range_events=60)
    assert done.comparison is not None
    assert done.comparison.equal
    with database.autocommit() as connection:
        assert rows(connection, replace(INVOICE_AS_OF, version=2)) == live
