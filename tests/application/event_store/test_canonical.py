"""The canonical form equals RFC 8785's, and what would differ from it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, ClassVar  # noqa: F401 - ClassVar is named in an annotation

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import domain.contract.events
import domain.customer.events
import domain.invoice.events
import domain.user.events  # noqa: F401 - registers its topics
from application.event_store.canonical import canonical_instant, canonical_json
from application.event_store.errors import FactShapeError, TextUnstorableError
from application.event_store.plans import plan_of, state_of
from domain.kernel import EVENT_TYPES, DomainEvent, Frozen, Personal
from tests.application.event_store.facts import counted, streams
from tests.application.event_store.jcs import jcs

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
_KEYS = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | _INTEGERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
@settings(max_examples=400)
def test_the_writer_equals_jcs_for_all_that_a_fact_can_hold(value: Any) -> None:
    assert canonical_json(value).decode() == jcs(value)


@given(_JSON)
def test_the_canonical_form_survives_a_json_round_trip(value: Any) -> None:
    assert canonical_json(orjson.loads(canonical_json(value))) == canonical_json(value)


@pytest.mark.parametrize("char", [chr(code) for code in (*range(1, 32), 0x7F, 0x2028, 0xE9, 0x1F600)])
def test_every_awkward_character_is_written_as_jcs_says(char: str) -> None:
    assert canonical_json(char).decode() == jcs(char)


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63])
def test_integers_that_no_double_holds_are_refused(number: int) -> None:
    with pytest.raises(TextUnstorableError):
        canonical_json({"n": number})


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\0b", "\\\0", "\\u0000\0"])
def test_half_a_surrogate_pair_and_nul_are_refused(text: str) -> None:
    with pytest.raises(TextUnstorableError):
        canonical_json({"text": text})


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "a\\u0000b"])
def test_a_text_about_nul_is_kept(text: str) -> None:
    assert orjson.loads(canonical_json({"text": text})) == {"text": text}


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    brasilia = timezone(timedelta(hours=-3))
    assert canonical_instant(datetime(2026, 3, 2, 9, 30, tzinfo=brasilia)) == "2026-03-02T12:30:00.000000Z"
    assert canonical_instant(datetime(2026, 3, 2, 12, 30, tzinfo=UTC)) == "2026-03-02T12:30:00.000000Z"


def test_every_fact_of_the_product_can_be_sealed() -> None:
    assert {plan_of(cls).topic for cls in EVENT_TYPES.values()} == set(EVENT_TYPES)


def test_a_fact_is_stored_as_its_own_json_says() -> None:
    event = counted(next(streams(1)), text="ção")
    dumped = event.model_dump(mode="json")
    assert orjson.loads(canonical_json(state_of(event))) == {key: dumped[key] for key in ("number", "text")}


class _Inner(Frozen):
    secret: Annotated[str | None, Personal()]


class _Wide(Frozen):
    ratio: float


@pytest.mark.parametrize(
    ("name", "annotation"),
    [
        ("float", float),
        ("nested_float", tuple[_Wide, ...]),
        ("optional_float", float | None),
        ("mapping", dict[str, int]),
        ("anything", Any),
        ("nested_personal", _Inner),
        ("nested_personal_list", list[_Inner] | None),
    ],
)
def test_a_shape_without_canonical_form_is_refused(name: str, annotation: Any) -> None:
    cls = _fact(f"test.{name}.v1", value=annotation)
    with pytest.raises(FactShapeError):
        plan_of(cls)


def test_a_field_name_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(FactShapeError):
        plan_of(_fact("test.accent.v1", emissão=int))


def test_a_subject_that_is_no_field_is_refused() -> None:
    cls = _fact("test.nobody.v1", name=Annotated[str | None, Personal()])
    cls.SUBJECT = "customer_id"
    with pytest.raises(FactShapeError):
        plan_of(cls)


def _fact(topic: str, **fields: Any) -> type[DomainEvent]:
    """A fact class for one test, not left behind in the registry."""
    known = dict(EVENT_TYPES)
    annotations = {"TOPIC": "ClassVar[str]", **fields}
    namespace = {
        "TOPIC": topic,
        "__annotations__": annotations,
        "__module__": __name__,
        "__qualname__": "_Fact",
    }
    cls = type("_Fact", (DomainEvent,), namespace)
    EVENT_TYPES.clear()
    EVENT_TYPES.update(known)
    return cls
