"""Who people are is stated in one topic, as it was at each fact, and unsaid when they are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.customers import ContactForm
from producers.messages.catalogue import messages_of
from producers.messages.customers import PERSONAL_TOPIC
from producers.messages.message import Message
from producers.messages.people import NOBODY, people_of
from tests.application.test_forgetting import forgetter_of
from tests.application.world import CPFS, World


@pytest.fixture
def world(lastro: Lastro) -> World:
    return World(lastro)


def _told(lastro: Lastro, after: int = 0) -> list[Message]:
    page = lastro.read(after, 10_000)
    people = people_of(lastro, page)
    return [message for event in page for message in messages_of(event, people)]


def _personal(messages: Sequence[Message], customer: UUID) -> list[Any]:
    """What the personal topic says of one customer, in order; None is a tombstone."""
    key = str(customer).encode()
    found = [each.value for each in messages if each.topic == PERSONAL_TOPIC and each.key == key]
    return [None if value is None else orjson.loads(value)["data"] for value in found]


def test_each_statement_is_the_whole_of_what_was_known_then(world: World, lastro: Lastro) -> None:
    customer = world.customers[0]
    world.commands.customers.correct_name(SYSTEM, customer, "Ana Souza", None)
    form = ContactForm(name="Rui", email="rui@example.com", collection=True)
    world.commands.customers.add_contact(SYSTEM, customer, form)
    told = _personal(_told(lastro), customer)
    assert [each["name"] for each in told] == ["Cliente C0", "Cliente C0", "Ana Souza", "Ana Souza"]
    assert [len(each["contacts"]) for each in told] == [0, 1, 1, 2]
    assert {each["document"] for each in told} == {CPFS[0]}
    assert [(each["name"], each["collection"]) for each in told[-1]["contacts"]] == [
        ("Cobrança", False),
        ("Rui", True),
    ]


def test_a_statement_does_not_depend_on_how_the_log_is_cut(world: World, lastro: Lastro) -> None:
    world.commands.customers.correct_name(SYSTEM, world.customers[0], "Ana Souza", None)
    whole = _told(lastro)
    cut = []
    for event in lastro.read(0, 10_000):
        cut += list(messages_of(event, people_of(lastro, [event])))
    assert cut == whole


def test_names_the_fields_that_are_personal_under_an_id_of_its_own(world: World, lastro: Lastro) -> None:
    told = _told(lastro)
    personal = next(each for each in told if each.topic == PERSONAL_TOPIC)
    assert personal.value is not None
    read = orjson.loads(personal.value)
    named = read["personaldata"].split(",")
    assert set(read["data"]) - set(named) == {"customer_id", "kind"}
    assert len({message.id for message in told}) == len(told)


def test_who_is_forgotten_leaves_a_tombstone_and_no_word_before_it(world: World, lastro: Lastro) -> None:
    customer = world.customers[0]
    before = lastro.safe_position()
    assert _personal(_told(lastro), customer)[0]["name"] == "Cliente C0"
    forgetter_of(world).forget(SYSTEM, customer, "protocolo 7", "titular")
    after = _told(lastro, before)
    assert _personal(after, customer) == [None]
    assert [each.type for each in after if each.topic == "billing.customers.v1"] == [
        "billing.customer.forgotten.v1"
    ]
    assert _personal(_told(lastro), customer) == [None]


def test_the_tombstone_comes_also_where_nobody_is_opened(world: World, lastro: Lastro) -> None:
    before = lastro.safe_position()
    forgetter_of(world).forget(SYSTEM, world.customers[0], "protocolo 7", "titular")
    messages = [each for event in lastro.read(before, 10) for each in messages_of(event, NOBODY)]
    assert _personal(messages, world.customers[0]) == [None]


def test_without_people_no_one_is_named(world: World, lastro: Lastro) -> None:
    messages = [each for event in lastro.read(0, 10_000) for each in messages_of(event)]
    assert len(messages) > 5
    assert not any(each.topic == PERSONAL_TOPIC for each in messages)
