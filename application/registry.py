"""Registers and corrects entries of a registry, one or many in a transaction, and never one twice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import ConcurrencyError, Lastro, NotFoundError, Project
from application.clock import Clock
from application.event_store.canonical import canonical_json
from application.ids import new_id
from application.lookups import Key, LookupRacedError, Lookups
from application.unit_of_work import context_of, retried
from domain.kernel import Aggregate, DomainError, DomainEvent, Frozen
from domain.user.roles import Permission

_RETRIES = 5


class EntryTakenError(DomainError):
    """An entry with this document, code or login exists: open that one, or correct the form."""


class EntryConflictError(DomainError):
    """The entry exists and says otherwise in a field that is never corrected. Compare the two.

    Details: `id`, and `fields` or, where its keys belong to several entries, `ids`.
    """


class EntryRepeatedError(DomainError):
    """The same key stands twice in one batch with different content. Keep one of the two."""


class Change(StrEnum):
    """What a command did."""

    REGISTERED = "registered"
    CORRECTED = "corrected"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Done:
    """The entry, what happened to it, and the position to wait for (None: nothing was written)."""

    id: UUID
    change: Change
    position: int | None = None


type Outcome = Done | DomainError
"""One item's result in a bulk command: a bad item never fails the others."""

type Step[S: Aggregate] = Callable[[S], DomainEvent | None]
"""A decision that says nothing where the state is so already."""


@dataclass
class _Batch[F: Frozen, S: Aggregate]:
    """One attempt to register a sequence of forms."""

    taken: Mapping[Key, UUID]
    known: dict[UUID, S]
    strict: bool
    now: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[DomainEvent] = field(default_factory=list)
    claims: dict[Key, UUID] = field(default_factory=dict)
    released: list[Key] = field(default_factory=list)
    mine: dict[Key, tuple[UUID, F]] = field(default_factory=dict)


