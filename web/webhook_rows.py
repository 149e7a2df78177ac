"""A webhook and its deliveries as the pages show them: words and tones are decided here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.access import Principal
from application.webhooks.deliveries import Delivery
from application.webhooks.endpoints import Endpoint
from application.webhooks.offer import Offer
from application.webhooks.places import Place, at_the_end
from domain.user.roles import Permission
from projections.companies.query import companies
from web import formats
from web.options import company_words
from web.rows import Tag
from web.services import Services
from web.wording import webhooks as words

PATH = "/integracoes/webhooks"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One endpoint. `detail` says more of its state, `waits` is the message that everything waits for."""

    id: UUID
    name: str
    url: str
    state: Tag
    detail: str
    topics: tuple[str, ...]
    messages: str
    personal: bool
    companies: str
    position: int
    last_delivered_at: datetime | None
    disabled: bool
    waits: str
    waiting_position: int | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One attempt."""

    id: UUID
    at: datetime
    kind: str
    message: str
    type: str
    message_id: UUID
    position: int | None
    attempt: int
    outcome: Tag
    answer: str
    excerpt: str
    next_attempt_at: datetime | None


def company_choices(services: Services, principal: Principal) -> list[tuple[str, str]]:
    """The companies in which the person keeps webhooks, by id, in words."""
    allowed = principal.companies(Permission.KEEP_WEBHOOKS)
    known = companies(services.database, None if allowed is None else tuple(sorted(allowed)))
    return [(str(each.company_id), company_words(each)) for each in known]


def log_end(services: Services) -> int:
    """How far the log goes now."""
    with services.database.autocommit() as connection:
        return at_the_end(connection)[0]


def row_of(endpoint: Endpoint, names: Mapping[str, str], end: int, offer: Offer) -> WebhookRow:
    """An endpoint in words."""
    webhook, place = endpoint.webhook, endpoint.place
    asked = webhook.subscription
    state, detail = _state(endpoint, end)
    return WebhookRow(
        id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        state=state,
        detail=detail,
        topics=_topics(asked.topics, offer),
        messages=", ".join(sorted(words.message_words(each) for each in asked.types)),
        personal=asked.personal,
        companies=_companies(asked.companies, names),
        position=place.position,
        last_delivered_at=place.last_delivered_at,
        disabled=webhook.disabled,
        waits="" if place.head_type is None else words.message_words(place.head_type),
        waiting_position=place.head_position,
    )


def delivery_row(delivery: Delivery) -> DeliveryRow:
    """An attempt in words."""
    outcome, tone = words.OUTCOMES[delivery.outcome]
    return DeliveryRow(
        id=delivery.delivery_id,
        at=delivery.at,
        kind=words.KINDS[delivery.kind],
        message="Teste" if delivery.kind == "ping" else words.message_words(delivery.message_type),
        type=delivery.message_type,
        message_id=delivery.message_id,
        position=delivery.position,
        attempt=delivery.attempt,
        outcome=Tag(outcome, tone),
        answer="" if delivery.outcome == "skipped" else words.answered(delivery),
        excerpt=delivery.excerpt,
        next_attempt_at=delivery.next_attempt_at,
    )


def _topics(asked: tuple[str, ...], offer: Offer) -> tuple[str, ...]:
    plain = [name for name, topic in offer.topics.items() if not topic.personal]
    chosen = [name for name in offer.topics if name in asked]
    if len(plain) > 1 and set(plain) <= set(chosen):
        chosen = [name for name in chosen if name not in plain]
        return ("Tudo", *(words.topic_words(offer.topics[name])[0] for name in chosen))
    return tuple(words.topic_words(offer.topics[name])[0] for name in chosen)


def _companies(ids: tuple[UUID, ...] | None, names: Mapping[str, str]) -> str:
    if ids is None:
        return "Todas"
    known = sorted(names.get(str(each), "outra empresa") for each in ids)
    more = len(known) - _MOST_NAMED
    return ", ".join(known[:_MOST_NAMED]) + (f" e mais {more}" if more > 0 else "")


def _state(endpoint: Endpoint, end: int) -> tuple[Tag, str]:
    webhook, place = endpoint.webhook, endpoint.place
    if webhook.disabled_because is not None:
        return Tag("Desligado pelo sistema", "red"), words.DISABLED[webhook.disabled_because]
    if webhook.disabled:
        return Tag("Pausado", "grey"), ""
    if place.tries:
        return Tag("Falhando", "orange"), _failing(place)
    if place.position < end:
        return Tag("Enviando", "blue"), f"posição {formats.count(place.position)} de {formats.count(end)}"
    return Tag("Em dia", "green"), ""


def _failing(place: Place) -> str:
    answer = words.REASONS.get(place.last_reason or "", "")
    told = f"HTTP {place.last_status}" if place.last_status is not None else answer.rstrip(".")
    since = formats.moment(place.failing_since)
    due = place.next_attempt_at
    following = "agora" if due is None else f"em {formats.moment_with_seconds(due)}"
    tries = formats.counted(place.tries, "tentativa", "tentativas")
    return f"{told}. {tries} desde {since}; a próxima {following}."
