"""The check of completeness: nothing unaccounted for after a batch, and every planted gap found by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.completeness.audit import Completeness
from application.completeness.findings import Asked, Finding, Kind, Reason, Tally
from application.database import Database
from application.ports import ReadModelBehindError, ShownInvoice
from domain.calendar import add_months
from domain.contract import schedule
from domain.contract.contract import Contract
from domain.invoice.invoice import project as project_invoice
from domain.values.payment import ValueType
from tests.application.world import FactReadModels, World


@dataclass
class TrueListing:
    """The listing as the facts have it, less what a test takes out or alters."""

    lastro: Lastro
    missing: set[UUID] = field(default_factory=set)
    altered: dict[UUID, str] = field(default_factory=dict)
    behind: bool = False
    late: set[UUID] = field(default_factory=set)

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        self.late.clear()
        if self.behind:
            raise ReadModelBehindError

    def shown(self, invoice_ids: Sequence[UUID]) -> Mapping[UUID, ShownInvoice]:
        states = self.lastro.load_many(project_invoice, invoice_ids)
        return {
            id: ShownInvoice(
                self.altered.get(id, state.situacao().value), state.version - (1 if id in self.late else 0)
            )
            for id, state in states.items()
            if id not in self.missing
        }


@dataclass
class Audit:
    """The check on a world, and what it found."""

    world: World
    listing: TrueListing
    findings: list[Finding] = field(default_factory=list)

    def run(self, until: date | None = None, companies: tuple[UUID, ...] | None = None) -> Tally:
        self.findings.clear()
        today = self.world.now.date()
        asked = Asked(until=until or today, today=today, companies=companies)
        database = self.world.lastro.database
        audit = Completeness(
            self.world.lastro, lambda: self.world.now, self.listing, FactReadModels(database)
        )
        return audit.run(asked, self.findings.append)

    def found(self, kind: Kind | None = None) -> list[tuple[Reason, int | None]]:
        return [(each.reason, each.ordinal) for each in self.findings if kind in (None, each.kind)]

    def gaps(self) -> list[tuple[Reason, int | None]]:
        return self.found(Kind.GAP)


@pytest.fixture
def audit(world: World) -> Audit:
    return Audit(world, TrueListing(world.lastro))


@contextmanager
def untriggered(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A copy of the log may be cut by whoever owns it."""
    with database.connection() as connection:
        connection.execute("ALTER TABLE event DISABLE TRIGGER ALL")
        yield connection
        connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_kept")


def cut(database: Database, where: str, *values: object) -> None:
    with untriggered(database) as connection:
        query = f"DELETE FROM event WHERE {where}"
        assert connection.execute(query.encode(), values).rowcount > 0


def bill(world: World, invoices: Sequence[UUID]) -> None:
    world.commands.invoices.bill_now(SYSTEM, invoices)


def test_after_a_batch_nothing_is_unaccounted_for(world: World, audit: Audit) -> None:
    first, second = world.sign("K1"), world.sign("K2", customer=1, instalment_count=None)
    world.now += timedelta(days=45)
    bill(world, [*first[:2], *second[:2]])
    tally = audit.run()
    assert (tally.contracts, tally.expected, tally.billed, tally.is_complete) == (2, 4, 4, True)
    assert audit.found() == []
    assert tally.position == world.lastro.safe_position()
    assert tally.events > 20


def test_what_waits_is_told_apart_and_why(world: World, audit: Audit) -> None:
    world.sign("PEND")
    world.sign("VAR", variable=True)
    (failed, *_) = world.sign("ERRO", items=(world.item(world.uncoded),))
    bill(world, [failed])
    (gone, *_) = world.sign("CANC")
    world.commands.invoices.cancel(SYSTEM, gone, "não devida", frees_period=False)
    tally = audit.run(until=date(2026, 3, 10))
    by_code = {each.contract_code: (each.kind, each.reason, each.detail) for each in audit.findings}
    assert by_code == {
        "PEND": (Kind.EXPLAINED, Reason.AWAITING_PERSON, ""),
        "VAR": (Kind.EXPLAINED, Reason.VALUE_PENDING, ""),
        "ERRO": (Kind.EXPLAINED, Reason.ERROR, "nfse"),
        "CANC": (Kind.EXPLAINED, Reason.CANCELLED, ""),
    }
    assert tally.amounts[Kind.EXPLAINED, Reason.ERROR] == Decimal("150.00")
    assert tally.is_complete


