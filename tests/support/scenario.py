"""Given facts, when a decision, then facts: how every test of an aggregate reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain.kernel import Aggregate, DomainError, DomainEvent

type Decided = DomainEvent | Sequence[DomainEvent] | None
type Projector[A: Aggregate] = Callable[[A | None, Iterable[Any]], A | None]


def listed(decided: Decided) -> list[DomainEvent]:
    """What a decision returned, as a list: it may return nothing, one fact or several."""
    if decided is None:
        return []
    return [decided] if isinstance(decided, DomainEvent) else list(decided)


@dataclass(frozen=True)
class When[A: Aggregate]:
    """A decision about to be taken on a state."""

    state: A
    decide: Callable[[A], Decided]
    project: Projector[A]

    def then(self, *expected: DomainEvent) -> None:
        """The decision yields exactly these facts, in this order, headers included."""
        assert listed(self.decide(self.state)) == list(expected)

    def then_nothing(self) -> None:
        """The decision yields no fact: there is nothing to change."""
        self.then()

    def then_refused(self, error: type[DomainError], match: str | None = None, **details: object) -> None:
        """The decision is refused with exactly this error; `details` must be among its own."""
        with pytest.raises(error, match=match) as raised:
            self.decide(self.state)
        assert raised.type is error
        assert {key: raised.value.details.get(key) for key in details} == details

    def then_state(self, holds: Callable[[A], object]) -> None:
        """The state after the facts decided satisfies `holds`."""
        state = self.project(self.state, listed(self.decide(self.state)))
        assert state is not None
        assert holds(state)


@dataclass(frozen=True)
class Given[A: Aggregate]:
    """A state folded from its history."""

    state: A
    project: Projector[A]

    def when(self, decide: Callable[[A], Decided]) -> When[A]:
        """Take this decision."""
        return When(self.state, decide, self.project)


def given[A: Aggregate](project: Projector[A], *history: Decided) -> Given[A]:
    """Fold a history: facts, or what decisions returned, one after the other."""
    state = project(None, (event for decided in history for event in listed(decided)))
    assert state is not None, "given() needs at least the fact that creates the aggregate"
    return Given(state, project)
