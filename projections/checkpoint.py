"""The checkpoint of a runner: of a whole build or of one shard of it; moved with the page, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from application.database import Connection
from projections.projection import Projection

MOST_SHARDS = 64

_NUMBER = "mod(uuid_hash_extended({stream}, 0) & 65535, {of})"
"""The shard of a stream, from 0 on. By the function that hash partitions rest on, which stays for ever."""

OF_SHARD = " AND " + _NUMBER.format(stream="stream_id", of="%(shards)s::bigint") + " = %(shard)s"
"""The condition on an event that its stream is one of the shard's."""

_IS_PARKED = (
    "EXISTS (SELECT FROM projection_parked AS parked WHERE parked.projection = %(name)s"
    " AND parked.projection_version = %(version)s)"
)
_STREAMS_SHARD = (
    "SELECT position FROM projection_shard WHERE name = %(name)s AND version = %(version)s"  # noqa: S608
    f" AND shard = 1 + {_NUMBER.format(stream='%(stream)s::uuid', of='of')} FOR UPDATE"
)
_STREAMS_WHOLE = (
    "SELECT position FROM projection WHERE name = %(name)s AND version = %(version)s AND shards = 1"
    " FOR NO KEY UPDATE"
)


class OvertakenError(Exception):
    """Another runner of the same model has moved the checkpoint; go on from where it stands."""


class BuildGoneError(Exception):
    """The build has been dropped: nobody needs it fed any longer."""


class ShardsChangedError(Exception):
    """The build is fed by another number of shards now, by which this runner must be made anew."""


class ShardInvalidError(ValueError):
    """A shard is written K/N: the K-th of N, with 1 <= K <= N <= 64."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The streams that one of several workers feeds: `number` of `of`, from 1 on."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `2/4`. Raises ShardInvalidError."""
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= MOST_SHARDS):
            raise ShardInvalidError(f"{text!r}: {ShardInvalidError.__doc__}")
        return cls(int(number), int(of))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def values(self) -> dict[str, object]:
        """What `OF_SHARD` asks for."""
        return {"shard": self.number - 1, "shards": self.of}


class Checkpoint:
    """Where a build stands that one runner feeds whole."""

    def __init__(self, projection: Projection) -> None:
        self._key = {"name": projection.name, "version": projection.version}
        self._relation = projection.relation(projection.name)

    def read(self, connection: Connection) -> int:
        """The position. Raises BuildGoneError, ShardsChangedError."""
        return self._whole(connection, 1)

    def move(self, connection: Connection, after: int, until: int) -> bool:
        """Move it first: its row lock keeps a second runner out. Whether streams are parked.

        Raises OvertakenError.
        """
        moved = connection.execute(
            "UPDATE projection SET position = %(until)s"  # noqa: S608 - our own constant
            " WHERE name = %(name)s AND version = %(version)s"
            f" AND position = %(after)s AND shards = 1 RETURNING {_IS_PARKED}",
            {**self._key, "after": after, "until": until},
        ).fetchone()
        if moved is None:
            raise OvertakenError
        return bool(moved[0])

    def end(self, connection: Connection) -> None:
        """What is left to be noted when the page is applied, in its transaction."""

    def _whole(self, connection: Connection, shards: int) -> int:
        row = connection.execute(
            "SELECT position, shards FROM projection WHERE name = %(name)s AND version = %(version)s",
            self._key,
        ).fetchone()
        if row is None:
            raise BuildGoneError(self._relation)
        if row[1] != shards:
            raise ShardsChangedError(f"{self._relation} is fed by {row[1]} shards now, not by {shards}")
        return int(row[0])


class ShardCheckpoint(Checkpoint):
    """Where one shard of a build stands. The build's own position follows the shard farthest behind."""

    def __init__(self, projection: Projection, shard: Shard) -> None:
        super().__init__(projection)
        self._of = shard.of
        self._key |= {"shard": shard.number, "of": shard.of}

    def read(self, connection: Connection) -> int:
        """The position. Raises BuildGoneError, ShardsChangedError."""
        row = connection.execute(
            "SELECT position FROM projection_shard"
            " WHERE name = %(name)s AND version = %(version)s AND shard = %(shard)s AND of = %(of)s",
            self._key,
        ).fetchone()
        if row is None:
            self._whole(connection, self._of)
            raise ShardsChangedError(f"{self._relation} was being handed over to other shards")
        return int(row[0])

    def move(self, connection: Connection, after: int, until: int) -> bool:
        """See Checkpoint; other shards are not kept out."""
        moved = connection.execute(
            "UPDATE projection_shard SET position = %(until)s"  # noqa: S608 - our own constant
            " WHERE name = %(name)s AND version = %(version)s AND shard = %(shard)s AND of = %(of)s"
            f" AND position = %(after)s RETURNING {_IS_PARKED}",
            {**self._key, "after": after, "until": until},
        ).fetchone()
        if moved is None:
            raise OvertakenError
        return bool(moved[0])

    def end(self, connection: Connection) -> None:
        """Let the build's position follow. Shards that end together do so one after the other: with one
        statement, or without the lock, each would count with where the other stood before.
        """
        key = "WHERE name = %(name)s AND version = %(version)s"
        connection.execute(f"SELECT FROM projection {key} FOR NO KEY UPDATE", self._key)
        connection.execute(
            f"UPDATE projection SET position = lowest.position FROM (SELECT min(position) AS position"  # noqa: S608
            f" FROM projection_shard {key}) AS lowest {key} AND projection.position < lowest.position",
            self._key,
        )


def checkpoint(projection: Projection, shard: Shard | None) -> Checkpoint:
    """That of the shard, or of the whole build."""
    return Checkpoint(projection) if shard is None else ShardCheckpoint(projection, shard)


def hold_stream(connection: Connection, projection: Projection, stream: UUID) -> int | None:
    """Hold what feeds a stream until the transaction ends; answer how far it has come, None if it is gone."""
    values = {"name": projection.name, "version": projection.version, "stream": stream}
    # Asked for twice: between the first two the build may have come to be fed by shards.
    for query in (_STREAMS_SHARD, _STREAMS_WHOLE, _STREAMS_SHARD):
        row = connection.execute(query, values).fetchone()
        if row is not None:
            return int(row[0])
    return None