def test_what_nobody_billed_in_time_is_a_gap(world: World, audit: Audit) -> None:
    world.sign("K1")
    world.now = world.now.replace(day=13)
    assert audit.run().is_complete
    world.now = world.now.replace(day=14)
    assert not audit.run().is_complete
    assert audit.gaps() == [(Reason.NOT_BILLED, 1)]


def test_automatic_billing_is_waited_for(world: World, audit: Audit) -> None:
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    world.sign("K1")
    audit.run(until=date(2026, 3, 10))
    assert audit.found() == [(Reason.AWAITING_RUN, 1)]


def test_a_moved_due_date_is_a_reason(world: World, audit: Audit) -> None:
    (first, *_) = world.sign("K1")
    world.commands.invoices.reschedule(SYSTEM, first, 1, date(2026, 3, 25))
    audit.run(until=date(2026, 3, 10))
    assert audit.found() == [(Reason.RESCHEDULED, 1)]
    assert audit.findings[0].due_on == date(2026, 3, 25)


def test_periods_left_out_and_after_the_end_are_explained(world: World, audit: Audit) -> None:
    start = date(2025, 12, 1)
    kept = world.sign(
        "RETRO",
        starts_on=start,
        first_due_on=date(2025, 12, 10),
        retroactive="from_today",
        instalment_count=6,
    )
    bill(world, kept[:1])
    done = world.commands.contracts.sign(SYSTEM, world.form("FIM"))
    world.commands.contracts.end(SYSTEM, done.id, date(2026, 3, 20), "mudou")
    bill(world, world.invoices_of(done.id)[:1])
    world.now = world.now.replace(day=12)
    tally = audit.run(until=date(2026, 5, 10))
    found = {(each.contract_code, each.reason): each.ordinal for each in audit.findings}
    assert audit.gaps() == []
    assert {key for key in found if key[1] in (Reason.LEFT_OUT, Reason.CONTRACT_ENDED)} == {
        ("RETRO", Reason.LEFT_OUT),
        ("FIM", Reason.CONTRACT_ENDED),
    }
    assert tally.outside == 5
    assert tally.expected == tally.billed + tally.waiting
    assert [each.ordinal for each in audit.findings if each.reason is Reason.LEFT_OUT] == [1, 2, 3]
    assert [each.ordinal for each in audit.findings if each.reason is Reason.CONTRACT_ENDED] == [2, 3]


def test_what_lies_beyond_the_horizon_is_not_missing(world: World, audit: Audit) -> None:
    world.sign("K1", instalment_count=None)
    audit.run(until=date(2027, 6, 30))
    assert audit.gaps() == []
    ordinals = [each.ordinal for each in audit.findings if each.reason is Reason.BEYOND_HORIZON]
    assert ordinals == [13, 14, 15, 16]


def test_a_horizon_that_is_not_topped_up_yet_is_waited_for(world: World, audit: Audit) -> None:
    (first, *_) = world.sign("K1", instalment_count=None, due_day=3, first_due_on=date(2026, 3, 3))
    bill(world, world.invoices_of(world.invoice(first).contract_id or UUID(int=0)))
    world.now = world.now.replace(day=6)
    audit.run(until=date(2027, 3, 31))
    assert audit.found() == [(Reason.BEYOND_HORIZON, 13)]
    world.now = world.now.replace(day=7)
    audit.run(until=date(2027, 3, 31))
    assert audit.found() == [(Reason.NOT_GENERATED, 13)]


