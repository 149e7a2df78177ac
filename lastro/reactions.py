"""Puts the reactions to our own facts together, and tells them from the event table or from Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Event, Thread

from application.clock import Clock, utc_now
from application.database import Database
from application.reactions.notice import Reaction
from application.reactions.places import take_up
from application.reactions.receipts import PlaceReceipts
from application.reactions.signed import BillSigned
from consumers.reactions.stream import ReactionHandler
from consumers.reactions.table import TableSource
from lastro.billing import BillingUseCases
from lastro.wiring import Runtime
from producers.messages.catalogue import MAPPINGS


def reactions(runtime: Runtime, *, schedule: bool = True) -> list[Reaction]:
    """All of them; without `schedule` those that bill by themselves are left out."""
    use_cases = BillingUseCases(runtime)
    found: list[Reaction] = [PlaceReceipts(use_cases.settlements)]
    if schedule:
        found.append(BillSigned(use_cases.scheduler))
    return found


def told_from_table(wanted: Iterable[Reaction], database: Database, stopping: Event) -> list[Thread]:
    """Threads, not yet started, that tell each of them from the event table until `stopping`."""
    return [
        Thread(
            target=TableSource(reaction, database, utc_now).run,
            args=(stopping,),
            name=f"lastro-reaction-{reaction.name}",
            daemon=True,
        )
        for reaction in wanted
    ]


def told_from_kafka(
    wanted: Iterable[Reaction], database: Database, clock: Clock = utc_now
) -> Sequence[ReactionHandler]:
    """Handlers that tell each of them from our public topics, one for each topic it wants facts of.

    Where the table had told it before, Kafka goes on behind that. Raises LogChangedError.
    """
    handlers = []
    for reaction in wanted:
        with database.autocommit() as connection:
            since = take_up(connection, reaction.name, clock()).position
        by_topic: dict[str, dict[str, str]] = {}
        for fact in sorted(reaction.topics):
            mapping = MAPPINGS[fact]
            by_topic.setdefault(mapping.topic, {})[mapping.message_type] = fact
        handlers += [
            ReactionHandler(reaction, topic, facts, since, database) for topic, facts in by_topic.items()
        ]
    return handlers
