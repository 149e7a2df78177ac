"""Which messages an endpoint is sent, and which facts have to be read for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from application.event_store.upcasters import UPCASTERS
from application.webhooks.offer import Offer, OfferedTopic
from domain.webhook.events import Subscription
from domain.webhook.webhook import Webhook
from producers.messages.catalogue import MAPPINGS, PUBLIC_TOPICS
from producers.messages.customers import FORGOTTEN, PERSONAL_TOPIC, PERSONAL_TYPE, STATING
from producers.messages.message import Message

FORGOTTEN_TYPE = MAPPINGS[FORGOTTEN].message_type


def offer() -> Offer:
    """Every public topic with its messages."""
    return Offer(
        {
            name: OfferedTopic(name, topic.title, tuple(sorted(_types(name))), topic.personal)
            for name, topic in PUBLIC_TOPICS.items()
        }
    )


def wants(webhook: Webhook, message: Message) -> bool:
    """Whether an endpoint is sent this message.

    Who may once have been sent personal data is told of every person that was forgotten, whatever it asks
    for now. A tombstone has no body and is not sent: that message stands for it. Messages of no company go
    only to endpoints for all companies.
    """
    asked = webhook.subscription
    if message.value is None:
        return False
    if webhook.ever_personal and message.type == FORGOTTEN_TYPE:
        return True
    if not _asks_for(asked, message.topic, message.type):
        return False
    if PUBLIC_TOPICS[message.topic].personal and not asked.personal:
        return False
    return asked.companies is None or message.company_id in asked.companies


def fact_topics(webhook: Webhook) -> list[str]:
    """The topics of the facts whose messages it may be sent, in every version that was ever stored."""
    return sorted(older for topic in set(_facts(webhook)) for older in UPCASTERS.sources(topic))


def _facts(webhook: Webhook) -> Iterator[str]:
    asked = webhook.subscription
    for mapping in MAPPINGS.values():
        if _asks_for(asked, mapping.topic, mapping.message_type):
            yield mapping.fact
    if PERSONAL_TOPIC in asked.topics and asked.personal:
        yield from STATING
    if webhook.ever_personal:
        yield FORGOTTEN


def _asks_for(asked: Subscription, topic: str, message_type: str) -> bool:
    if topic not in asked.topics:
        return False
    return message_type in asked.types or _types(topic).isdisjoint(asked.types)


@cache
def _types(topic: str) -> frozenset[str]:
    if topic == PERSONAL_TOPIC:
        return frozenset({PERSONAL_TYPE})
    return frozenset(mapping.message_type for mapping in MAPPINGS.values() if mapping.topic == topic)
