"""`lastro messages`: what was set aside is listed, shown on the record, corrected, applied and discarded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from application.incoming.positions import PauseReason, Place
from application.incoming.raw import MessageSeal
from application.sales_references import OrderReferenceUnknownError
from domain.personal_reading.events import MessageRead
from domain.sale.events import SaleRecorded
from projections.progress import wait_for
from tests.application.world import World
from tests.consumers.letters import order, packed, read_up_to, set_aside
from tests.e2e.server import read_models
from tests.support.application import MASTER_KEY
from tests.support.cli import Cli

SEAL = MessageSeal(MASTER_KEY.derived("messages"))
UNKNOWN = OrderReferenceUnknownError("no customer is registered", field="customer")
CPF = "123.456.789-09"


@pytest.fixture
def world(lastro: Lastro) -> World:
    return World(lastro)


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    with read_models(world.lastro):
        assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ["accounts"])
        yield world


@pytest.fixture
def letter(world: World) -> UUID:
    value = packed(order(customer="C9", customer_document=CPF))
    return set_aside(world.lastro.database, SEAL, value, UNKNOWN, source_id="loja/1001")


def test_what_was_set_aside_is_listed_and_shown_without_names(cli: Cli, letter: UUID) -> None:
    (row,) = cli("messages", "list", "--json").json
    assert (row["dead_letter_id"], row["state"], row["code"], row["source_id"]) == (
        str(letter),
        "open",
        "order_reference_unknown",
        "loja/1001",
    )
    assert cli("messages", "list", "--kind", "poison", "--json").json == []
    said = cli("messages", "show", str(letter))
    assert (said.code, CPF in said.out, "[oculto]" in said.out) == (0, False, True)


def test_all_of_it_is_shown_on_the_record(cli: Cli, world: World, letter: UUID) -> None:
    said = cli("messages", "show", str(letter), "--personal", "--reason", "chamado 3", "--json")
    assert CPF in said.json["content"]["value"]
    (fact,) = world.lastro.opened(world.lastro.read(0, 1_000, [MessageRead.TOPIC]))
    assert isinstance(fact, MessageRead)
    assert (fact.surface, fact.reason, fact.dead_letter_id) == ("command", "chamado 3", letter)


def test_a_message_is_corrected_from_a_file_and_applied_once(
    cli: Cli, shop: World, letter: UUID, tmp_path: Path
) -> None:
    assert cli("messages", "replay", str(letter)).code == 1
    file = tmp_path / "right.json"
    file.write_bytes(packed(order()))
    said = cli("messages", "correct", str(letter), file, "--reason", "cliente certo", "--replay", "--json")
    assert (said.code, said.json[0]["state"]) == (0, "applied")
    assert len(shop.lastro.read(0, 1_000, [SaleRecorded.TOPIC])) == 1
    again = cli("messages", "replay", str(letter))
    assert (again.code, "dead_letter_settled" in again.err) == (1, True)
    assert len(shop.lastro.read(0, 1_000, [SaleRecorded.TOPIC])) == 1


def test_a_correction_of_another_order_is_refused(cli: Cli, letter: UUID, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(packed(order("1002")))
    said = cli("messages", "correct", str(letter), file, "--reason", "x")
    assert (said.code, "message_identity_changed" in said.err) == (1, True)


def test_all_that_is_open_is_replayed_and_what_stays_is_told(cli: Cli, shop: World, letter: UUID) -> None:
    database = shop.lastro.database
    good = set_aside(database, SEAL, packed(order("2")), UNKNOWN, offset=1, source_id="loja/2")
    said = cli("messages", "replay", "--all", "--json")
    assert said.code == 1
    assert {each["dead_letter_id"]: each["state"] for each in said.json} == {
        str(letter): "open",
        str(good): "applied",
    }
    assert cli("messages", "replay").code == 2


def test_discarding_asks_or_is_told_yes(cli: Cli, letter: UUID) -> None:
    assert cli("messages", "discard", str(letter), "--reason", "teste").code == 2
    assert cli("messages", "discard", str(letter), "--reason", "teste", "--yes").code == 0
    assert cli("messages", "list", "--json").json == []
    (row,) = cli("messages", "list", "--state", "discarded", "--json").json
    assert (row["settled_by"], row["settled_reason"]) == ("cli:maria", "teste")


def test_positions_say_what_is_paused_and_a_topic_is_read_anew(cli: Cli, database: Database) -> None:
    place = Place("lastro.orders", "sales.orders.v1", 0)
    read_up_to(database, place, 5, 9)
    said = cli("messages", "positions", "--json")
    assert (said.code, said.json[0]["next_offset"], said.json[0]["lag"]) == (0, 5, 4)
    read_up_to(
        database, Place("lastro.orders", "sales.orders.v1", 1), 5, 3, (PauseReason.OFFSET_LOST, "beyond")
    )
    assert cli("messages", "positions").code == 1
    anew = ("messages", "read-anew", "sales.orders.v1", "--partition", "1", "--reason", "conferido")
    (row,) = cli(*anew, "--yes", "--json").json
    assert (row["next_offset"], row["moved_by"], row["paused_reason"]) == (None, "cli:maria", None)
    assert cli("messages", "go-on", "sales.orders.v1", "--reason", "visto").code == 0
    assert cli("messages", "go-on", "nothing.v1", "--reason", "visto").code == 1


def test_consumers_want_a_broker_and_a_topic_they_know(cli: Cli) -> None:
    assert "LASTRO_KAFKA" in cli("consume").err
    assert cli("consume", "--only", "invoices").code == 2
