"""Endpoints that are gone or fail for too long are disabled; what waits is skipped, what went replayed."""

from __future__ import annotations

from threading import Event
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import NotFoundError
from application.webhooks.endpoints import WebhookHeadMovedError, WebhookReplayAheadError
from domain.webhook.events import WebhookAutoDisabled, WebhookMessageSkipped
from producers.webhooks.schedule import FEWEST_TRIES
from tests.application.world import World
from tests.producers.webhooks.house import EVERYTHING, House
from tests.producers.webhooks.receiver import Receiver, Reply, await_that

HOUR = 3600


def failed_until_disabled(house: House, id: UUID, hours: float) -> None:
    """Let it fail on, an hour at a time."""
    for tries in range(1, 200):
        await_that(lambda tries=tries: house.endpoint(id).place.tries >= tries)  # type: ignore[misc]
        if tries >= hours:
            break
        house.clock.leap(hours=1.01)


def test_who_is_gone_is_disabled_at_once(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    told.always = Reply(410)
    with house.delivering():
        await_that(lambda: house.endpoint(shown.endpoint_id).webhook.disabled)
        house.clock.leap(hours=2)
        house.webhooks.ping(SYSTEM, shown.endpoint_id)
        told.wait_for(2)
    webhook = house.endpoint(shown.endpoint_id).webhook
    assert webhook.disabled_because == "gone"
    assert [each.next_attempt_at for each in house.log_of(shown.endpoint_id)] == [None, None]
    assert len(told.received) == 2
    assert house.registry.get_sample_value("lastro_webhook_auto_disabled_total", {"because": "gone"}) == 1


def test_who_fails_for_too_long_is_disabled_and_loses_nothing(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    told.always = Reply(500)
    with house.delivering(disable_after_hours=12):
        failed_until_disabled(house, shown.endpoint_id, 13)
        await_that(lambda: house.endpoint(shown.endpoint_id).webhook.disabled)
    (fact,) = [
        f for f in house.lastro.opened(house.lastro.read(0, 10_000)) if isinstance(f, WebhookAutoDisabled)
    ]
    assert (fact.because, fact.last_status) == ("failing", 500)
    assert 12 <= fact.failing_hours <= 14
    assert fact.tries >= FEWEST_TRIES
    failures = len(told.received)
    assert set(told.ids()) == {expected[0]}
    told.always = None
    house.webhooks.enable(SYSTEM, shown.endpoint_id)
    with house.delivering():
        told.wait_for(failures + len(expected))
    assert told.ids()[failures:] == expected


def test_what_fails_is_tried_without_waiting_for_its_hour(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    assert not house.webhooks.try_now(SYSTEM, shown.endpoint_id)
    told.always = Reply(503, headers={"Retry-After": "20000"})
    with house.delivering():
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 1)
        assert house.webhooks.try_now(SYSTEM, shown.endpoint_id)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 2)
        due = house.endpoint(shown.endpoint_id).place.next_attempt_at
        assert due is not None
        assert (due - house.clock()).total_seconds() > 10_000
        told.always = None
        assert house.webhooks.try_now(SYSTEM, shown.endpoint_id)
        assert not house.webhooks.try_now(SYSTEM, shown.endpoint_id)
        told.wait_for(2 + len(expected))
    assert told.ids() == [expected[0], expected[0], *expected]


def test_a_worker_that_was_away_disables_nobody_for_it(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    told.always = Reply(500)
    with house.delivering(disable_after_hours=12):
        told.wait_for(1)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 1)
    house.clock.leap(hours=200)
    with house.delivering(disable_after_hours=12):
        told.wait_for(2)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 2)
    assert not house.endpoint(shown.endpoint_id).webhook.disabled


def test_nothing_is_sent_while_it_is_disabled(house: House, world: World, told: Receiver) -> None:
    shown = house.register(told.url())
    house.webhooks.disable(SYSTEM, shown.endpoint_id, "manutenção")
    other = house.register(told.url("/outro"), name="outro")
    with house.delivering():
        told.wait_for(len(house.expected(other.endpoint_id)))
        assert {each.path for each in told.received} == {"/outro"}
        house.webhooks.enable(SYSTEM, shown.endpoint_id)
        await_that(lambda: any(each.path == "/hook" for each in told.received))


