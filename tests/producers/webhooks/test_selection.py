"""Who is sent what: by topic, type and company; personal data only where it was allowed."""

from __future__ import annotations

from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError, Principal
from application.app import NotFoundError
from application.webhooks.addresses import WebhookUrlInvalidError
from application.webhooks.endpoints import WebhookForm, WebhookPersonalDataError, WebhookTopicUnknownError
from domain.user.events import Grant
from domain.user.roles import Role
from producers.messages.catalogue import MAPPINGS
from producers.messages.customers import PERSONAL_TOPIC, PERSONAL_TYPE
from producers.webhooks.selection import FORGOTTEN_TYPE, offer
from tests.application.test_forgetting import forgetter_of
from tests.application.world import World, person
from tests.producers.webhooks.house import EVERYTHING, House
from tests.producers.webhooks.receiver import Receiver, Reply, await_that

CUSTOMERS = "billing.customers.v1"


def forget(world: World, customer: UUID) -> None:
    """The person asked for it."""
    forgetter = forgetter_of(world)
    forgetter.forget(SYSTEM, customer, "pedido", "titular", despite_open=True)


def kinds(told: Receiver) -> list[str]:
    return [each.message["type"] for each in told.received]


def caught_up(house: House, id: UUID) -> None:
    end = house.lastro.read(0, 100_000)[-1].position
    await_that(lambda: house.endpoint(id).place.position >= end)


def test_only_the_topics_and_types_that_were_asked_for(house: House, world: World, told: Receiver) -> None:
    world.sign("CT-1")
    wanted = ("billing.invoice.opened.v1",)
    shown = house.register(told.url(), topics=("billing.invoices.v1", "billing.contracts.v1"), types=wanted)
    with house.delivering():
        caught_up(house, shown.endpoint_id)
    assert set(kinds(told)) == {
        *wanted,
        "billing.contract.signed.v1",
        "billing.contract.installment_generated.v1",
    }
    assert kinds(told).count(*wanted) == 3


def test_an_endpoint_of_one_company_hears_of_no_other_and_of_nobody(
    house: House, world: World, told: Receiver
) -> None:
    other = world.add_company("OUTRA", "19131243000197")
    world.add_account(other, "CAIXA")
    world.sign("CT-1")
    shown = house.register(told.url(), companies=(other,))
    with house.delivering():
        caught_up(house, shown.endpoint_id)
    assert {each.message["companyid"] for each in told.received} == {str(other)}
    assert len(told.received) == 2


def test_personal_data_goes_only_where_it_was_asked_for(house: House, told: Receiver) -> None:
    plain = house.register(told.url("/a"), name="a", topics=EVERYTHING)
    personal = house.register(told.url("/b"), name="b", topics=(PERSONAL_TOPIC,), personal=True)
    with house.delivering():
        for shown in (plain, personal):
            caught_up(house, shown.endpoint_id)
    sent = {path: [e.message for e in told.received if e.path == path] for path in ("/a", "/b")}
    assert not [message for message in sent["/a"] if "personaldata" in message]
    assert {message["type"] for message in sent["/b"]} == {PERSONAL_TYPE}
    assert all("document" in message["personaldata"].split(",") for message in sent["/b"])
    assert "Cliente C0" in {message["data"]["name"] for message in sent["/b"]}
    assert house.endpoint(personal.endpoint_id).webhook.subscription.personal
    assert not house.endpoint(plain.endpoint_id).webhook.subscription.personal


def test_of_two_messages_of_one_fact_only_the_one_that_failed_is_tried_again(
    house: House, told: Receiver
) -> None:
    shown = house.register(
        told.url(),
        topics=(CUSTOMERS, PERSONAL_TOPIC),
        types=("billing.customer.registered.v1",),
        personal=True,
    )
    told.replies = [Reply(204), Reply(500)]
    with house.delivering():
        told.wait_for(2)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 1)
        house.clock.leap(minutes=5)
        caught_up(house, shown.endpoint_id)
    first, second, again = told.received[:3]
    assert first.message["subject"] == second.message["subject"]
    assert first.id != second.id
    assert again.id == second.id
    assert len(set(told.ids())) == len(told.ids()) - 1


def test_an_answer_that_repeats_personal_data_is_not_kept(house: House, told: Receiver) -> None:
    told.always = Reply(422, body="Cliente C0: nome inválido".encode())
    shown = house.register(told.url(), topics=(PERSONAL_TOPIC,), personal=True)
    with house.delivering():
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries > 0)
    assert {each.excerpt for each in house.log_of(shown.endpoint_id)} == {""}


def test_who_had_personal_data_hears_that_the_person_is_forgotten(
    house: House, world: World, told: Receiver
) -> None:
    """Whatever it asks for by then; and a replay says nothing of the person any more."""
    shown = house.register(told.url(), topics=(PERSONAL_TOPIC,), personal=True)
    with house.delivering():
        caught_up(house, shown.endpoint_id)
        house.revise(
            shown.endpoint_id,
            url=told.url(),
            name="ERP",
            topics=("billing.companies.v1",),
            companies=(world.company,),
        )
        before = len(told.received)
        forget(world, world.customers[0])
        told.wait_for(before + 1)
        house.revise(shown.endpoint_id, url=told.url(), name="ERP", topics=(PERSONAL_TOPIC,), personal=True)
        house.webhooks.replay(SYSTEM, shown.endpoint_id, 1)
        caught_up(house, shown.endpoint_id)
    message = told.received[before].message
    assert (message["type"], message["subject"]) == (FORGOTTEN_TYPE, str(world.customers[0]))
    again = [each.message for each in told.received[before + 1 :]]
    assert str(world.customers[0]) not in {m["subject"] for m in again if m["type"] == PERSONAL_TYPE}
    assert any(m["type"] == PERSONAL_TYPE for m in again)


