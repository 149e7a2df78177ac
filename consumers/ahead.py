"""What was fetched already is understood by a thread of its own, while what came before is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from kafka import TopicPartition

from consumers.batch import BatchReader, Read
from consumers.broker import incoming

type Batch = Future[list[Read]]
"""Messages of one partition as they follow each other, understood or not."""


class Ahead:
    """The next batch of each partition that was fetched. Called by one thread.

    A batch follows what was fetched of its partition before. Once the partition is to be read from another
    place it must be dropped: whoever read it would pass what lies between.
    """

    def __init__(self, reader: BatchReader[Any], name: str) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"lastro-decode-{name}")
        self._batches: dict[TopicPartition, Batch] = {}

    def __len__(self) -> int:
        return len(self._batches)

    def __contains__(self, at: TopicPartition) -> bool:
        return at in self._batches

    def exchange(self, fetched: Mapping[TopicPartition, Sequence[Any]]) -> dict[TopicPartition, Batch]:
        """Begin with these records, and answer what was begun with the last time."""
        before = self._batches
        self._batches = {
            at: self._thread.submit(self._understood, records) for at, records in fetched.items()
        }
        return before

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """These are to be fetched anew."""
        for at in partitions:
            self._batches.pop(at, None)

    def close(self) -> None:
        """Nothing is read any more."""
        self._batches.clear()
        self._thread.shutdown(cancel_futures=True)

    def _understood(self, records: Sequence[Any]) -> list[Read]:
        return [self._reader.understood(incoming(record)) for record in records]
