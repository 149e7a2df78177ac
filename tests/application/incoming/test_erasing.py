"""What kept messages say of somebody goes with the person, however they name them; the others stay."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.customers import ContactForm, CustomerForm
from application.incoming.raw import MessageSeal
from tests.application.test_forgetting import forgetter_of
from tests.application.world import World
from tests.consumers.letters import set_aside
from tests.support.application import MASTER_KEY

SEAL = MessageSeal(MASTER_KEY.derived("messages"))


@pytest.fixture
def maria(world: World) -> UUID:
    contact = ContactForm(name="Zé", email="zeze@exemplo.com.br", phone="(81) 99876-5432")
    form = CustomerForm(
        code="M-77", kind="person", name="Maria José Araújo", document="123.456.789-09", contacts=(contact,)
    )
    return world.commands.customers.register(SYSTEM, form).id


def kept(world: World) -> int:
    with world.lastro.database.connection() as connection:
        row = connection.execute("SELECT count(*) FROM dead_letter WHERE sealed IS NOT NULL").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "value",
    [
        {"document": "12345678909"},
        {"text": "PIX de 123.456.789-09 recebido"},
        {"name": "MARIA JOSE ARAUJO"},
        {"deep": [{"payer": "maria  josé araújo da silva"}]},
        {"code": "m-77"},
        {"mail": "ZEZE@exemplo.com.br"},
        {"phone": "+55 81 99876 5432"},
        {"contact": "zé"},
    ],
)
def test_a_message_that_names_the_person_goes(world: World, maria: UUID, value: dict[str, Any]) -> None:
    for offset, written in enumerate((json.dumps(value), json.dumps(value, ensure_ascii=False))):
        set_aside(world.lastro.database, SEAL, written.encode(), "poison", offset=offset)
    forgetter_of(world).forget(SYSTEM, maria, "protocolo 1", "titular")
    assert kept(world) == 0


def test_a_message_by_id_in_bytes_that_are_no_json_goes(world: World, maria: UUID) -> None:
    set_aside(world.lastro.database, SEAL, b"\xff broken " + str(maria).encode(), "poison")
    set_aside(world.lastro.database, SEAL, b"{}", "poison", offset=1, key=b"12345678909")
    forgetter_of(world).forget(SYSTEM, maria, "protocolo 1", "titular")
    assert kept(world) == 0


@pytest.mark.parametrize(
    "value",
    [{"document": "11144477735"}, {"name": "Mario Araújo"}, {"code": "M-778"}, {"text": "zézinho"}, {}],
)
def test_what_is_somebody_else_s_stays(world: World, maria: UUID, value: dict[str, Any]) -> None:
    set_aside(world.lastro.database, SEAL, json.dumps(value).encode(), "poison")
    forgetter_of(world).forget(SYSTEM, maria, "protocolo 1", "titular")
    assert kept(world) == 1


def test_the_row_stays_and_says_when_its_words_went(world: World, maria: UUID) -> None:
    set_aside(world.lastro.database, SEAL, b'{"document": "12345678909"}', "poison")
    forgetter_of(world).forget(SYSTEM, maria, "protocolo 1", "titular")
    with world.lastro.database.connection() as connection:
        rows = connection.execute("SELECT state, erased_at IS NOT NULL, size FROM dead_letter").fetchall()
    assert rows == [("open", True, 27)]
