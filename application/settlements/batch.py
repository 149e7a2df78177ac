"""A batch of receipts and reversals, decided together: one load of each kind, one list of facts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from application.app import Lastro
from application.lookups import Lookups
from application.ports import NumberedBoletos
from application.settlements.deciding import (
    Arrival,
    Decided,
    Facts,
    Instant,
    Withdrawal,
    received,
    taken_back,
)
from application.settlements.desk import Desk, Sitting
from application.settlements.outcomes import Outcome, Result
from application.settlements.received import Incoming, SettlementReceived
from application.settlements.references import References
from application.settlements.told import checked_amount, key_of, payer_of, told_of
from domain.kernel import DomainError

type Entry = Arrival | Withdrawal | Outcome
"""One item in the form in which it is recorded, or why it is of none."""


class Batch:
    """Made once for a batch; decided again after a conflict, when only what has moved is loaded again."""

    def __init__(
        self, lastro: Lastro, lookups: Lookups, numbered: NumberedBoletos, items: Sequence[Incoming]
    ) -> None:
        self._entries = [_entry(each) for each in items]
        self._desk = Desk(lastro, {each.id for each in self._entries if not isinstance(each, Outcome)})
        settlements = self._desk.settlements
        named = [
            each.told["named"]
            for each in self._entries
            if isinstance(each, Arrival)
            and ((known := settlements.get(each.id)) is None or known.told is None)
        ]
        self._references = References(lookups, numbered, named, self._desk.invoices.get)
        self._desk.want(self._references.invoices())
        self._references.find_accounts()

    def refresh(self) -> None:
        """Look again at what others have written meanwhile."""
        self._desk.refresh()

    def decided(self, at: Instant) -> tuple[Facts, list[Outcome], list[int]]:
        """The facts in their order, what became of each item, and of which item each fact is."""
        sitting = Sitting(self._desk)
        facts: Facts = []
        outcomes: list[Outcome] = []
        of: list[int] = []
        for place, entry in enumerate(self._entries):
            if isinstance(entry, Outcome):
                outcomes.append(entry)
                continue
            try:
                result, decided = self._decide(sitting, entry, at)
            except DomainError as error:
                outcomes.append(Outcome(Result.REFUSED, entry.id, error))
                continue
            outcomes.append(Outcome(result, entry.id))
            sitting.note(decided)
            facts += decided
            of += [place] * len(decided)
        return facts, outcomes, of

    def _decide(self, sitting: Sitting, entry: Arrival | Withdrawal, at: Instant) -> Decided:
        if isinstance(entry, Withdrawal):
            return taken_back(sitting, entry, at)
        return received(sitting, self._references, entry, at)


def _entry(item: Incoming) -> Entry:
    id: UUID | None = None
    try:
        id, source, reference = key_of(item)
        if isinstance(item, SettlementReceived):
            return Arrival(id, told_of(item, source, reference), payer_of(item))
        amount = None if item.amount is None else checked_amount(item.amount)
        return Withdrawal(id, source, reference, amount, item.reversed_on, item.reason)
    except DomainError as error:
        return Outcome(Result.REFUSED, id, error)
