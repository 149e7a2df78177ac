"""A handler that notes each effect in a table, as often as it takes place: a second one is seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from application.database import Database
from application.incoming.settling import Outcome, Settle
from consumers.handler import Incoming, PoisonMessageError
from domain.kernel import DomainError

TOPIC = "sales.orders.v1"
GROUP = "lastro.tally"


class TallyRefusedError(DomainError):
    """The item asked to be refused."""


@dataclass(frozen=True)
class Item:
    """What a message says: its name, and how it is to end."""

    name: str
    end: str


class Tally:
    """`once`: an effect that took place before takes place no more, as the contract of a handler demands.

    Without it each reading is noted, so that a test sees what the offset alone keeps from happening twice.
    """

    topic: ClassVar[str] = TOPIC
    group: ClassVar[str] = GROUP

    def __init__(self, database: Database, *, once: bool = False) -> None:
        self._database = database
        self._once = once
        self.before: Callable[[Sequence[Item]], None] = lambda _: None
        with database.connection() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS tally (name text NOT NULL, at serial)")

    def decode(self, message: Incoming) -> Item:
        """JSON with `name` and perhaps `end`."""
        try:
            said = json.loads(message.value or b"")
            return Item(said["name"], said.get("end", "applied"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PoisonMessageError(type(error).__name__) from None

    def source_id(self, item: Item) -> str:
        """Its name."""
        return item.name

    def apply(self, items: Sequence[Item], settle: Settle) -> None:
        """Note them all, or end as one of them asks."""
        self.before(items)
        for each in items:
            if each.end == "poison":
                raise PoisonMessageError("it is poison after all")
            if each.end == "error":
                raise TallyRefusedError("raised for the whole batch")
            if each.end == "bug":
                raise ZeroDivisionError
        outcomes: list[Outcome] = [TallyRefusedError() if e.end == "refused" else None for e in items]
        with self._database.connection() as connection:
            settle(connection, outcomes)
            for each, outcome in zip(items, outcomes, strict=True):
                if outcome is None:
                    self._note(connection, each)

    def _note(self, connection: object, item: Item) -> None:
        known = "WHERE NOT EXISTS (SELECT FROM tally WHERE name = %(name)s)" if self._once else ""
        connection.execute(  # type: ignore[attr-defined]
            f"INSERT INTO tally (name) SELECT %(name)s {known}", {"name": item.name}
        )

    def noted(self) -> list[str]:
        """The effects, in their order."""
        with self._database.connection() as connection:
            return [name for (name,) in connection.execute("SELECT name FROM tally ORDER BY at")]
