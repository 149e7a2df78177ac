"""The facts of a webhook endpoint: who is sent which messages, and where. Its secrets are never facts."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt

from domain.kernel import DomainEvent, Frozen

type AutoDisabledBecause = Literal["gone", "failing", "log_differs"]
"""The endpoint answered 410; it failed for too long; the log is not the one that it was sent before."""


class Subscription(Frozen):
    """Which messages an endpoint is sent.

    `topics` are public topics; `types` narrows those that they are of to these messages, and a topic none of
    whose messages is named is sent whole, with later ones too. `companies` None is every company and what
    belongs to none. `personal`: messages with personal data, too.
    """

    topics: Annotated[tuple[str, ...], Field(min_length=1)]
    types: tuple[str, ...]
    companies: Annotated[tuple[UUID, ...], Field(min_length=1)] | None
    personal: bool


class WebhookRegistered(DomainEvent):
    """Messages of facts above `from_position` are sent to `url`, signed with the secret of this id."""

    TOPIC: ClassVar[str] = "webhook.registered.v1"
    name: str
    url: str
    subscription: Subscription
    from_position: NonNegativeInt
    secret_id: UUID


class WebhookRevised(DomainEvent):
    """What is sent, or where, from the next message on; the place in the log stays."""

    TOPIC: ClassVar[str] = "webhook.revised.v1"
    name: str
    url: str
    subscription: Subscription


class WebhookSecretRotated(DomainEvent):
    """A new secret signs; those before it sign as well for so many hours more."""

    TOPIC: ClassVar[str] = "webhook.secret_rotated.v1"
    secret_id: UUID
    overlap_hours: NonNegativeInt


class WebhookDisabled(DomainEvent):
    """A person stopped the sending; nothing is lost, it goes on where it stopped."""

    TOPIC: ClassVar[str] = "webhook.disabled.v1"
    reason: str


class WebhookAutoDisabled(DomainEvent):
    """The system stopped the sending. `last_status` None: no answer at all."""

    TOPIC: ClassVar[str] = "webhook.auto_disabled.v1"
    because: AutoDisabledBecause
    failing_hours: NonNegativeInt
    tries: NonNegativeInt
    last_status: int | None


class WebhookEnabled(DomainEvent):
    """The sending goes on, with the message that it stopped at."""

    TOPIC: ClassVar[str] = "webhook.enabled.v1"


class WebhookReplayed(DomainEvent):
    """Messages of facts from this position on are sent (again)."""

    TOPIC: ClassVar[str] = "webhook.replayed.v1"
    from_position: NonNegativeInt


class WebhookMessageSkipped(DomainEvent):
    """A person gave up on the message that everything waited for: the fact at this position is not sent."""

    TOPIC: ClassVar[str] = "webhook.message_skipped.v1"
    skipped_position: PositiveInt
    reason: str


WebhookEvent = (
    WebhookRegistered
    | WebhookRevised
    | WebhookSecretRotated
    | WebhookDisabled
    | WebhookAutoDisabled
    | WebhookEnabled
    | WebhookReplayed
    | WebhookMessageSkipped
)
