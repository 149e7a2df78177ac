"""Brings facts of an old topic version to the shape that the running code knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upcaster:
    """One step. `change` gets a state of its own and returns the next version's.

    Personal fields are still sealed then: it may drop them or move them, naming moved ones in
    `moved` (new name -> old name), but not look into them.
    """

    source: str
    target: str
    change: Callable[[State], State]
    moved: Mapping[str, str] = field(default_factory=dict)


class Upcasters:
    """The steps of one product, by source topic. Registered at import, read-only afterwards."""

    def __init__(self) -> None:
        self._by_source: dict[str, Upcaster] = {}
        self._by_target: dict[str, list[Upcaster]] = {}

    def register(self, upcaster: Upcaster) -> None:
        """Add a step. A topic has one successor."""
        if upcaster.source in self._by_source:
            raise ValueError(f"{upcaster.source} has an upcaster already")
        self._by_source[upcaster.source] = upcaster
        self._by_target.setdefault(upcaster.target, []).append(upcaster)

    def forget(self, source: str) -> None:
        """Take a step out again, as a test does with its own."""
        upcaster = self._by_source.pop(source)
        self._by_target[upcaster.target].remove(upcaster)

    def upcast(self, topic: str, state: State) -> tuple[str, State]:
        """The newest form of a stored fact; the same objects when it is the newest already."""
        while (step := self._by_source.get(topic)) is not None:
            topic, state = step.target, step.change(dict(state))
        return topic, state

    def sources(self, topic: str) -> tuple[str, ...]:
        """The topic itself and every older one that becomes it: what a reader of it must select."""
        older = (step.source for step in self._by_target.get(topic, ()))
        return (topic, *(name for source in older for name in self.sources(source)))

    def places(self, topic: str, name: str) -> Iterator[tuple[str, str]]:
        """Where a personal field may have been sealed: its (topic, field) now and in older versions."""
        yield topic, name
        for step in self._by_target.get(topic, ()):
            yield from self.places(step.source, step.moved.get(name, name))


UPCASTERS = Upcasters()
"""The product's own steps."""


def upcast(topic: str, state: State) -> tuple[str, State]:
    """A stored fact in the shape that the running code knows; also for raw rows of a page."""
    return UPCASTERS.upcast(topic, state)
