"""The product's own reactions from either source: billed at once what is due, placed what came early."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.billing.due import BillingLeadTakenError
from application.database import Database
from application.leading import held
from application.reactions.notice import Notice
from application.reactions.receipts import PlaceReceipts
from application.reactions.signed import BillSigned
from domain.contract.events import ContractSigned
from domain.invoice.events import BillingRequested
from domain.invoice.situacao import Situacao
from producers.messages.catalogue import MAPPINGS
from tests.application.settlements.organisation import Organisation, received
from tests.application.world import World
from tests.consumers.reactions.tellers import Kafka, Table, Teller, eventually
from tests.support.kafka import Topics
from web.wording.messages import OWN_TOPICS

DUE = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def world(lastro: Lastro) -> World:
    world = World(lastro)
    world.now = DUE
    return world


@pytest.fixture(params=["table", pytest.param("kafka", marks=pytest.mark.kafka)])
def teller(request: pytest.FixtureRequest, database: Database, world: World) -> Iterator[Teller]:
    if request.param == "table":
        yield Table(database)
        return
    topics: Topics = request.getfixturevalue("topics")
    source = Kafka(database, topics)
    with source.published():
        yield source


def signed(world: World, invoice: UUID) -> Notice:
    """The notice of the contract that this invoice is of."""
    (fact,) = world.lastro.read(0, 10_000, [ContractSigned.TOPIC])
    return Notice(fact.position, fact.event_id, fact.stream_id, fact.version, fact.topic, fact.company_id)


def test_a_contract_that_is_due_when_it_is_signed_is_billed_at_once(teller: Teller, world: World) -> None:
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    with teller.telling(BillSigned(world.commands.scheduler)):
        first, second, _ = world.sign("A-1")
        eventually(lambda: world.invoice(first).situacao() is Situacao.BILLED, "what is due is billed")
    assert world.invoice(second).situacao() is Situacao.PENDING


def test_a_receipt_that_came_before_its_boleto_is_placed_when_that_is_issued(
    teller: Teller, world: World
) -> None:
    org = Organisation(world)
    first, *_ = world.sign("A-1")
    with teller.telling(PlaceReceipts(org.settlements)):
        early = received("E-1", nosso_numero="00000001", bank_code="341")
        assert org.results(early) == ["unidentified"]
        world.commands.invoices.bill_now(SYSTEM, [first])
        eventually(lambda: world.invoice(first).balance == 0, "the receipt is placed")


def test_told_twice_it_bills_once(world: World) -> None:
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    first, *_ = world.sign("A-1")
    reaction, notice = BillSigned(world.commands.scheduler), signed(world, first)
    reaction.react([notice])
    reaction.react([notice, notice])
    assert len([fact for fact in world.facts() if isinstance(fact, BillingRequested)]) == 1


def test_where_automatic_billing_is_off_nothing_is_billed(world: World) -> None:
    first, *_ = world.sign("A-1")
    BillSigned(world.commands.scheduler).react([signed(world, first)])
    assert world.invoice(first).situacao() is Situacao.PENDING


def test_while_another_process_bills_it_is_told_again(world: World) -> None:
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    first, *_ = world.sign("A-1")
    reaction, notice = BillSigned(world.commands.scheduler), signed(world, first)
    with held(world.lastro.database, "billing", "scheduler") as ours:
        assert ours
        with pytest.raises(BillingLeadTakenError):
            reaction.react([notice])
    reaction.react([notice])
    assert world.invoice(first).situacao() is Situacao.BILLED


def test_people_have_a_name_for_each_topic_that_is_read_for_them() -> None:
    read = {MAPPINGS[fact].topic for each in (PlaceReceipts, BillSigned) for fact in each.topics}
    assert read == set(OWN_TOPICS)
