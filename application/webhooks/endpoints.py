"""Webhook endpoints: registered, revised, switched on and off, replayed, by who may keep them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.access import Principal
from application.app import Lastro, NotFoundError
from application.clock import Clock
from application.database import Connection
from application.ids import new_id
from application.unit_of_work import context_of, retried
from application.webhooks import places
from application.webhooks.addresses import Target, parse_target
from application.webhooks.deliveries import Delivery, note
from application.webhooks.offer import Offer
from application.webhooks.places import Head, Place
from application.webhooks.secrets import KeptSecret, WebhookSecrets, shown
from domain.company.company import project as project_company
from domain.kernel import DomainError, DomainEvent, Frozen
from domain.user.roles import Permission
from domain.webhook.events import AutoDisabledBecause, Subscription
from domain.webhook.webhook import Webhook, project


class WebhookTopicUnknownError(DomainError):
    """No public topic, or no message of the chosen topics, is called so. Details: `names`."""


class WebhookPersonalDataError(DomainError):
    """Messages with personal data go to an endpoint that was registered for them, by someone who may read
    personal data, and for all companies: persons belong to none.

    Details: `reason` (`unconfirmed`, `limited`).
    """


class WebhookReplayAheadError(DomainError):
    """A replay goes back to a fact that was sent before. To leave one out, skip it. Details: `position`."""


class WebhookHeadMovedError(DomainError):
    """This message is not the one that waits: it was delivered, or skipped, meanwhile. Look again."""


class WebhookForm(Frozen):
    """What a person says of an endpoint. `companies` None is every company, and what belongs to none."""

    name: str
    url: str
    topics: tuple[str, ...]
    types: tuple[str, ...] = ()
    companies: tuple[UUID, ...] | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class SecretShown:
    """The one time that a secret is told. `position` is of the fact."""

    endpoint_id: UUID
    secret: str
    position: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it stands, and where it has got to."""

    webhook: Webhook
    place: Place


