"""Webhook: an address outside that is sent our public messages, in order, signed."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain.kernel import Aggregate, DomainError, first, projector
from domain.values.text import required_text
from domain.webhook.events import (
    AutoDisabledBecause,
    Subscription,
    WebhookAutoDisabled,
    WebhookDisabled,
    WebhookEnabled,
    WebhookEvent,
    WebhookMessageSkipped,
    WebhookRegistered,
    WebhookReplayed,
    WebhookRevised,
    WebhookSecretRotated,
)

NAME_LENGTH = 80
LONGEST_OVERLAP_HOURS = 30 * 24


class WebhookOverlapInvalidError(DomainError):
    """Secrets before the new one stay valid for up to 30 days, or end at once (0). Choose again."""


class Webhook(Aggregate):
    """An endpoint. `ever_personal`: personal data may have been sent to it, so it is told of persons
    that were forgotten, whatever it asks for now. `disabled_because` None: a person disabled it."""

    name: str
    url: str
    subscription: Subscription
    ever_personal: bool
    secret_id: UUID
    disabled: bool = False
    disabled_because: AutoDisabledBecause | None = None

    @staticmethod
    def register(
        id: UUID,
        name: str,
        url: str,
        subscription: Subscription,
        from_position: int,
        secret_id: UUID,
        now: datetime,
    ) -> WebhookRegistered:
        """A new endpoint; the caller has checked the address, and that it may be sent all this."""
        return WebhookRegistered(
            **first(id, now),
            name=required_text(name, "name", NAME_LENGTH),
            url=url,
            subscription=normal(subscription),
            from_position=from_position,
            secret_id=secret_id,
        )

    def revise(self, name: str, url: str, subscription: Subscription, now: datetime) -> WebhookRevised | None:
        """Send something else, or elsewhere, from the next message on."""
        said = (required_text(name, "name", NAME_LENGTH), url, normal(subscription))
        if said == (self.name, self.url, self.subscription):
            return None
        return WebhookRevised(**self.following(now), name=said[0], url=said[1], subscription=said[2])

    def rotate_secret(self, secret_id: UUID, overlap_hours: int, now: datetime) -> WebhookSecretRotated:
        """Sign with a new secret, and with those before it for so many hours more."""
        if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
            raise WebhookOverlapInvalidError
        return WebhookSecretRotated(**self.following(now), secret_id=secret_id, overlap_hours=overlap_hours)

    def disable(self, reason: str, now: datetime) -> WebhookDisabled | None:
        """Stop sending. An endpoint that the system stopped stays so, with the system's reason."""
        if self.disabled:
            return None
        return WebhookDisabled(**self.following(now), reason=required_text(reason, "reason"))

    def auto_disable(
        self,
        because: AutoDisabledBecause,
        failing_hours: int,
        tries: int,
        last_status: int | None,
        now: datetime,
    ) -> WebhookAutoDisabled | None:
        """Stop sending to who is gone, or has not taken a message for too long."""
        if self.disabled:
            return None
        return WebhookAutoDisabled(
            **self.following(now),
            because=because,
            failing_hours=failing_hours,
            tries=tries,
            last_status=last_status,
        )

    def enable(self, now: datetime) -> WebhookEnabled | None:
        """Go on, with the message that it stopped at."""
        return WebhookEnabled(**self.following(now)) if self.disabled else None

    def replay(self, from_position: int, now: datetime) -> WebhookReplayed:
        """Send again from a position on."""
        return WebhookReplayed(**self.following(now), from_position=from_position)

    def skip(self, position: int, reason: str, now: datetime) -> WebhookMessageSkipped:
        """Give up on the message of the fact at this position."""
        return WebhookMessageSkipped(
            **self.following(now), skipped_position=position, reason=required_text(reason, "reason")
        )


def normal(subscription: Subscription) -> Subscription:
    """The same, in one order and without repetitions, so that equal wishes are equal facts."""
    companies = subscription.companies
    return Subscription(
        topics=tuple(sorted(set(subscription.topics))),
        types=tuple(sorted(set(subscription.types))),
        companies=None if companies is None else tuple(sorted(set(companies))),
        personal=subscription.personal,
    )


def evolve(webhook: Webhook | None, event: WebhookEvent) -> Webhook:
    """The state one fact later."""
    if isinstance(event, WebhookRegistered):
        return Webhook(
            id=event.originator_id,
            version=event.originator_version,
            name=event.name,
            url=event.url,
            subscription=event.subscription,
            ever_personal=event.subscription.personal,
            secret_id=event.secret_id,
        )
    assert webhook is not None
    match event:
        case WebhookRevised():
            return _revised(webhook, event)
        case WebhookSecretRotated():
            return webhook.moved(event, secret_id=event.secret_id)
        case WebhookDisabled():
            return webhook.moved(event, disabled=True, disabled_because=None)
        case WebhookAutoDisabled():
            return webhook.moved(event, disabled=True, disabled_because=event.because)
        case WebhookEnabled():
            return webhook.moved(event, disabled=False, disabled_because=None)
        case WebhookReplayed() | WebhookMessageSkipped():
            return webhook.moved(event)
        case _:
            assert_never(event)


def _revised(webhook: Webhook, event: WebhookRevised) -> Webhook:
    return webhook.moved(
        event,
        name=event.name,
        url=event.url,
        subscription=event.subscription,
        ever_personal=webhook.ever_personal or event.subscription.personal,
    )


project = projector(evolve)