def test_who_never_had_personal_data_hears_only_what_was_asked_for(
    house: House, world: World, told: Receiver
) -> None:
    shown = house.register(told.url(), topics=("billing.companies.v1",))
    with house.delivering():
        forget(world, world.customers[0])
        caught_up(house, shown.endpoint_id)
    assert set(kinds(told)) == {"billing.company.registered.v1"}


def test_a_message_that_waits_says_nothing_of_who_was_forgotten_meanwhile(
    house: House, world: World, told: Receiver
) -> None:
    shown = house.register(told.url(), topics=(CUSTOMERS, PERSONAL_TOPIC), personal=True)
    forget(world, world.customers[0])
    with house.delivering():
        caught_up(house, shown.endpoint_id)
    assert b"Cliente C0" not in b"".join(each.body for each in told.received)
    assert b"Cliente C1" in b"".join(each.body for each in told.received)
    assert FORGOTTEN_TYPE in kinds(told)


FINANCE = person(Role.FINANCE)
AUDITOR = Principal(UUID(int=8), "auditor@example.com", (Grant(role=Role.AUDITOR, companies=None),))


@pytest.mark.parametrize("who", [FINANCE, AUDITOR], ids=["finance", "auditor"])
def test_only_administrators_keep_webhooks(house: House, told: Receiver, who: Principal) -> None:
    shown = house.register(told.url())
    with pytest.raises(PermissionMissingError):
        house.register(told.url(), by=who)
    for act in (house.webhooks.ping, house.webhooks.enable, house.webhooks.endpoint):
        with pytest.raises(PermissionMissingError):
            act(who, shown.endpoint_id)
    with pytest.raises(PermissionMissingError):
        house.webhooks.endpoints(who)


def test_an_administrator_of_one_company_keeps_the_webhooks_of_that_company(
    house: House, world: World, told: Receiver
) -> None:
    other = world.add_company("OUTRA", "19131243000197")
    mine = person(Role.ADMINISTRATOR, world.company)
    everywhere = house.register(told.url(), name="todas")
    theirs = house.register(told.url(), name="da outra", companies=(other,))
    own = house.register(told.url(), name="da minha", companies=(world.company,), by=mine)
    assert [each.webhook.name for each in house.webhooks.endpoints(mine)] == ["da minha"]
    for shown in (everywhere, theirs):
        with pytest.raises(NotFoundError):
            house.webhooks.disable(mine, shown.endpoint_id, "não é meu")
        with pytest.raises(NotFoundError):
            house.webhooks.rotate_secret(mine, shown.endpoint_id, 0)
    for companies in (None, (other,), (world.company, other)):
        with pytest.raises((PermissionMissingError, NotFoundError)):
            house.register(told.url(), companies=companies, by=mine)
        with pytest.raises((PermissionMissingError, NotFoundError)):
            house.revise(
                own.endpoint_id, by=mine, url=told.url(), name="x", topics=EVERYTHING, companies=companies
            )
    with pytest.raises(PermissionMissingError):
        house.register(
            told.url(), topics=(PERSONAL_TOPIC,), personal=True, companies=(world.company,), by=mine
        )


def test_personal_data_is_confirmed_and_never_of_one_company(
    house: House, world: World, told: Receiver
) -> None:
    for reason, companies, personal in (("unconfirmed", None, False), ("limited", (world.company,), True)):
        with pytest.raises(WebhookPersonalDataError) as refused:
            house.register(told.url(), topics=(PERSONAL_TOPIC,), companies=companies, personal=personal)
        assert refused.value.details["reason"] == reason


def test_what_is_not_offered_cannot_be_asked_for(house: House, told: Receiver) -> None:
    for topics, types in (
        ((), ()),
        (("billing.gossip.v1",), ()),
        (("billing.invoices.v1",), ("billing.contract.signed.v1",)),
    ):
        with pytest.raises(WebhookTopicUnknownError):
            house.register(told.url(), topics=topics, types=types)
    with pytest.raises(NotFoundError):
        house.register(told.url(), companies=(UUID(int=9),))
    with pytest.raises(WebhookUrlInvalidError):
        house.webhooks.register(SYSTEM, WebhookForm(name="x", url="ftp://x", topics=EVERYTHING))


def test_every_public_message_is_offered() -> None:
    offered = {each for topic in offer().topics.values() for each in topic.types}
    assert offered == {mapping.message_type for mapping in MAPPINGS.values()} | {PERSONAL_TYPE}


def test_secrets_are_kept_wrapped_and_no_fact_has_one(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    with house.lastro.database.connection() as connection:
        (sealed,) = connection.execute("SELECT sealed FROM webhook_secret").fetchone() or (b"",)
        log = str(connection.execute("SELECT state FROM event WHERE topic LIKE 'webhook.%%'").fetchall())
    (secret,) = house.secrets.signing([shown.endpoint_id], house.clock())[shown.endpoint_id]
    assert secret not in bytes(sealed)
    assert shown.secret not in log
    assert shown.secret.removeprefix("whsec_") not in log
