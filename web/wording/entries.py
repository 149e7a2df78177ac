"""What a history is made of: stored facts, and what they are in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Facts = Mapping[str, Any]


class HistoryRow(Protocol):
    """One stored fact, as the read model gives it."""

    @property
    def version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def facts(self) -> Facts: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One value; `before` is None where there was none. `address` leads to what the value names."""

    label: str
    before: str | None
    after: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Worded:
    """A fact in words; `tone` colours its mark."""

    title: str
    text: str = ""
    changes: tuple[Change, ...] = ()
    tone: str = "grey"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the history. `late` where it was recorded long after it happened."""

    version: int
    occurred_at: datetime
    recorded_at: datetime
    who: str
    worded: Worded

    @property
    def late(self) -> bool:
        return abs((self.recorded_at - self.occurred_at).total_seconds()) > 120
