"""Webhook: where messages go, which, and when not."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.values.text import TextInvalidError
from domain.webhook.events import (
    Subscription,
    WebhookAutoDisabled,
    WebhookDisabled,
    WebhookEnabled,
    WebhookMessageSkipped,
    WebhookRegistered,
    WebhookReplayed,
    WebhookRevised,
    WebhookSecretRotated,
)
from domain.webhook.webhook import Webhook, WebhookOverlapInvalidError, evolve, project
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000001")
SECRET = UUID("01930000-0000-7000-8000-000000000002")
NEWER = UUID("01930000-0000-7000-8000-000000000003")
ALFA = UUID("01930000-0000-7000-8000-00000000000a")
BETA = UUID("01930000-0000-7000-8000-00000000000b")
URL = "https://erp.example.com/lastro"


def header(version: int) -> dict[str, Any]:
    return {"originator_id": ID, "originator_version": version, "occurred_at": NOW, "company_id": None}


def wishes(**changes: Any) -> Subscription:
    base = {"topics": ("billing.invoices.v1",), "types": (), "companies": None, "personal": False}
    return Subscription(**{**base, **changes})


REGISTERED = WebhookRegistered(
    **header(1), name="ERP", url=URL, subscription=wishes(), from_position=41, secret_id=SECRET
)
DISABLED = WebhookDisabled(**header(2), reason="manutenção")
FAILED = WebhookAutoDisabled(**header(2), because="failing", failing_hours=72, tries=40, last_status=500)


def test_wishes_are_kept_in_one_order() -> None:
    said = wishes(topics=("b", "a", "a"), types=("z", "y"), companies=(BETA, ALFA, BETA))
    registered = Webhook.register(ID, "  ERP  do grupo ", URL, said, 0, SECRET, NOW)
    assert registered.name == "ERP do grupo"
    assert registered.subscription == wishes(topics=("a", "b"), types=("y", "z"), companies=(ALFA, BETA))


def test_a_name_is_needed() -> None:
    with pytest.raises(TextInvalidError):
        Webhook.register(ID, " ", URL, wishes(), 0, SECRET, NOW)


def test_a_revision_that_says_the_same_is_none() -> None:
    given(project, REGISTERED).when(lambda hook: hook.revise("ERP", URL, wishes(), NOW)).then_nothing()
    given(project, REGISTERED).when(lambda hook: hook.revise("ERP 2", URL, wishes(), NOW)).then(
        WebhookRevised(**header(2), name="ERP 2", url=URL, subscription=wishes())
    )


def test_who_was_once_sent_personal_data_is_known_for_ever() -> None:
    personal = WebhookRevised(**header(2), name="ERP", url=URL, subscription=wishes(personal=True))
    plain = WebhookRevised(**header(3), name="ERP", url=URL, subscription=wishes())
    state = project(None, [REGISTERED])
    assert state is not None
    assert not state.ever_personal
    state = project(state, [personal, plain])
    assert state is not None
    assert state.ever_personal
    assert not state.subscription.personal


def test_a_new_secret_signs_beside_the_old_ones_for_a_while() -> None:
    given(project, REGISTERED).when(lambda hook: hook.rotate_secret(NEWER, 24, NOW)).then(
        WebhookSecretRotated(**header(2), secret_id=NEWER, overlap_hours=24)
    )


@pytest.mark.parametrize("overlap", [-1, 721])
def test_old_secrets_do_not_sign_for_ever(overlap: int) -> None:
    given(project, REGISTERED).when(lambda hook: hook.rotate_secret(NEWER, overlap, NOW)).then_refused(
        WebhookOverlapInvalidError
    )


def test_it_is_disabled_once_and_enabled_once() -> None:
    given(project, REGISTERED).when(lambda hook: hook.disable("manutenção", NOW)).then(DISABLED)
    given(project, REGISTERED, DISABLED).when(lambda hook: hook.disable("x", NOW)).then_nothing()
    given(project, REGISTERED, DISABLED).when(lambda hook: hook.enable(NOW)).then(WebhookEnabled(**header(3)))
    given(project, REGISTERED).when(lambda hook: hook.enable(NOW)).then_nothing()


def test_the_system_disables_with_its_reason_but_not_what_is_disabled() -> None:
    given(project, REGISTERED).when(lambda hook: hook.auto_disable("failing", 72, 40, 500, NOW)).then(FAILED)
    given(project, REGISTERED, DISABLED).when(
        lambda hook: hook.auto_disable("gone", 0, 1, 410, NOW)
    ).then_nothing()
    state = project(None, [REGISTERED, FAILED])
    assert state is not None
    assert (state.disabled, state.disabled_because) == (True, "failing")
    assert evolve(state, WebhookEnabled(**header(3))).disabled_because is None


def test_a_replay_and_a_message_that_was_given_up_are_facts() -> None:
    given(project, REGISTERED, DISABLED).when(lambda hook: hook.replay(7, NOW)).then(
        WebhookReplayed(**header(3), from_position=7)
    )
    given(project, REGISTERED).when(lambda hook: hook.skip(42, "corpo recusado", NOW)).then(
        WebhookMessageSkipped(**header(2), skipped_position=42, reason="corpo recusado")
    )
    replayed = WebhookReplayed(**header(2), from_position=7)
    state = project(None, [REGISTERED, replayed])
    assert state is not None
    assert state.version == 2


def test_what_nobody_asked_for_is_no_subscription() -> None:
    for empty in ({"topics": ()}, {"companies": ()}):
        with pytest.raises(ValueError):
            wishes(**empty)
