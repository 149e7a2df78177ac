"""What an endpoint can ask for, handed in by the composition root: the public topics and their messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfferedTopic:
    """A public topic. `types` are the messages in it; `personal`: they say who people are."""

    name: str
    title: str
    types: tuple[str, ...]
    personal: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Every public topic, by name, in the order in which screens show them."""

    topics: Mapping[str, OfferedTopic]

    def types_of(self, topics: tuple[str, ...]) -> frozenset[str]:
        """The message types of these topics."""
        return frozenset(each for name in topics if name in self.topics for each in self.topics[name].types)

    def personal_among(self, topics: tuple[str, ...]) -> bool:
        """Whether one of these topics says who people are."""
        return any(self.topics[name].personal for name in topics if name in self.topics)