class Webhooks:
    """Takes KEEP_WEBHOOKS in every company that an endpoint hears of."""

    def __init__(
        self,
        lastro: Lastro,
        secrets: WebhookSecrets,
        clock: Clock,
        offer: Offer,
        *,
        allow_private: bool = False,
    ) -> None:
        self._lastro = lastro
        self._secrets = secrets
        self._clock = clock
        self._allow_private = allow_private
        self.offer = offer

    def target(self, url: str) -> Target:
        """Where a typed address leads. Raises WebhookUrlInvalidError."""
        return parse_target(url, allow_private=self._allow_private)

    def register(
        self,
        principal: Principal,
        form: WebhookForm,
        *,
        from_position: int | None = None,
        endpoint_id: UUID | None = None,
    ) -> SecretShown:
        """A new endpoint, from the end of the log on, or from a position. Only the answer has its secret.

        Raises ConcurrencyError where `endpoint_id` is an endpoint by now.
        """
        url, subscription = self._checked(principal, form)
        endpoint_id, secret_id, now = endpoint_id or new_id(), new_id(), self._clock()
        with self._lastro.database.autocommit() as connection:
            end = places.at_the_end(connection)
            at = end if from_position is None else min(places.before(connection, from_position), end)
        secret = self._secrets.generate()

        def also(connection: Connection) -> None:
            places.begin(connection, endpoint_id, at)
            self._secrets.keep(connection, endpoint_id, secret_id, secret, now)

        fact = Webhook.register(endpoint_id, form.name, url, subscription, at[0], secret_id, now)
        position = self._lastro.record(context_of(principal), fact, also=also)
        return SecretShown(endpoint_id, shown(secret), position)

    def revise(self, principal: Principal, endpoint_id: UUID, form: WebhookForm) -> None:
        """Something else, or elsewhere, from the next message on."""
        url, subscription = self._checked(principal, form)
        self._decide(
            principal,
            endpoint_id,
            lambda webhook: webhook.revise(form.name, url, subscription, self._clock()),
            lambda connection: places.start_afresh(connection, endpoint_id),
        )

    def rotate_secret(self, principal: Principal, endpoint_id: UUID, overlap_hours: int) -> SecretShown:
        """A new secret; those before it sign for so many hours more."""
        secret, secret_id = self._secrets.generate(), new_id()

        def also(connection: Connection) -> None:
            now = self._clock()
            self._secrets.retire(connection, endpoint_id, timedelta(hours=overlap_hours), now)
            self._secrets.keep(connection, endpoint_id, secret_id, secret, now)

        position = self._decide(
            principal,
            endpoint_id,
            lambda webhook: webhook.rotate_secret(secret_id, overlap_hours, self._clock()),
            also,
        )
        return SecretShown(endpoint_id, shown(secret), position)

    def disable(self, principal: Principal, endpoint_id: UUID, reason: str) -> None:
        """Send nothing until it is enabled again; nothing is lost."""
        self._decide(
            principal,
            endpoint_id,
            lambda webhook: webhook.disable(reason, self._clock()),
            lambda connection: places.start_afresh(connection, endpoint_id),
        )

    def enable(self, principal: Principal, endpoint_id: UUID) -> None:
        """Go on with the message that it stopped at."""
        self._decide(
            principal,
            endpoint_id,
            lambda webhook: webhook.enable(self._clock()),
            lambda connection: places.start_afresh(connection, endpoint_id),
        )

    def replay(self, principal: Principal, endpoint_id: UUID, from_position: int) -> None:
        """Send the messages of the facts from this position on (again). Raises WebhookReplayAheadError."""
        with self._lastro.database.autocommit() as connection:
            at = places.before(connection, from_position)

        def also(connection: Connection) -> None:
            if not places.go_back(connection, endpoint_id, at):
                raise WebhookReplayAheadError(position=from_position)

        self._decide(
            principal, endpoint_id, lambda webhook: webhook.replay(from_position, self._clock()), also
        )

    def skip(self, principal: Principal, endpoint_id: UUID, position: int, reason: str) -> None:
        """Give up on the message that everything waits for, of the fact at this position."""

        def also(connection: Connection) -> None:
            head = places.step_over(connection, endpoint_id, position)
            if head is None:
                raise WebhookHeadMovedError(position=position)
            note(connection, _skipped(endpoint_id, head, self._clock()))

        self._decide(
            principal, endpoint_id, lambda webhook: webhook.skip(position, reason, self._clock()), also
        )

    def ping(self, principal: Principal, endpoint_id: UUID) -> UUID:
        """Have the worker send a message of no meaning, also to a disabled endpoint; its id in the log."""
        self.endpoint(principal, endpoint_id)
        ping_id = new_id()
        with self._lastro.database.connection() as connection:
            places.ask_ping(connection, endpoint_id, ping_id)
        return ping_id

    def try_now(self, principal: Principal, endpoint_id: UUID) -> bool:
        """Have the worker send what fails without waiting for its hour; False if nothing waits for it.

        It counts as a further attempt, and the pause after it is as long as it would have been.
        """
        self.endpoint(principal, endpoint_id)
        with self._lastro.database.connection() as connection:
            return places.hasten(connection, endpoint_id)

    def auto_disable(
        self,
        principal: Principal,
        endpoint_id: UUID,
        because: AutoDisabledBecause,
        failing_since: datetime | None,
        tries: int,
        last_status: int | None,
    ) -> bool:
        """The system's own decision; False if it was disabled before."""
        now = self._clock()
        hours = 0 if failing_since is None else int((now - failing_since).total_seconds() // 3600)
        position = self._decide(
            principal,
            endpoint_id,
            lambda webhook: webhook.auto_disable(because, max(hours, 0), tries, last_status, now),
        )
        return position > 0

    def endpoint(self, principal: Principal, endpoint_id: UUID) -> Endpoint:
        """One that this person keeps; others are as unknown as one that never was."""
        found = places.places(self._lastro.database, [endpoint_id])
        if endpoint_id not in found:
            raise NotFoundError(f"no webhook endpoint {endpoint_id}", id=endpoint_id)
        return Endpoint(self._load(principal, endpoint_id), found[endpoint_id])

    def secrets_of(self, principal: Principal, endpoint_id: UUID) -> list[KeptSecret]:
        """Which secrets sign now, the newest first; nothing of the secrets themselves."""
        self._load(principal, endpoint_id)
        return self._secrets.kept(endpoint_id, self._clock())

    def endpoints(self, principal: Principal) -> list[Endpoint]:
        """All that this person keeps, by name."""
        principal.require(Permission.KEEP_WEBHOOKS)
        kept = self.everything()
        return [each for each in kept if keeps(principal, each.webhook.subscription)]

    def everything(self) -> list[Endpoint]:
        """Every endpoint, by name: for the worker and the metrics."""
        found = places.places(self._lastro.database)
        states = self._lastro.load_many(project, found)
        kept = [Endpoint(states[id], place) for id, place in found.items() if id in states]
        return sorted(kept, key=lambda each: (each.webhook.name.casefold(), each.webhook.id))

    def find(self, principal: Principal, text: str) -> UUID:
        """The endpoint of this id or name. Raises NotFoundError."""
        kept = self.endpoints(principal)
        wanted = text.strip().casefold()
        found = [e.webhook.id for e in kept if wanted in (str(e.webhook.id), e.webhook.name.casefold())]
        if len(found) != 1:
            raise NotFoundError(f"no webhook endpoint, or more than one, is called {text}")
        return found[0]

    def _checked(self, principal: Principal, form: WebhookForm) -> tuple[str, Subscription]:
        require_reach(principal, form.companies)
        unknown = [name for name in form.topics if name not in self.offer.topics]
        unknown += sorted(set(form.types) - self.offer.types_of(form.topics))
        if unknown or not form.topics:
            raise WebhookTopicUnknownError(names=unknown)
        personal = self.offer.personal_among(form.topics)
        if personal:
            _require_personal(principal, form)
        known = self._lastro.load_many(project_company, form.companies or ())
        if form.companies is not None and (missing := set(form.companies) - set(known)):
            raise NotFoundError("no such company", ids=sorted(missing))
        target = self.target(form.url)
        subscription = Subscription(
            topics=form.topics, types=form.types, companies=form.companies, personal=personal
        )
        return str(target), subscription

    def _load(self, principal: Principal, endpoint_id: UUID) -> Webhook:
        principal.require(Permission.KEEP_WEBHOOKS)
        webhook = self._lastro.load(project, endpoint_id)
        if not keeps(principal, webhook.subscription):
            raise NotFoundError(f"no webhook endpoint {endpoint_id}", id=endpoint_id)
        return webhook

    def _decide(
        self,
        principal: Principal,
        endpoint_id: UUID,
        decide: Callable[[Webhook], DomainEvent | None],
        also: Callable[[Connection], None] | None = None,
    ) -> int:
        """The position of what was recorded, 0 where nothing was to be."""

        def command() -> int:
            fact = decide(self._load(principal, endpoint_id))
            return 0 if fact is None else self._lastro.record(context_of(principal), fact, also=also)

        return retried(command)


def _skipped(endpoint_id: UUID, head: Head, now: datetime) -> Delivery:
    return Delivery(
        delivery_id=new_id(),
        endpoint_id=endpoint_id,
        kind="message",
        message_id=head.message_id,
        message_type=head.type,
        position=head.position,
        attempt=head.tries,
        outcome="skipped",
        status=None,
        reason=None,
        latency_ms=0,
        at=now,
        next_attempt_at=None,
        excerpt="",
    )


def keeps(principal: Principal, subscription: Subscription) -> bool:
    """Whether someone keeps webhooks wherever this subscription reaches."""
    allowed = principal.companies(Permission.KEEP_WEBHOOKS)
    if allowed is None:
        return True
    return subscription.companies is not None and allowed.issuperset(subscription.companies)


def require_reach(principal: Principal, companies: tuple[UUID, ...] | None) -> None:
    """Raise unless someone keeps webhooks in all these companies; None is every company."""
    if companies is None:
        principal.require_everywhere(Permission.KEEP_WEBHOOKS)
    else:
        principal.require(Permission.KEEP_WEBHOOKS)
        for company_id in companies:
            principal.require(Permission.KEEP_WEBHOOKS, company_id)


def _require_personal(principal: Principal, form: WebhookForm) -> None:
    principal.require_everywhere(Permission.READ_PERSONAL)
    if not form.personal:
        raise WebhookPersonalDataError(reason="unconfirmed")
    if form.companies is not None:
        raise WebhookPersonalDataError(reason="limited")
