"""What was once published stays: schemas that are never edited, and messages that keep to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from application.app import Lastro
from application.event_store.plans import plan_of
from deploy.local.sample import write_sample
from domain.kernel import EVENT_TYPES
from producers.messages import customers
from producers.messages.catalogue import MAPPINGS, PRIVATE, PUBLIC_TOPICS, messages_of
from producers.messages.message import Message
from producers.messages.people import people_of
from producers.messages.schemas import ENVELOPE
from tests.contracts.test_events import PUBLISHED, SAMPLES
from tests.projections.histories import lived
from tests.projections.rows import record
from tests.support.messages import (
    SCHEMAS,
    Contract,
    checksums,
    contracts,
    example_of,
    examples,
    is_released,
    listed_checksums,
    problems,
    recorded,
    released,
    revisions,
    sampled_messages,
    sampled_people,
)
from tests.support.portfolio import desk_on

CONTRACTS = contracts()
BY_TYPE = {each.message_type: each for each in CONTRACTS}
OUTGOING = [each for each in CONTRACTS if each.direction == "outgoing"]
INCOMING = [each for each in CONTRACTS if each.direction == "incoming"]
SENT = [each for each in OUTGOING if each.message_type != ENVELOPE]


def _named(contract: Contract) -> str:
    return contract.message_type


@cache
def _validators(message_type: str) -> list[jsonschema_rs.Draft202012Validator]:
    return [
        jsonschema_rs.Draft202012Validator(released(file), validate_formats=True)
        for file in revisions(message_type)
    ]


def _refused(message: Message) -> Iterator[str]:
    """What every released schema of the type, the envelope's, and the strict model say against a message."""
    assert message.value is not None
    envelope = orjson.loads(message.value)
    for validator in _validators(ENVELOPE):
        yield from (str(error) for error in validator.iter_errors(envelope))
    for validator in _validators(message.type):
        yield from (str(error) for error in validator.iter_errors(envelope["data"]))
    BY_TYPE[message.type].payload.model_validate_json(orjson.dumps(envelope["data"]))


def _require_contract(messages: Iterable[Message]) -> set[str]:
    """Every message keeps to what was released; answers the types that were seen."""
    seen = set()
    for message in messages:
        if message.value is not None:
            assert list(_refused(message)) == [], message.value
            seen.add(message.type)
    return seen


def test_every_fact_says_something_in_public_or_has_a_reason_not_to() -> None:
    assert PUBLISHED - (MAPPINGS.keys() | PRIVATE.keys()) == set()
    assert (MAPPINGS.keys() | PRIVATE.keys()) - PUBLISHED == set()
    assert MAPPINGS.keys() & PRIVATE.keys() == set()
    assert all(PRIVATE.values())


def test_every_message_belongs_to_a_public_topic_and_is_called_by_its_own_name() -> None:
    assert {mapping.topic for mapping in MAPPINGS.values()} | {customers.PERSONAL_TOPIC} == set(PUBLIC_TOPICS)
    types = [mapping.message_type for mapping in MAPPINGS.values()]
    assert len(set(types)) == len(types)
    assert {mapping.payload.__name__ for mapping in MAPPINGS.values() if mapping.payload.__doc__} == {
        mapping.payload.__name__ for mapping in MAPPINGS.values()
    }


@pytest.mark.parametrize("contract", CONTRACTS, ids=_named)
def test_the_newest_released_schema_is_what_the_code_says(contract: Contract) -> None:
    """Else run `python -m tests.support.messages`: it releases a compatible change as a further revision."""
    assert problems(contract) == []
    assert is_released(contract)


@pytest.mark.parametrize("contract", CONTRACTS, ids=_named)
def test_each_revision_bears_what_came_before_it(contract: Contract) -> None:
    for file in revisions(contract.message_type):
        jsonschema_rs.Draft202012Validator(released(file))
        jsonschema_rs.meta.validate(released(file))


def test_no_released_schema_was_edited_or_withdrawn() -> None:
    assert checksums() == listed_checksums()
    assert {folder.name for folder in SCHEMAS.iterdir() if folder.is_dir()} == set(BY_TYPE)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda file: str(file.stem))
def test_what_a_sample_says_keeps_to_its_schemas(sample: Path) -> None:
    _require_contract(messages_of(recorded(sample), sampled_people()))


def test_every_type_is_said_by_some_sample() -> None:
    assert {message.type for message in sampled_messages()} == {each.message_type for each in SENT}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda file: str(file.stem))
def test_only_the_personal_topic_says_what_is_personal(sample: Path) -> None:
    """Neither sealed nor plain: no word of a personal field is in a public message."""
    event = recorded(sample)
    kind = EVENT_TYPES.get(event.topic)
    assert kind is not None
    words = set(_texts([event.state.get(each.name) for each in plan_of(kind).personal]))
    for message in messages_of(event, sampled_people()):
        if message.topic != customers.PERSONAL_TOPIC:
            assert message.value is not None
            assert words & set(_texts(orjson.loads(message.value))) == set()
            assert "personaldata" not in orjson.loads(message.value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


@pytest.mark.parametrize("seed", [5, 17])
def test_all_that_an_organisation_lives_through_keeps_to_the_schemas(lastro: Lastro, seed: int) -> None:
    record(lastro, lived(seed, steps=1500).events)
    seen = _require_contract(_told(lastro))
    assert len(seen) >= 20, seen


def test_the_log_of_the_sample_portfolio_keeps_to_the_schemas(lastro: Lastro, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    write_sample(file, contracts=60, today=date(2026, 11, 20))
    desk_on(lastro, lambda: datetime(2026, 11, 20, 12, tzinfo=UTC)).run(file)
    seen = _require_contract(_told(lastro))
    assert {
        "billing.invoice.opened.v1",
        "billing.contract.signed.v1",
        "billing.customer.personal_data_stated.v1",
        "billing.account.boleto_agreement_set.v1",
    } <= seen


def _told(lastro: Lastro) -> Iterator[Message]:
    after = 0
    while page := lastro.read(after, 500):
        people = people_of(lastro, page)
        for event in page:
            yield from messages_of(event, people)
        after = page[-1].position


def test_the_committed_examples_are_what_the_samples_say() -> None:
    made = {name: orjson.loads(value) for name, value in examples().items()}
    assert made == {each.message_type: example_of(each.message_type) for each in SENT}


@pytest.mark.parametrize("contract", INCOMING, ids=_named)
def test_an_incoming_example_keeps_to_its_schema(contract: Contract) -> None:
    example = example_of(contract.message_type)
    for validator in _validators(contract.message_type):
        assert [str(error) for error in validator.iter_errors(example["data"])] == []
