"""Messages reach their endpoint in order, signed, tried again until taken, and each attempt is on the log."""

from __future__ import annotations

import time
from threading import Event

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from application.access import SYSTEM
from producers.webhooks.courier import PING_TYPE
from tests.application.world import World
from tests.producers.webhooks.house import SOURCE, House
from tests.producers.webhooks.receiver import Receiver, Reply, await_that, receiver


def test_everything_arrives_once_in_the_log_s_order(house: House, world: World, told: Receiver) -> None:
    shown = house.register(told.url())
    with house.delivering():
        told.wait_for(len(house.expected(shown.endpoint_id)))
        world.sign("CT-1")
        world.sign("CT-2", instalment_count=12)
        expected = house.expected(shown.endpoint_id)
        told.wait_for(len(expected))
        end = house.lastro.read(0, 10_000)[-1]
        await_that(lambda: house.endpoint(shown.endpoint_id).place.position == end.position)
    assert len(expected) > 20
    assert told.ids() == expected
    place = house.endpoint(shown.endpoint_id).place
    assert place.event_id == end.event_id
    assert [str(each.message_id) for each in house.log_of(shown.endpoint_id)] == expected


def test_the_body_is_the_public_message(house: House, told: Receiver) -> None:
    house.register(told.url(), topics=("billing.companies.v1",))
    with house.delivering():
        (request, *_) = told.wait_for(1)
    message = request.message
    assert request.headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
    assert (message["specversion"], message["source"]) == ("1.0", SOURCE)
    assert message["type"] == "billing.company.registered.v1"
    assert request.id == message["id"]


