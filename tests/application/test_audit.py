"""A fact opened for an auditor: its seal is the recorded one, and the difference is the aggregate's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from application.access import SYSTEM, Principal
from application.app import Lastro, NotFoundError
from application.audit import Auditing, digest_of
from application.audit_folds import Difference, differences
from application.audit_outputs import csv_line
from application.clock import utc_now
from application.lookups import Lookups
from domain.kernel import Aggregate
from domain.user.events import Grant
from domain.user.roles import Role
from tests.application.world import World
from tests.support.application import MASTER_KEY


class Part(BaseModel):
    name: str
    amounts: tuple[int, ...] = ()


class Whole(Aggregate):
    parts: tuple[Part, ...] = ()
    marks: frozenset[int] = frozenset()
    table: Mapping[str, int] = {}
    on: bool = False


def whole(**values: Any) -> Whole:
    return Whole(id=UUID(int=1), version=1, **values)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (whole(), whole(), ()),
        (whole(), whole(on=True), ((("on",), False, True),)),
        (whole(), whole(marks=frozenset({3, 1})), ((("marks",), None, [1, 3]),)),
        (whole(table={"a": 1}), whole(table={"a": 2}), ((("table", "a"), 1, 2),)),
        (whole(), whole(parts=(Part(name="x"),)), ((("parts", "1", "name"), None, "x"),)),
        (whole(parts=(Part(name="x"),)), whole(), ((("parts", "1", "name"), "x", None),)),
        (
            whole(parts=(Part(name="x", amounts=(1,)),)),
            whole(parts=(Part(name="x", amounts=(1, 2)),)),
            ((("parts", "1", "amounts"), (1,), (1, 2)),),
        ),
    ],
)
def test_only_what_differs_is_told(before: Whole | None, after: Whole, expected: tuple[Any, ...]) -> None:
    assert differences(before, after) == tuple(Difference(*each) for each in expected)


def test_every_stored_fact_has_the_digest_that_is_computed_for_it(lastro: Lastro) -> None:
    world = World(lastro, utc_now())
    invoices = world.sign("CT-1", 0)
    world.commands.invoices.bill_now(SYSTEM, invoices[:1])
    log = lastro.read(0, 1_000)
    assert len(log) > 15
    assert [event.position for event in log if digest_of(event) != event.digest] == []


def test_what_stands_alone_and_what_is_numbered_opens_too(lastro: Lastro) -> None:
    world = World(lastro, utc_now())
    for number in range(3):
        world.commands.invoices.bill_now(SYSTEM, world.sign(f"CT-{number}", 0)[:1])
    auditing = Auditing(lastro, Lookups(lastro.database, MASTER_KEY.derived("lookup")), utc_now)
    reserved = lastro.read(0, 1_000, ["numbering.reserved.v1"])[-1]
    opened = auditing.open(SYSTEM, reserved.event_id)
    assert opened.sound
    assert opened.changes is not None
    (change,) = opened.changes
    assert change.path == ("next_number",)
    assert isinstance(change.after, int)
    assert isinstance(change.before, int)
    assert change.after == change.before + 1


def test_reading_personal_data_takes_its_own_permission(lastro: Lastro) -> None:
    world = World(lastro, utc_now())
    auditing = Auditing(lastro, Lookups(lastro.database, MASTER_KEY.derived("lookup")), utc_now)
    registered = lastro.read(0, 1_000, ["customer.registered.v1"])[0]
    local = Principal(None, "local", (Grant(role=Role.AUDITOR, companies=(world.company,)),))
    with pytest.raises(NotFoundError):
        auditing.show_personal(local, registered.event_id, "page", "")
    assert auditing.personal_of(SYSTEM, [], "api", "") == {}
    assert lastro.read(0, 1_000, ["personal_data.read.v1"]) == []


def test_the_record_names_every_fact_whose_words_were_shown_the_values_before_too(lastro: Lastro) -> None:
    world = World(lastro, utc_now())
    auditing = Auditing(lastro, Lookups(lastro.database, MASTER_KEY.derived("lookup")), utc_now)
    customer = world.customers[0]
    for name in ("Ana Lima", "Ana Souza"):
        world.commands.customers.correct_name(SYSTEM, customer, name, None)
    corrections = lastro.read(0, 1_000, ["customer.name_corrected.v1"])
    registered = lastro.read(0, 1_000, ["customer.registered.v1"])[0]

    opened = auditing.show_personal(SYSTEM, corrections[1].event_id, "page", "")
    assert opened.changes == (Difference(("name",), "Ana Lima", "Ana Souza"),)
    auditing.show_personal(SYSTEM, corrections[0].event_id, "page", "")
    auditing.show_personal(SYSTEM, registered.event_id, "page", "")

    readings = lastro.read(0, 1_000, ["personal_data.read.v1"])
    assert {reading.state["subject_id"] for reading in readings} == {str(customer)}
    assert [reading.state["event_ids"] for reading in readings] == [
        [str(corrections[0].event_id), str(corrections[1].event_id)],
        [str(registered.event_id), str(corrections[0].event_id)],
        [str(registered.event_id)],
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(cell: str) -> None:
    line = csv_line([cell, "x"]).decode()
    assert line.lstrip('"').startswith("'")


def test_a_cell_without_a_formula_stays_as_it_is() -> None:
    assert csv_line(["a;b", 'say "x"', "1.00"], ";") == b'"a;b";"say ""x""";1.00\r\n'
