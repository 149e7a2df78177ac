"""How one kind of fact becomes one public message: its type, its topic, and what makes its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from producers.messages.fields import Payload

type Data = dict[str, Any]
type Make = Callable[[UUID, Data], Data]
"""From the id of the stream and the fact's state in its newest shape, still sealed where it is personal."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """`fact` is the fact's topic in the event table; `message_type` and `topic` are public."""

    fact: str
    message_type: str
    topic: str
    payload: type[Payload]
    make: Make


def copied(payload: type[Payload], identity: str) -> Make:
    """Makes data whose fields are the fact's own of the same name, beside the id of the stream."""
    names = tuple(name for name in payload.model_fields if name != identity)

    def make(stream_id: UUID, state: Data) -> Data:
        data: Data = {identity: stream_id}
        for name in names:
            data[name] = state[name]
        return data

    return make


class Tells(Protocol):
    """Maps one fact of an aggregate. Without `make`, the data are the fact's own fields."""

    def __call__(self, fact: str, payload: type[Payload], make: Make | None = None, /) -> Mapping:
        """The mapping of a fact's topic."""


def telling(topic: str, identity: str) -> Tells:
    """For the facts of one aggregate: messages of `topic`, whose field `identity` is the stream's id."""

    def tells(fact: str, payload: type[Payload], make: Make | None = None, /) -> Mapping:
        return Mapping(fact, f"billing.{fact}", topic, payload, make or copied(payload, identity))

    return tells