def test_a_message_in_hand_when_it_is_disabled_is_sent_again(house: House, told: Receiver) -> None:
    held = Event()
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    told.replies = [Reply(held=held)]
    with house.delivering():
        told.wait_for(1)
        house.webhooks.disable(SYSTEM, shown.endpoint_id, "agora")
        held.set()
        await_that(lambda: len(house.log_of(shown.endpoint_id)) == 1)
        assert house.endpoint(shown.endpoint_id).place.position == 0
        house.webhooks.enable(SYSTEM, shown.endpoint_id)
        told.wait_for(len(expected) + 1)
    assert told.ids() == [expected[0], *expected]


def test_what_waits_can_be_given_up_by_a_person(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    told.replies = [Reply(204), Reply(422)]
    with house.delivering():
        told.wait_for(2)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.head is not None)
        head = house.endpoint(shown.endpoint_id).place.head
        assert head is not None
        assert str(head.message_id) == expected[1]
        with pytest.raises(WebhookHeadMovedError):
            house.webhooks.skip(SYSTEM, shown.endpoint_id, head.position + 1, "engano")
        house.webhooks.skip(SYSTEM, shown.endpoint_id, head.position, "o ERP recusa este corpo")
        told.wait_for(len(expected))
    assert told.ids() == expected
    outcomes = [(str(each.message_id), each.outcome) for each in house.log_of(shown.endpoint_id)]
    assert outcomes[1:3] == [(expected[1], "failed"), (expected[1], "skipped")]
    facts = house.lastro.opened(house.lastro.read(0, 10_000))
    assert [fact.skipped_position for fact in facts if isinstance(fact, WebhookMessageSkipped)] == [
        head.position
    ]


def test_a_replay_sends_again_from_a_position_on(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    with house.delivering():
        told.wait_for(len(expected))
        await_that(lambda: len(house.log_of(shown.endpoint_id)) == len(expected))
        third = told.received[2].message
        house.webhooks.replay(SYSTEM, shown.endpoint_id, int(third["sequence"]))
        told.wait_for(2 * len(expected) - 2)
    assert told.ids() == [*expected, *expected[2:]]


def test_a_replay_in_the_middle_of_a_delivery_holds(house: House, told: Receiver) -> None:
    held = Event()
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    told.replies = [Reply(204), Reply(204), Reply(held=held)]
    with house.delivering():
        told.wait_for(3)
        house.webhooks.replay(SYSTEM, shown.endpoint_id, 1)
        held.set()
        told.wait_for(3 + len(expected))
    assert told.ids() == [*expected[:3], *expected]


def test_a_replay_never_leaves_anything_out(house: House, told: Receiver) -> None:
    shown = house.register(told.url())
    with pytest.raises(WebhookReplayAheadError):
        house.webhooks.replay(SYSTEM, shown.endpoint_id, 5)
    assert house.endpoint(shown.endpoint_id).place.position == 0


def test_a_restored_log_is_noticed_before_anything_is_sent(house: House, told: Receiver) -> None:
    shown = house.register(told.url(), from_position=None)
    with house.lastro.database.connection() as connection:
        connection.execute("UPDATE webhook_endpoint SET event_id = %s", (UUID(int=1),))
    with house.delivering():
        await_that(lambda: house.endpoint(shown.endpoint_id).webhook.disabled)
    assert house.endpoint(shown.endpoint_id).webhook.disabled_because == "log_differs"
    assert told.received == []


def test_from_the_end_on_only_what_is_new_is_sent(house: House, world: World, told: Receiver) -> None:
    shown = house.register(told.url(), from_position=None)
    before = len(house.expected(shown.endpoint_id))
    with house.delivering():
        world.sign("CT-1")
        new = house.expected(shown.endpoint_id)[before:]
        told.wait_for(len(new))
    assert told.ids() == new


def test_a_new_address_is_tried_at_once(house: House, told: Receiver) -> None:
    shown = house.register(told.url("/antigo"))
    told.replies = [Reply(404)]
    with house.delivering():
        told.wait_for(1)
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries == 1)
        house.revise(shown.endpoint_id, url=told.url("/novo"), name="ERP", topics=EVERYTHING)
        told.wait_for(2)
    assert [each.path for each in told.received[:2]] == ["/antigo", "/novo"]


def test_an_endpoint_that_never_was_is_unknown(house: House) -> None:
    with pytest.raises(NotFoundError):
        house.endpoint(UUID(int=3))
