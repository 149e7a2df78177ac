"""Walks the bitmap of the audit: positions that hold every term, in order, a bounded stretch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from application.database import Connection

_BITS = 6
_ALL = (1 << 64) - 1
_FIRST_STRETCH, _LONGEST_STRETCH = 64, 4_096
_PROBE = 500
"""Rows of a term that are counted to find the rarest: beyond that it is frequent."""


class Term(NamedTuple):
    """One thing that is asked: a fact with any of these keys will do."""

    kind: str
    keys: tuple[UUID, ...]


@dataclass(slots=True)
class Walk:
    """Positions of one interval with all terms, from one end; of these streams only, if any are named.

    `blocks_left` is how many blocks may still be looked at: no walk costs more, whatever is asked.
    """

    connection: Connection
    terms: Sequence[Term]
    streams: Sequence[UUID] | None
    backwards: bool
    blocks_left: int = 40_000
    _stretch: int = field(default=_FIRST_STRETCH)
    _order: list[Term] | None = field(default=None)

    @property
    def leads(self) -> bool:
        """Whether anything is asked by which a position can be found; `stretches` needs it."""
        return self.streams is not None or bool(self.terms)

    def stretches(self, low: int, high: int) -> Iterator[tuple[list[int], int]]:
        """Batches of positions from `low` to `high`, each with the last position that it looked through."""
        if self._order is None:
            self._order = self._rarest_first(low, high)
        driver = self._order[0] if self.streams is None else None
        others = self._order if driver is None else self._order[1:]
        while low <= high and self.blocks_left > 0:
            blocks, reached = self._next(driver, low, high)
            self.blocks_left -= max(1, len(blocks))
            for term in others:
                blocks = self._narrowed(blocks, term)
            yield _positions(blocks, low, high, backwards=self.backwards), reached
            low, high = (low, reached - 1) if self.backwards else (reached + 1, high)
            self._stretch = min(self._stretch * 2, _LONGEST_STRETCH)

    def _rarest_first(self, low: int, high: int) -> list[Term]:
        """The rarest term leads, where neither streams are named nor the log itself must be read."""
        if len(self.terms) < 2:
            return list(self.terms)
        return sorted(
            self.terms, key=lambda term: sum(self._count(term.kind, key, low, high) for key in term.keys)
        )

    def _count(self, kind: str, key: UUID, low: int, high: int) -> int:
        row = self.connection.execute(
            "SELECT count(*) FROM (SELECT FROM audit"
            ' WHERE kind = %s::"char" AND key = %s AND block BETWEEN %s AND %s LIMIT %s) AS counted',
            (kind, key, low >> _BITS, high >> _BITS, _PROBE),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def _next(self, driver: Term | None, low: int, high: int) -> tuple[dict[int, int], int]:
        return self._of_streams(low, high) if driver is None else self._of_term(driver, low, high)

    def _of_streams(self, low: int, high: int) -> tuple[dict[int, int], int]:
        """All of them at once: streams are short, and the log's own index finds their facts."""
        rows = self.connection.execute(
            "SELECT position FROM (SELECT position FROM event WHERE stream_id = ANY(%s) OFFSET 0) AS theirs"
            " WHERE position BETWEEN %s AND %s",
            (list(self.streams or ()), low, high),
        )
        blocks: dict[int, int] = {}
        for (position,) in rows:
            blocks[position >> _BITS] = blocks.get(position >> _BITS, 0) | 1 << (position & 63)
        return blocks, low if self.backwards else high

    def _of_term(self, term: Term, low: int, high: int) -> tuple[dict[int, int], int]:
        """The next blocks of a term, no further than every one of its keys was read."""
        reached = (low if self.backwards else high) >> _BITS
        found: list[tuple[int, int]] = []
        for key in term.keys:
            rows = self._rows(term.kind, key, low, high, self._stretch)
            found += rows
            if len(rows) == self._stretch:
                last = rows[-1][0]
                reached = max(reached, last) if self.backwards else min(reached, last)
        blocks: dict[int, int] = {}
        for block, hits in found:
            if block >= reached if self.backwards else block <= reached:
                blocks[block] = blocks.get(block, 0) | hits
        edge = reached << _BITS if self.backwards else (reached << _BITS) | 63
        return blocks, max(low, edge) if self.backwards else min(high, edge)

    def _rows(self, kind: str, key: UUID, low: int, high: int, limit: int) -> list[tuple[int, int]]:
        query = (
            'SELECT block, hits FROM audit WHERE kind = %s::"char" AND key = %s AND block BETWEEN %s AND %s'
        )
        query += " ORDER BY block DESC LIMIT %s" if self.backwards else " ORDER BY block LIMIT %s"
        return self.connection.execute(query, (kind, key, low >> _BITS, high >> _BITS, limit)).fetchall()

    def _narrowed(self, blocks: dict[int, int], term: Term) -> dict[int, int]:
        if not blocks:
            return blocks
        rows = self.connection.execute(
            'SELECT block, bit_or(hits) FROM audit WHERE kind = %s::"char" AND key = ANY(%s)'
            " AND block = ANY(%s) GROUP BY block",
            (term.kind, list(term.keys), list(blocks)),
        )
        return {block: both for block, hits in rows if (both := blocks[block] & hits)}


def _positions(blocks: dict[int, int], low: int, high: int, *, backwards: bool) -> list[int]:
    """The positions of the set bits, in order."""
    found: list[int] = []
    for block in sorted(blocks, reverse=backwards):
        hits, first = blocks[block] & _ALL, block << _BITS
        within = []
        while hits:
            lowest = hits & -hits
            within.append(first + lowest.bit_length() - 1)
            hits ^= lowest
        found += reversed(within) if backwards else within
    return [position for position in found if low <= position <= high]