@pytest.mark.parametrize("ordinal", [1, 2, 3])
def test_a_generation_cut_out_of_the_log_is_found(
    world: World, audit: Audit, database: Database, ordinal: int
) -> None:
    bill(world, world.sign("K1"))
    bill(world, world.sign("K2"))
    cut(
        database,
        "topic = 'contract.installment_generated.v1' AND (state->>'ordinal')::int = %s AND stream_id ="
        " (SELECT stream_id FROM event WHERE topic = 'contract.signed.v1' AND state->>'code' = 'K2')",
        ordinal,
    )
    assert not audit.run(until=date(2026, 5, 10)).is_complete
    cuts = [] if ordinal == 3 else [(Reason.STREAM_CUT, None)]
    expected = [*cuts, (Reason.INVOICE_UNCLAIMED, ordinal), (Reason.NOT_GENERATED, ordinal)]
    assert audit.gaps() == expected
    assert {each.contract_code for each in audit.findings if each.ordinal} == {"K2"}


def test_an_invoice_lost_from_the_log_is_found(world: World, audit: Audit, database: Database) -> None:
    invoices = world.sign("K1")
    bill(world, invoices)
    cut(database, "stream_id = %s", invoices[1])
    audit.run(until=date(2026, 5, 10))
    assert audit.gaps() == [(Reason.INVOICE_MISSING, 2)]
    assert audit.findings[0].invoice_id == invoices[1]


@pytest.mark.parametrize(
    ("topic", "gaps"),
    [
        ("invoice.opened.v1", [(Reason.STREAM_CUT, None), (Reason.INVOICE_MISSING, 1)]),
        ("invoice.billing_requested.v1", [(Reason.STREAM_CUT, None)]),
        ("invoice.billed.v1", [(Reason.BILLING_CUT, 1)]),
    ],
)
def test_a_fact_lost_from_an_invoice_is_found(
    world: World, audit: Audit, database: Database, topic: str, gaps: list[Any]
) -> None:
    (first, *_) = world.sign("K1")
    bill(world, [first])
    cut(database, "stream_id = %s AND topic = %s", first, topic)
    assert not audit.run(until=date(2026, 3, 10)).is_complete
    assert audit.gaps() == gaps


def test_a_contract_lost_from_the_log_is_found(world: World, audit: Audit, database: Database) -> None:
    world.sign("K1")
    cut(database, "topic LIKE 'contract.%%' AND %s", True)
    audit.run()
    assert audit.gaps() == [(Reason.CONTRACT_MISSING, None)]
    assert audit.findings[0].company_id == world.company


def test_the_first_fact_of_a_contract_lost_is_found(world: World, audit: Audit, database: Database) -> None:
    world.sign("K1")
    cut(database, "topic = 'contract.signed.v1' AND %s", True)
    audit.run()
    assert audit.gaps() == [(Reason.STREAM_CUT, None), (Reason.CONTRACT_MISSING, None)]


