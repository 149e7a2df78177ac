"""Every public topic, and what each fact says there; a fact that says nothing is listed with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from application.event_store.reading import RecordedEvent
from application.event_store.upcasters import upcast
from producers.messages import contracts, customers, invoices, registries, runs, sales, settlements
from producers.messages.mapping import Mapping
from producers.messages.message import DEFAULT_SOURCE, Message, enveloped, tombstone
from producers.messages.people import NOBODY, People

PARTITIONS = 12
"""Of every public topic, for ever: a key's partition follows from it."""

_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class PublicTopic:
    """A topic that we write, and what it is created with. `personal`: it says who people are."""

    name: str
    title: str
    personal: bool
    config: dict[str, str]


def _kept(name: str, title: str) -> PublicTopic:
    return PublicTopic(name, title, False, {"cleanup.policy": "delete", "retention.ms": "-1"})


PUBLIC_TOPICS: dict[str, PublicTopic] = {
    topic.name: topic
    for topic in (
        _kept(contracts.TOPIC, "Contracts: terms, periods generated, revisions, adjustments, end"),
        _kept(invoices.TOPIC, "Invoices: amounts, documents, billing, receipts, cancellation"),
        _kept(sales.TOPIC, "Sales: what was sold, and which items are on which invoice"),
        _kept(settlements.TOPIC, "Settlements: receipts told from outside, and whose debt they paid"),
        _kept(customers.TOPIC, "Customers, by id, without personal data"),
        PublicTopic(
            customers.PERSONAL_TOPIC,
            "Customers with their personal data: the latest state of each",
            True,
            {
                "cleanup.policy": "compact",
                "max.compaction.lag.ms": str(7 * _DAY),
                "delete.retention.ms": str(30 * _DAY),
                "segment.ms": str(_DAY),
            },
        ),
        _kept(registries.COMPANIES, "Companies of the organisation"),
        _kept(registries.ACCOUNTS, "Accounts where money is received"),
        _kept(registries.SERVICES, "Services and products"),
        _kept(registries.INDICES, "Price indices and their points"),
        _kept(runs.TOPIC, "Billing runs"),
    )
}

MAPPINGS: dict[str, Mapping] = {
    mapping.fact: mapping
    for module in (contracts, invoices, sales, settlements, customers, registries, runs)
    for mapping in module.MAPPINGS
}
"""By the fact's newest topic."""

_INSIDE = "of no use outside: "

PRIVATE: dict[str, str] = {
    **customers.PRIVATE,
    **registries.PRIVATE,
    **runs.PRIVATE,
    "numbering.reserved.v1": _INSIDE + "a number is told with the document that bears it",
    "numbering.advanced.v1": _INSIDE + "a number is told with the document that bears it",
    "personal_data.read.v1": "who looked at whose data is for the audit",
    "personal_data.message_read.v1": "who looked at whose data is for the audit",
    **dict.fromkeys(
        (
            "user.registered.v1",
            "user.grants_set.v1",
            "user.password_set.v1",
            "user.disabled.v1",
            "user.enabled.v1",
            "user.signed_in.v1",
        ),
        "people who work here are not our subscribers' matter",
    ),
    **dict.fromkeys(
        (
            "webhook.registered.v1",
            "webhook.revised.v1",
            "webhook.secret_rotated.v1",
            "webhook.disabled.v1",
            "webhook.auto_disabled.v1",
            "webhook.enabled.v1",
            "webhook.replayed.v1",
            "webhook.message_skipped.v1",
        ),
        _INSIDE + "how one subscriber is reached is no other's matter",
    ),
}
"""By the fact's newest topic, why it leaves no message of its own in a public topic."""


class FactUnmappedError(Exception):
    """A newer release recorded a fact that this one has no message for. Upgrade this process."""


def messages_of(
    event: RecordedEvent, people: People = NOBODY, source: str = DEFAULT_SOURCE
) -> Sequence[Message]:
    """What one stored fact says to the world: at most one public message, and at most one personal one.

    `people` comes from `people_of` for the chunk; without it no personal data are stated, but who was
    forgotten is. The same fact always gives the same messages, unless a person was forgotten meanwhile.
    Raises FactUnmappedError.
    """
    topic, state = upcast(event.topic, event.state)
    mapping = MAPPINGS.get(topic)
    if mapping is None:
        if topic not in PRIVATE:
            raise FactUnmappedError(f"{topic} at position {event.position}")
        return _personal(event, topic, people, source) if topic in customers.STATING else ()
    message = enveloped(
        event, mapping.topic, mapping.message_type, mapping.make(event.stream_id, state), source
    )
    if topic in customers.STATING or topic == customers.FORGOTTEN:
        return (message, *_personal(event, topic, people, source))
    return (message,)


def _personal(event: RecordedEvent, topic: str, people: People, source: str) -> Sequence[Message]:
    if topic == customers.FORGOTTEN:
        return (tombstone(event, customers.PERSONAL_TOPIC, customers.PERSONAL_TYPE),)
    customer = people.get(event.event_id)
    if customer is None:
        return ()
    data = customers.personal_data(customer)
    return (
        enveloped(
            event,
            customers.PERSONAL_TOPIC,
            customers.PERSONAL_TYPE,
            data,
            source,
            customers.PERSONAL_FIELDS,
        ),
    )
