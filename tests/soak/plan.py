"""Assaults upon a running installation: planned from a seed alone, each due when so much is written."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

type Kind = Literal[
    "kill backend", "restart database", "kill -9 database", "kill -9 worker", "kill -9 web", "cut streams"
]

_COMMONEST_KILL = 400
"""A backend is killed each time so many events have been written, or so."""

_RARE: tuple[Kind, ...] = (
    "kill -9 database",
    "restart database",
    "kill -9 worker",
    "kill -9 web",
    "kill -9 database",
)
_RARE_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class Assault:
    """Once `at` events are written, do it; `chance` picks the victim among those there are then."""

    at: int
    kind: Kind
    chance: float


def plan(seed: int, events: int) -> list[Assault]:
    """All assaults of a run: the same seed and size give the same. At least one restart and one kill -9."""
    random = Random(f"{seed}/plan")
    found = [
        Assault(random.randint(1, events), random.choices(("kill backend", "cut streams"), (5, 1))[0], 0.0)
        for _ in range(max(8, events // _COMMONEST_KILL))
    ]
    rare: list[Kind] = list(_RARE[:2])
    rare += [random.choice(_RARE) for _ in range(events // _RARE_EVERY)]
    found += [Assault(random.randint(events // 10, events * 9 // 10), kind, 0.0) for kind in rare]
    found = [Assault(each.at, each.kind, round(random.random(), 6)) for each in found]
    return sorted(found, key=lambda each: (each.at, each.kind, each.chance))
