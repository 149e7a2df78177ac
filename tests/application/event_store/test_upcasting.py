"""A fact of an old topic version is read in the new shape, whatever version it was stored in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from application.app import Lastro
from application.event_store.upcasters import UPCASTERS, Upcaster, Upcasters, upcast
from application.ids import new_id
from domain.kernel import EVENT_TYPES, DomainEvent, PersonalText
from tests.application.event_store.facts import NOW, context


class MeterRead(DomainEvent):
    """The first version: one text with the unit in it, and the reader's name."""

    TOPIC: ClassVar[str] = "test.meter_read.v1"
    reading: str
    reader: PersonalText


class MeterReadWithUnit(DomainEvent):
    """The second version: amount and unit apart, the name under a clearer field."""

    TOPIC: ClassVar[str] = "test.meter_read.v2"
    amount: int
    unit: str
    read_by: PersonalText


def _split_reading(state: dict[str, Any]) -> dict[str, Any]:
    amount, unit = state.pop("reading").split()
    return {"amount": int(amount), "unit": unit, "read_by": state.pop("reader")}


STEP = Upcaster(MeterRead.TOPIC, MeterReadWithUnit.TOPIC, _split_reading, moved={"read_by": "reader"})


@pytest.fixture
def second_version() -> Iterator[None]:
    """The release that knows version 2 and has no class for version 1 any more."""
    UPCASTERS.register(STEP)
    del EVENT_TYPES[MeterRead.TOPIC]
    yield
    EVENT_TYPES[MeterRead.TOPIC] = MeterRead
    UPCASTERS.forget(MeterRead.TOPIC)


def _header(stream: Any, version: int) -> dict[str, Any]:
    return {
        "originator_id": stream,
        "originator_version": version,
        "occurred_at": NOW,
        "company_id": None,
    }


@pytest.fixture
def old_and_new(lastro: Lastro, request: pytest.FixtureRequest) -> Any:
    """A stream that began in version 1 and went on in version 2."""
    stream = new_id()
    lastro.record(context(), MeterRead(**_header(stream, 1), reading="12 kWh", reader="Ana"))
    request.getfixturevalue("second_version")
    lastro.record(context(), MeterReadWithUnit(**_header(stream, 2), amount=15, unit="kWh", read_by="Rui"))
    return stream


def test_both_versions_load_in_the_new_shape(lastro: Lastro, old_and_new: Any) -> None:
    seen = lastro.opened(lastro.read(0, 10))
    assert seen == [
        MeterReadWithUnit(**_header(old_and_new, 1), amount=12, unit="kWh", read_by="Ana"),
        MeterReadWithUnit(**_header(old_and_new, 2), amount=15, unit="kWh", read_by="Rui"),
    ]


def test_the_log_keeps_what_was_stored(lastro: Lastro, old_and_new: Any) -> None:
    stored = lastro.read(0, 10)
    assert [event.topic for event in stored] == ["test.meter_read.v1", "test.meter_read.v2"]
    assert stored[0].state["reading"] == "12 kWh"
    assert stored[0].stream_id == old_and_new


def test_raw_rows_are_upcast_without_opening_them(lastro: Lastro, old_and_new: Any) -> None:
    first = lastro.read(0, 10)[0]
    topic, state = upcast(first.topic, first.state)
    assert (topic, state["amount"], state["unit"]) == ("test.meter_read.v2", 12, "kWh")
    assert state["read_by"].startswith("s1:")
    assert first.state["reading"] == "12 kWh"
    assert first.stream_id == old_and_new


def test_a_reader_of_the_new_topic_selects_the_old_ones_too() -> None:
    steps = Upcasters()
    steps.register(Upcaster("a.v1", "a.v2", dict))
    steps.register(Upcaster("a.v2", "a.v3", dict))
    steps.register(Upcaster("b.v1", "a.v3", dict, moved={"new": "old"}))
    assert set(steps.sources("a.v3")) == {"a.v3", "a.v2", "a.v1", "b.v1"}
    assert steps.sources("a.v1") == ("a.v1",)
    assert list(steps.places("a.v3", "new")) == [
        ("a.v3", "new"),
        ("a.v2", "new"),
        ("a.v1", "new"),
        ("b.v1", "old"),
    ]


def test_steps_are_taken_one_after_the_other() -> None:
    steps = Upcasters()
    steps.register(Upcaster("a.v1", "a.v2", lambda state: {**state, "two": True}))
    steps.register(Upcaster("a.v2", "a.v3", lambda state: {**state, "three": True}))
    given = {"one": True}
    assert steps.upcast("a.v1", given) == ("a.v3", {"one": True, "two": True, "three": True})
    assert given == {"one": True}


def test_a_topic_has_one_successor() -> None:
    steps = Upcasters()
    steps.register(Upcaster("a.v1", "a.v2", dict))
    with pytest.raises(ValueError, match=r"a\.v1"):
        steps.register(Upcaster("a.v1", "a.v3", dict))