class Registry[F: Frozen, S: Aggregate](ABC):
    """Every registry is used alike; a subclass says what is unique, what is new and what may differ."""

    KEPT: ClassVar[tuple[str, ...]]
    """The fields that no command corrects: an entry that says otherwise in one is a conflict."""

    def __init__(self, lastro: Lastro, lookups: Lookups, clock: Clock) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock

    def register(self, principal: Principal, form: F) -> Done:
        """Make a new entry. Raises `EntryTakenError` when one of its keys belongs to another."""
        return self._only(self._attempt(principal, [form], strict=True))

    def register_or_same(self, principal: Principal, form: F) -> Done:
        """Make the entry, or correct the one that has its keys, or find that nothing differs."""
        return self._only(self._attempt(principal, [form], strict=False))

    def register_many(self, principal: Principal, forms: Sequence[F]) -> list[Outcome]:
        """`register_or_same` for many in one transaction, with an outcome for each, in order."""
        return self._attempt(principal, forms, strict=False)

    @abstractmethod
    def _project(self) -> Project[S]:
        """The fold of the aggregate."""

    @abstractmethod
    def _permit(self, principal: Principal, form: F) -> None:
        """Raise unless the principal may register this."""

    @abstractmethod
    def _keys(self, form: F) -> list[Key]:
        """What nobody else may have. At least one, or the entry could not be found again."""

    @abstractmethod
    def _first_fact(self, id: UUID, form: F, now: datetime) -> DomainEvent:
        """How the entry begins."""

    @abstractmethod
    def _steps(self, form: F, now: datetime) -> Iterator[Step[S]]:
        """The decisions that lead from any earlier state to what the form says."""

    def _outdated_keys(self, state: S, form: F) -> list[Key]:
        """The keys of the entry that the form corrects, and that others may have from then on."""
        return []

    def _load(self, principal: Principal, id: UUID) -> S:
        """The entry; another company's is as unknown as one that never was."""
        state = self._lastro.load(self._project(), id)
        if state.company_id is not None and not principal.sees(state.company_id):
            raise NotFoundError(f"nothing is recorded under {id}", id=id)
        return state

    def _correct(self, principal: Principal, permission: Permission, id: UUID, decide: Step[S]) -> Done:
        """One decision on one entry, again if somebody else decides at the same time."""

        def command() -> Done:
            state = self._load(principal, id)
            principal.require(permission, state.company_id)
            fact = decide(state)
            if fact is None:
                return Done(id, Change.SAME)
            position = self._lastro.record(context_of(principal), fact)
            return Done(id, Change.CORRECTED, position)

        return retried(command)

    @staticmethod
    def _only(outcomes: list[Outcome]) -> Done:
        (outcome,) = outcomes
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    def _attempt(self, principal: Principal, forms: Sequence[F], *, strict: bool) -> list[Outcome]:
        for _ in range(_RETRIES):
            try:
                return self._once(principal, forms, strict)
            except (LookupRacedError, ConcurrencyError):
                continue
        raise ConcurrencyError("the same entries are being registered elsewhere; try again")

    def _once(self, principal: Principal, forms: Sequence[F], strict: bool) -> list[Outcome]:
        checked = [self._checked(principal, form) for form in forms]
        taken = self._lookups.find_many({key for keys in checked if isinstance(keys, list) for key in keys})
        known = self._lastro.load_many(self._project(), list(set(taken.values())))
        batch = _Batch[F, S](taken, known, strict, self._clock())
        for form, keys in zip(forms, checked, strict=True):
            batch.outcomes.append(keys if isinstance(keys, DomainError) else self._outcome(batch, form, keys))
        return self._save(principal, batch)

    def _checked(self, principal: Principal, form: F) -> list[Key] | DomainError:
        try:
            self._permit(principal, form)
            canonical_json(form)  # a text that cannot be stored is this form's fault alone
            return self._keys(form)
        except DomainError as refusal:
            return refusal

    def _outcome(self, batch: _Batch[F, S], form: F, keys: list[Key]) -> Outcome:
        try:
            earlier = {batch.mine[key][0]: batch.mine[key][1] for key in keys if key in batch.mine}
            if earlier:
                return self._repeated(earlier, form)
            return self._decided(batch, form, keys)
        except DomainError as refusal:
            return refusal

    @staticmethod
    def _repeated(earlier: dict[UUID, F], form: F) -> Done:
        if len(earlier) > 1 or form not in earlier.values():
            raise EntryRepeatedError
        return Done(next(iter(earlier)), Change.SAME)

    def _decided(self, batch: _Batch[F, S], form: F, keys: list[Key]) -> Done:
        ids = {batch.taken[key] for key in keys if key in batch.taken}
        if not ids:
            fresh = new_id()
            first = self._first_fact(fresh, form, batch.now)
            facts = self._after([first], form, batch.now)
            change = Change.REGISTERED
        elif batch.strict:
            raise EntryTakenError(ids=sorted(ids))
        elif len(ids) > 1:
            raise EntryConflictError("its keys belong to several entries", ids=sorted(ids))
        else:
            (fresh,) = ids
            facts = self._corrections(batch.known[fresh], form, batch.now)
            self._lastro.require_remembered(facts)
            batch.released += self._outdated_keys(batch.known[fresh], form)
            change = Change.CORRECTED if facts else Change.SAME
        batch.events += facts
        batch.claims |= {key: fresh for key in keys if key not in batch.taken and facts}
        batch.mine |= dict.fromkeys(keys, (fresh, form))
        return Done(fresh, change)

    def _corrections(self, state: S, form: F, now: datetime) -> list[DomainEvent]:
        said = self._project()(None, [self._first_fact(state.id, form, now)])
        fields = [name for name in self.KEPT if getattr(state, name) != getattr(said, name)]
        if fields:
            raise EntryConflictError(", ".join(fields), id=state.id, fields=fields)
        return self._after([], form, now, state)

    def _after(
        self, facts: list[DomainEvent], form: F, now: datetime, state: S | None = None
    ) -> list[DomainEvent]:
        project = self._project()
        state = project(state, facts)
        assert state is not None
        for step in self._steps(form, now):
            fact = step(state)
            if fact is not None:
                facts.append(fact)
                state = project(state, [fact])
                assert state is not None
        return facts

    def _save(self, principal: Principal, batch: _Batch[F, S]) -> list[Outcome]:
        if not batch.events:
            return batch.outcomes
        also = partial(self._lookups.exchange, released=batch.released, taken=batch.claims)
        position = self._lastro.record_batch(context_of(principal), batch.events, also)
        return [placed(outcome, position) for outcome in batch.outcomes]


def placed(outcome: Outcome, position: int) -> Outcome:
    """The outcome with the position of the transaction that it was recorded in."""
    if isinstance(outcome, DomainError) or outcome.change is Change.SAME:
        return outcome
    return replace(outcome, position=position)
