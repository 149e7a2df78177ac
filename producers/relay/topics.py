"""Makes the topics that are missing and refuses those that are not as their contract says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

from producers.messages.catalogue import PARTITIONS, PUBLIC_TOPICS
from producers.relay.broker import MESSAGE_BYTES, Broker, troubles
from producers.relay.positions import POSITIONS, POSITIONS_CONFIG, Origin
from producers.relay.problems import BrokerTroubleError, TopicWrongError

_CHECKED = ("cleanup.policy", "retention.ms")
"""What a reader could not make up for: a topic that loses its beginning, or keeps what is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a topic is made with, and is to have. `name` is without the prefix."""

    name: str
    partitions: int
    config: Mapping[str, str]


def shape_of(topic: str, into: str | None = None) -> Shape:
    """The shape of a public topic, or of a copy of it."""
    return Shape(into or topic, PARTITIONS, PUBLIC_TOPICS[topic].config)


POSITIONS_SHAPE = Shape(POSITIONS, 1, POSITIONS_CONFIG)


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as it is. A topic that was deleted and made again has another id."""

    topic_id: str
    partitions: int
    made: bool


def origin_of(broker: Broker) -> Origin:
    """The cluster behind the address."""
    with broker.admin() as client:
        return Origin(str(client.describe_cluster()["cluster_id"]), broker.prefix)


def ensure(broker: Broker, shapes: Iterable[Shape]) -> dict[str, Found]:
    """Make what is missing; what each is, by name without prefix. Raises TopicWrongError."""
    wanted = {broker.named(shape.name): shape for shape in shapes}
    with broker.admin() as client:
        made = _made(client, wanted)
        described = {each["name"]: each for each in client.describe_topics(list(wanted))}
        configs = _configs(client, wanted)
    found = {}
    for name, shape in wanted.items():
        _check(name, shape, described[name], configs[name])
        found[shape.name] = Found(str(described[name]["topic_id"]), shape.partitions, name in made)
    return found


def ids_of(broker: Broker, names: Iterable[str]) -> dict[str, str]:
    """Which of these (without prefix) there are, with Kafka's ids; none is made."""
    wanted = {broker.named(name): name for name in names}
    with broker.admin() as client:
        there = set(client.list_topics()) & wanted.keys()
        described = client.describe_topics(sorted(there)) if there else []
    return {wanted[each["name"]]: str(each["topic_id"]) for each in described if not each["error_code"]}


def written(broker: Broker, found: Mapping[str, Found]) -> list[str]:
    """Which of these topics have ever been written to."""
    partitions = [
        TopicPartition(broker.named(name), number)
        for name, each in found.items()
        for number in range(each.partitions)
    ]
    with troubles():
        reader = broker.reader(committed=False)
        try:
            ends = reader.end_offsets(partitions)
        finally:
            reader.close()
    return sorted({partition.topic for partition, end in ends.items() if end})


def _made(client: KafkaAdminClient, wanted: Mapping[str, Shape]) -> set[str]:
    there = set(client.list_topics())
    missing = {name: _new(shape) for name, shape in wanted.items() if name not in there}
    made = {name for name, topic in missing.items() if _create(client, name, topic)}
    if missing:
        client.wait_for_topics(list(missing))
    return made


def _new(shape: Shape) -> dict[str, Any]:
    configs = {"max.message.bytes": str(MESSAGE_BYTES), **shape.config}
    return {"num_partitions": shape.partitions, "configs": configs}


def _create(client: KafkaAdminClient, name: str, topic: dict[str, Any]) -> bool:
    """Whether it was we who made it; the broker's own default says how many copies it has."""
    try:
        client.create_topics({name: topic})
    except TopicAlreadyExistsError:
        return False
    return True


def _configs(client: KafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, list(_CHECKED)) for name in names]
    try:
        answer = client.describe_configs(asked, config_filter="all")
    except UnknownTopicOrPartitionError as error:
        raise BrokerTroubleError("a topic was deleted just now") from error
    return {
        name: {key: str(each["value"]) for key, each in configs.items()}
        for name, configs in answer["topic"].items()
    }


def _check(name: str, shape: Shape, described: dict[str, Any], config: dict[str, str]) -> None:
    if described["error_code"]:
        raise BrokerTroubleError(f"{name} was deleted just now")
    partitions = len(described["partitions"])
    if partitions != shape.partitions:
        raise TopicWrongError(name, "partitions:", partitions, shape.partitions)
    for key in _CHECKED:
        if key in shape.config and config[key] != shape.config[key]:
            raise TopicWrongError(name, f"{key}:", config[key], shape.config[key])
