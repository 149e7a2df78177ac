"""Contract: terms, and the periods generated from them; each period has at most one live invoice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Literal, assert_never
from uuid import UUID

from domain.contract import adjustment, agreement, pricing, revision, schedule
from domain.contract.adjustment import Published
from domain.contract.clock import PriceClock
from domain.contract.errors import (
    AdjustmentClauseMissingError,
    AdjustmentNotDueError,
    ContractCodeMissingError,
    DueDatesCollideError,
    EndNotAfterStartError,
    EndNotEarlierError,
    ExtensionTooShortError,
    PeriodNotLiveError,
    PeriodOutsideTermError,
    PeriodPushedOutError,
    PeriodStillLiveError,
    RevisionBeforeStartError,
    RevisionEmptyError,
    RevisionReachesNothingError,
    TermEmptyError,
    TermsFixedError,
)
from domain.contract.events import (
    ContractAdjusted,
    ContractEnded,
    ContractEvent,
    ContractExtended,
    ContractRevised,
    ContractSigned,
    InstallmentGenerated,
    InstallmentReleased,
    Terms,
)
from domain.contract.plan import Plan
from domain.contract.state import ContractState
from domain.kernel import first, projector
from domain.values.text import code_key, required_text


class Contract(ContractState):
    """The decisions. Each gives the facts it leads to, and leaves this state as it is."""

    @staticmethod
    def sign(
        id: UUID,
        company_id: UUID,
        code: str,
        customer_id: UUID,
        terms: Terms,
        today: date,
        now: datetime,
        notes: str | None = None,
    ) -> list[ContractEvent]:
        """Agree on terms and generate the whole term, or the first horizon (F116, F119).

        `retroactive` says which periods of a start before `today` are left out; the others keep
        their ordinals (V14).
        """
        if not code_key(code):
            raise ContractCodeMissingError
        terms = agreement.settled(terms)
        opening = schedule.opening_ordinal(terms, today)
        signed = ContractSigned(
            **first(id, now, company_id),
            code=required_text(code, "code"),
            customer_id=customer_id,
            terms=terms,
            notes=agreement.settled_notes(notes),
            adjusts_from=terms.starts_on if opening == 1 else adjustment.counted_from(terms, today),
        )
        contract = evolve(None, signed)
        until = contract.plan.term or max(opening, contract._until(today))
        if opening > until:
            raise TermEmptyError
        agreement.check_size(until - opening + 1)
        return [signed, *contract._generated(range(opening, until + 1), now)]

    def top_up(self, today: date, now: datetime) -> list[InstallmentGenerated]:
        """Generate what the term or horizon lacks, freed periods as their next attempt (V19)."""
        return self._generated(self._lacking(today), now)

    def revise(
        self, terms: Terms, effective_on: date, now: datetime, notes: str | None = None
    ) -> list[ContractRevised]:
        """Change what the contract charges from a day on (V7), or its notes.

        `terms` are the whole new terms, edited from `plan.terms_on(effective_on)`; `notes` None
        leaves the notes as they are, blank ones remove them. A new due day never moves the first due
        date, and waits for the first period that it does not put before `effective_on`, so that
        nothing is late on arrival: such a change may come as two facts.
        """
        start = self._reached_from(effective_on)
        before = self.plan.terms_of(start)
        noted = self.notes if notes is None else agreement.settled_notes(notes)
        changed = revision.differing(before, terms)
        if noted != self.notes:
            changed = (*changed, revision.NOTES)
        if not changed:
            raise RevisionEmptyError
        revision.check_revisable(before, terms, changed)
        agreement.check_charges(terms)
        if "adjustment" in changed:
            agreement.check_adjustment_term(terms)
        adjusts_from = self.clock.restarted_by(before, terms, effective_on, self.next_adjustment_on)
        contract, events = self, list[ContractRevised]()
        for names, ordinal in revision.steps(changed, terms, start, effective_on):
            event = ContractRevised(
                **contract.following(now),
                customer_id=self.customer_id,
                effective_on=effective_on,
                from_ordinal=ordinal,
                changed=names,
                terms=revision.merged(contract.plan.terms_of(ordinal), terms, names),
                notes=noted if revision.NOTES in names else None,
                adjusts_from=adjusts_from,
            )
            events.append(event)
            contract = evolve(contract, event)
        self._check_revised(events[-1].from_ordinal, contract)
        return events

    def forgo_nfse(self, now: datetime) -> list[ContractRevised]:
        """Want no nota of services any more, from the first period that wants one of its own (F140)."""
        wanting = next((each for each in self.plan.versions if each.terms.nfse == "per_instalment"), None)
        if wanting is None:
            return []
        terms = wanting.terms.model_copy(update={"nfse": "none"})
        return self.revise(terms, self.plan.agreed_due(wanting.from_ordinal), now)

    def adjust(self, published: Published, today: date, now: datetime) -> list[ContractAdjusted]:
        """Apply the index clause on every date that is due and not yet done (F127, V5).

        `published` are the points of the contract's own index. Before its date an adjustment is
        made only if all its points are known. What is held already and still unknown changes nothing.
        """
        adjusts_on, clause = self.next_adjustment_on, self.plan.terms.adjustment
        if adjusts_on is None or clause is None:
            raise AdjustmentClauseMissingError
        contract, events = self, list[ContractAdjusted]()
        while (event := contract._adjustment(published, today, now)) is not None:
            events.append(event)
            contract = evolve(contract, event)
        if not events and self.clock.held_from is None:
            lacking = adjustment.missing(adjusts_on, clause, published)
            raise AdjustmentNotDueError(f"not before {adjusts_on}", adjusts_on=adjusts_on, missing=lacking)
        return events

    def extend(
        self, ends_on: date | None, instalment_count: int | None, today: date, now: datetime
    ) -> list[ContractExtended | InstallmentGenerated]:
        """Give the contract a later end, more instalments in all, or no end, and generate (F120).

        A split contract that ended early may go on, up to the instalments of its total.
        """
        if self._single:
            raise TermsFixedError("a single nota has all its instalments", field="nfse")
        if self._split and instalment_count != self.plan.terms.instalment_count:
            raise TermsFixedError("the instalments of a split total", field="instalment_count")
        extended = ContractExtended(**self.following(now), ends_on=ends_on, instalment_count=instalment_count)
        contract = evolve(self, extended)
        before, after = self.plan.term, contract.plan.term
        if before is None or (after is not None and after <= before):
            raise ExtensionTooShortError
        agreement.check_size(contract._until(today) - self.periods.last)
        return [extended, *contract._generated(contract._lacking(today), now)]

    def end(
        self, ends_on: date, reason: str, unbilled: Collection[int], now: datetime
    ) -> list[ContractEnded | InstallmentReleased | InstallmentGenerated]:
        """No instalment falls due after `ends_on` (F115, F171).

        `unbilled` are the ordinals whose invoices may still be cancelled; those past the end are
        released, and the application cancels their invoices in the same transaction. `past_end` then
        names the billed ones that a person must settle. An unbilled single nota is released whole
        and its remaining instalments generated as a new attempt.
        """
        if ends_on < self.plan.terms.starts_on:
            raise EndNotAfterStartError(f"{ends_on} < {self.plan.terms.starts_on}")
        ended = ContractEnded(**self.following(now), ends_on=ends_on, reason=reason)
        contract = evolve(self, ended)
        term = contract.plan.term
        assert term is not None
        if self.plan.term is not None and term >= self.plan.term:
            raise EndNotEarlierError(f"{ends_on}")
        agreement.check_size(term - self.periods.last)
        late = sorted(set(contract.past_end).intersection(unbilled))
        if late and self._single:
            late = self.periods.live()
        released = contract._released(late, now, "contract_ended")
        rest = project(contract, released)
        assert rest is not None
        again = [ordinal for ordinal in late if ordinal <= term]
        return [ended, *released, *rest._generated(again, now)]

    def release(self, ordinal: int, attempt: int, now: datetime) -> list[InstallmentReleased]:
        """Free a period whose invoice was cancelled (V19); a single nota frees all of its instalments."""
        self.periods.check_generated(ordinal)
        if not self.periods.is_live(ordinal) or attempt != self.periods.attempt(ordinal):
            raise PeriodNotLiveError(f"period {ordinal}, attempt {attempt}", ordinal=ordinal, attempt=attempt)
        return self._released(self.periods.live() if self._single else [ordinal], now, "asked")

    def regenerate(self, ordinal: int, now: datetime) -> list[InstallmentGenerated]:
        """Give a freed period its next attempt now, rather than at the next `top_up`."""
        self.periods.check_generated(ordinal)
        if self.periods.is_live(ordinal) or (self._single and self.periods.live()):
            attempt = self.periods.attempt(ordinal)
            raise PeriodStillLiveError(
                f"period {ordinal}, attempt {attempt}", ordinal=ordinal, attempt=attempt
            )
        if not self.plan.covers(ordinal):
            raise PeriodOutsideTermError(f"period {ordinal} of {self.plan.term}", ordinal=ordinal)
        return self._generated(self._freed() if self._single else [ordinal], now)

    def _until(self, today: date) -> int:
        term = self.plan.term
        if term is not None:
            return term
        return self.plan.ordinal_by(schedule.horizon_until(self.plan.terms, today))

    def _lacking(self, today: date) -> list[int]:
        return [*self._freed(), *range(self.periods.last + 1, self._until(today) + 1)]

    def _generated(self, ordinals: Iterable[int], now: datetime) -> list[InstallmentGenerated]:
        return [self._installment(ordinal, now, after) for after, ordinal in enumerate(ordinals)]

    def _installment(self, ordinal: int, now: datetime, after: int) -> InstallmentGenerated:
        period_from, period_until = self.plan.period(ordinal)
        attempt = self._next_attempt(ordinal)
        return InstallmentGenerated(
            **self.following(now, after=after),
            ordinal=ordinal,
            attempt=attempt,
            invoice_id=self.invoice_of(ordinal, attempt),
            competencia=self.plan.competencia(ordinal),
            period_from=period_from,
            period_until=period_until,
            due_on=self.plan.due_on(ordinal),
            amount=self.plan.amount(ordinal),
            value_pending=self.is_value_pending(ordinal),
            forecast=self.is_forecast(ordinal),
        )

    def _next_attempt(self, ordinal: int) -> int:
        if not self.periods.is_generated(ordinal):
            return 1
        # A single nota's instalments share one invoice, so they move to one attempt together.
        attempts = self.periods.attempts.values() if self._single else (self.periods.attempt(ordinal),)
        return 1 + max(attempts, default=1)

    def _released(
        self, ordinals: Iterable[int], now: datetime, because: Literal["asked", "contract_ended"]
    ) -> list[InstallmentReleased]:
        return [
            InstallmentReleased(
                **self.following(now, after=after),
                ordinal=ordinal,
                attempt=self.periods.attempt(ordinal),
                invoice_id=self.invoice_of(ordinal, self.periods.attempt(ordinal)),
                because=because,
            )
            for after, ordinal in enumerate(ordinals)
        ]

    def _reached_from(self, effective_on: date) -> int:
        starts_on = self.plan.terms.starts_on
        if effective_on < starts_on:
            raise RevisionBeforeStartError(f"{effective_on} < {starts_on}")
        ordinal = self.plan.ordinal_from(effective_on)
        if not self.plan.covers(ordinal):
            raise RevisionReachesNothingError(f"{effective_on}")
        return ordinal

    def _check_revised(self, ordinal: int, after: Contract) -> None:
        if not self.plan.covers(ordinal):
            raise RevisionReachesNothingError
        if (later := after.plan.first_collision()) is not None:
            due_on = after.plan.due_on(later)
            raise DueDatesCollideError(f"both on {due_on}", ordinal=later, due_on=due_on)
        if pushed := [each for each in after.past_end if self.plan.covers(each)]:
            ends_on = after.plan.terms.ends_on
            raise PeriodPushedOutError(f"period {pushed[0]}", ordinal=pushed[0], ends_on=ends_on)
        agreement.check_instalment(1, after.plan.amount(1))

    def _adjustment(self, published: Published, today: date, now: datetime) -> ContractAdjusted | None:
        adjusts_on, clause = self.next_adjustment_on, self.plan.terms.adjustment
        if adjusts_on is None or clause is None:
            return None
        if adjusts_on > today and adjustment.missing(adjusts_on, clause, published):
            return None
        measured = adjustment.measure(adjusts_on, clause, published)
        if measured.outcome == "held" and self.clock.held_from is not None:
            return None
        start = self.plan.ordinal_from(adjusts_on)
        before = self.plan.terms_of(start)
        terms = pricing.priced(before, measured.applied)
        return ContractAdjusted(
            **self.following(now),
            effective_on=adjusts_on,
            from_ordinal=start,
            index=clause.index,
            points=measured.points,
            factor=measured.factor,
            outcome=measured.outcome,
            changed=revision.differing(before, terms),
            terms=terms,
        )


def evolve(contract: Contract | None, event: ContractEvent) -> Contract:
    """The state after one more fact."""
    if isinstance(event, ContractSigned):
        return Contract(
            id=event.originator_id,
            version=event.originator_version,
            company_id=event.company_id,
            code=event.code,
            customer_id=event.customer_id,
            notes=event.notes,
            plan=Plan.of(event.terms),
            clock=PriceClock(counted_from=event.adjusts_from),
        )
    assert contract is not None
    plan, periods = contract.plan, contract.periods
    match event:
        case InstallmentGenerated():
            return contract.moved(event, periods=periods.with_generated(event.ordinal, event.attempt))
        case InstallmentReleased():
            return contract.moved(event, periods=periods.with_released(event.ordinal))
        case ContractRevised():
            return contract.moved(
                event,
                plan=plan.revised(event),
                clock=contract.clock.with_revision(event),
                notes=event.notes if revision.NOTES in event.changed else contract.notes,
            )
        case ContractAdjusted():
            return contract.moved(
                event, plan=plan.revised(event), clock=contract.clock.with_adjustment(event)
            )
        case ContractExtended():
            return contract.moved(event, plan=plan.until(event.ends_on, event.instalment_count))
        case ContractEnded():
            return contract.moved(event, plan=plan.until(event.ends_on, plan.terms.instalment_count))
        case _:
            assert_never(event)


project = projector(evolve)