def test_an_independent_verifier_accepts_the_signature(house: House, told: Receiver) -> None:
    shown = house.register(told.url(), topics=("billing.companies.v1",))
    with house.delivering():
        (request, *_) = told.wait_for(1)
    assert shown.secret.startswith("whsec_")
    assert Verifier(shown.secret).verify(request.body, request.headers) == request.message
    with pytest.raises(WebhookVerificationError):
        Verifier(shown.secret).verify(request.body + b" ", request.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier("whsec_" + "A" * 43 + "=").verify(request.body, request.headers)


def test_while_a_secret_is_rotated_both_accept(house: House, world: World, told: Receiver) -> None:
    first = house.register(told.url(), topics=("billing.companies.v1",))
    second = house.webhooks.rotate_secret(SYSTEM, first.endpoint_id, 24)
    with house.delivering():
        (before, *_) = told.wait_for(1)
        for secret in (first.secret, second.secret):
            assert Verifier(secret).verify(before.body, before.headers)
        assert len(before.headers["webhook-signature"].split()) == 2
        house.clock.leap(hours=25)
        world.add_company("NOVA", "19131243000197")
        after = told.wait_for(2)[1]
    assert len(after.headers["webhook-signature"].split()) == 1
    third = house.webhooks.rotate_secret(SYSTEM, first.endpoint_id, 0)
    signing = house.secrets.signing([first.endpoint_id], house.clock())[first.endpoint_id]
    assert len(signing) == 1
    assert third.secret not in (first.secret, second.secret)


def test_the_next_message_waits_for_the_one_that_fails(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    told.replies = [Reply(204), Reply(500), Reply(503), Reply(204)]
    with house.delivering():
        for count in (2, 3):
            told.wait_for(count)
            await_that(lambda count=count: house.endpoint(shown.endpoint_id).place.tries == count - 1)  # type: ignore[misc]
            house.clock.leap(minutes=5)
        told.wait_for(len(expected) + 2)
    assert told.ids() == [expected[0], expected[1], expected[1], *expected[1:]]
    attempts = house.log_of(shown.endpoint_id)
    assert [(each.outcome, each.status, each.attempt) for each in attempts[:4]] == [
        ("delivered", 204, 1),
        ("failed", 500, 1),
        ("failed", 503, 2),
        ("delivered", 204, 3),
    ]
    assert attempts[1].next_attempt_at is not None
    timestamps = [int(each.headers["webhook-timestamp"]) for each in told.received[1:4]]
    assert timestamps[0] < timestamps[1] < timestamps[2]


def test_a_message_is_not_tried_before_it_is_due(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    told.always = Reply(429, {"Retry-After": "3600"})
    with house.delivering():
        told.wait_for(1)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 1)
        place = house.endpoint(shown.endpoint_id).place
        assert place.next_attempt_at is not None
        assert place.next_attempt_at > house.clock().replace(microsecond=0)
        house.clock.leap(minutes=55)
        house.webhooks.ping(SYSTEM, shown.endpoint_id)  # a round has passed when this one came
        told.wait_for(2)
        assert house.endpoint(shown.endpoint_id).place.tries == 1
        house.clock.leap(minutes=6)
        told.wait_for(3)
    types = [each.message["type"] for each in told.received]
    assert types.count(PING_TYPE) == 1


def test_a_slow_endpoint_delays_no_other(house: House, told: Receiver) -> None:
    held = Event()
    with receiver() as slow:
        slow.always = Reply(held=held)
        ids = [house.register(slow.url(), name=f"lento {n}").endpoint_id for n in range(70)]
        shown = house.register(told.url(), name="rápido")
        expected = house.expected(shown.endpoint_id)
        with house.delivering():
            slow.wait_for(30)
            told.wait_for(len(expected))
            held.set()
    assert told.ids() == expected
    assert len(ids) == 70


def test_two_workers_deliver_once(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    with house.delivering(), house.delivering():
        told.wait_for(len(expected))
        await_that(lambda: len(house.log_of(shown.endpoint_id)) == len(expected))
    assert told.ids() == expected


def test_the_worker_that_stood_by_goes_on(house: House, world: World, told: Receiver) -> None:
    shown = house.register(told.url())
    with house.delivering() as first:
        told.wait_for(1)
        with house.delivering():
            first.stop()
            world.sign("CT-1")
            told.wait_for(len(house.expected(shown.endpoint_id)))
    ids = told.ids()
    assert list(dict.fromkeys(ids)) == house.expected(shown.endpoint_id)


def test_a_ping_reaches_a_disabled_endpoint_and_is_on_the_log(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    house.webhooks.disable(SYSTEM, shown.endpoint_id, "ainda não")
    ping_id = house.webhooks.ping(SYSTEM, shown.endpoint_id)
    with house.delivering():
        (request, *_) = told.wait_for(1)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.ping_id is None)
    assert request.message["type"] == PING_TYPE
    assert request.id == str(ping_id)
    assert Verifier(shown.secret).verify(request.body, request.headers)
    (entry,) = house.log_of(shown.endpoint_id)
    assert (entry.kind, entry.outcome, entry.status) == ("ping", "delivered", 204)
    assert len(told.received) == 1


def test_attempts_are_counted(house: House, told: Receiver) -> None:
    shown = house.register(told.url(), topics=("billing.companies.v1",))
    told.replies = [Reply(500)]
    with house.delivering():
        told.wait_for(1)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 1)
        house.clock.leap(minutes=5)
        told.wait_for(2)
        await_that(lambda: len(house.log_of(shown.endpoint_id)) == 2)
    for outcome in ("failed", "delivered"):
        assert house.registry.get_sample_value("lastro_webhook_attempts_total", {"outcome": outcome}) == 1
    assert house.registry.get_sample_value("lastro_webhook_attempt_seconds_count") == 2


def test_the_worker_stops_within_seconds_whatever_hangs(house: House, told: Receiver) -> None:
    held = Event()
    shown = house.register(told.url())
    told.always = Reply(held=held)
    with house.delivering(total=60) as dispatcher:
        told.wait_for(1)
        started = time.monotonic()
        dispatcher.stop()
        assert time.monotonic() - started < 10
    held.set()
    assert house.endpoint(shown.endpoint_id).place.tries == 0
