"""The facts of one correlation as a person follows them: under their causes, with the time between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from web.audit_reading import AuditRow
from web.formats import quantity

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One fact. `depth` 0 has no cause among the facts shown; `seconds` since the fact above was recorded."""

    row: AuditRow
    depth: int
    seconds: float | None

    @property
    def waited(self) -> str:
        """The time since the step above; nothing for what was recorded together."""
        return "" if not self.seconds else f"+{self.words(self.seconds)}"

    @staticmethod
    def words(seconds: float) -> str:
        """`340 ms`, `12,5 s`, `3 min 20 s`, `2 h 5 min`, `3 dias`."""
        if seconds < 1:
            return f"{round(seconds * 1000)} ms"
        if seconds < 60:
            return f"{quantity(Decimal(f'{seconds:.1f}'))} s"
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return f"{minutes} min {rest} s"
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} dias"


def steps_of(rows: Iterable[AuditRow]) -> list[Step]:
    """The tree in the order of a walk: causes before their effects, effects in the order of the log."""
    listed = list(rows)
    known = {row.event_id: row.position for row in listed}
    effects: dict[UUID | None, list[AuditRow]] = {}
    for row in listed:
        cause = row.causation_id
        shown = cause is not None and known.get(cause, row.position) < row.position
        effects.setdefault(cause if shown else None, []).append(row)
    walked: list[tuple[AuditRow, int]] = []
    waiting = [(row, 0) for row in reversed(effects.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        walked.append((row, depth))
        waiting += [(effect, depth + 1) for effect in reversed(effects.get(row.event_id, []))]
    return [
        Step(row, min(depth, _DEEPEST), _since(walked[index - 1][0], row) if index else None)
        for index, (row, depth) in enumerate(walked)
    ]


def _since(above: AuditRow, row: AuditRow) -> float:
    return max(0.0, (row.recorded_at - above.recorded_at).total_seconds())