def test_a_period_that_a_bug_skips_is_found(
    world: World, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = Contract._lacking
    monkeypatch.setattr(
        Contract, "_lacking", lambda self, today: [each for each in lacking(self, today) if each != 14]
    )
    invoices = world.sign("K1", instalment_count=None)
    world.now = world.now.replace(month=6)
    contract = world.invoice(invoices[0]).contract_id
    assert contract is not None
    world.commands.contracts.top_up(SYSTEM, [contract])
    bill(world, world.invoices_of(contract))
    audit.run(until=date(2027, 5, 31))
    assert audit.gaps() == [(Reason.NOT_GENERATED, 14)]


def test_a_horizon_that_shrank_is_found(world: World, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "horizon_until", lambda terms, today: add_months(today, 6))
    world.sign("K1", instalment_count=None)
    audit.run(until=date(2026, 12, 31))
    assert audit.gaps() == [(Reason.NOT_GENERATED, ordinal) for ordinal in (7, 8, 9, 10)]


def test_a_freed_period_that_was_not_generated_again_is_found(
    world: World, audit: Audit, database: Database
) -> None:
    (first, *_) = world.sign("K1")
    world.commands.invoices.cancel(SYSTEM, first, "erro nosso", frees_period=True)
    bill(world, world.invoices_of(world.invoice(first).contract_id or UUID(int=0))[:2])
    audit.run(until=date(2026, 3, 10))
    assert audit.gaps() == []
    cut(database, "topic = 'contract.installment_generated.v1' AND (state->>'attempt')::int = 2 AND %s", True)
    audit.run(until=date(2026, 3, 10))
    assert (Reason.NOT_REGENERATED, 1) in audit.gaps()


def test_two_live_invoices_of_one_period_are_found(world: World, audit: Audit, database: Database) -> None:
    (first, *_) = world.sign("K1")
    world.commands.invoices.cancel(SYSTEM, first, "erro nosso", frees_period=True)
    cut(database, "stream_id = %s AND topic = 'invoice.cancelled.v1'", first)
    audit.run(until=date(2026, 3, 10))
    assert audit.gaps() == [(Reason.DUPLICATED, 1)]
    assert str(first) in audit.findings[0].detail


def test_a_single_nota_s_periods_are_each_accounted_for(world: World, audit: Audit) -> None:
    (invoice,) = world.sign("K1", value_type=ValueType.SPLIT, nfse="single", instalment_count=3)
    audit.run(until=date(2026, 4, 10))
    assert audit.found() == [(Reason.AWAITING_PERSON, 1), (Reason.AWAITING_PERSON, 2)]
    bill(world, [invoice])
    tally = audit.run(until=date(2026, 4, 10))
    assert (audit.found(), tally.billed) == ([], 2)


def test_a_revised_contract_is_expected_by_its_new_terms(world: World, audit: Audit) -> None:
    done = world.commands.contracts.sign(SYSTEM, world.form("K1"))
    world.commands.contracts.revise(SYSTEM, done.id, world.terms(due_day=25), date(2026, 4, 1))
    audit.run(until=date(2026, 4, 20))
    assert [each.ordinal for each in audit.findings] == [1]
    audit.run(until=date(2026, 4, 25))
    assert [each.ordinal for each in audit.findings] == [1, 2]


def test_only_the_companies_asked_for_are_checked(world: World, audit: Audit) -> None:
    world.sign("K1")
    other = world.add_company("OUTRA", "19131243000197")
    assert audit.run(companies=(other,)).contracts == 0
    assert audit.run(companies=(world.company,)).contracts == 1


def test_a_hole_in_what_belongs_to_no_company_is_told_to_whoever_sees_all(
    world: World, audit: Audit, database: Database
) -> None:
    """Whoever audits some companies would count a gap that no list of theirs shows."""
    cut(database, "topic = 'customer.registered.v1' AND stream_id = %s", world.customers[0])
    with database.autocommit() as connection:
        held = connection.execute("SELECT FROM event WHERE stream_id = %s", [world.customers[0]]).rowcount
    assert held > 0
    audit.run()
    assert audit.gaps() == [(Reason.STREAM_CUT, None)]
    assert audit.run(companies=(world.company,)).is_complete
    assert audit.gaps() == []


def test_rows_that_are_not_there_or_say_otherwise_are_a_kind_of_their_own(world: World, audit: Audit) -> None:
    first, second, third = world.sign("K1")
    bill(world, [first, second, third])
    audit.listing.missing.add(first)
    audit.listing.altered[second] = "pending"
    audit.listing.late.add(third)
    tally = audit.run(until=date(2026, 5, 10))
    found = {each.invoice_id: (each.kind, each.reason) for each in audit.findings}
    assert found == {
        first: (Kind.READ_MODEL, Reason.ROW_MISSING),
        second: (Kind.READ_MODEL, Reason.ROW_DIFFERS),
    }
    assert not tally.is_complete
    assert tally.of(Kind.GAP) == 0


def test_a_listing_that_never_catches_up_is_told(world: World, audit: Audit) -> None:
    (first, *_) = world.sign("K1")
    audit.listing.behind = True
    audit.listing.missing.add(first)
    audit.run()
    assert [each.reason for each in audit.findings if each.kind is Kind.READ_MODEL] == [Reason.LISTING_BEHIND]


def test_nobody_s_key_is_read(world: World, audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    invoices = world.sign("K1", notes="fala com a Dona Ana")
    bill(world, invoices)
    audit.listing.shown = lambda ids: {}  # type: ignore[method-assign,assignment]
    monkeypatch.setattr(world.lastro.keyring, "find", lambda subjects: pytest.fail("a key was read"))
    assert audit.run(until=date(2026, 5, 10)).billed == 3
