"""Automatic billing (F187-F191): adjusts, tops up horizons, bills what is due, catches up on missed days.

Idempotent: a second call finds nothing left. Several schedulers may tick; one of them works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

import structlog

from application.access import SYSTEM, Principal
from application.app import Lastro
from application.billing.batch import BillingBatch, PlanSummary
from application.clock import Clock, sao_paulo_date
from application.growing import Growth
from application.leading import held
from application.ports import AutomaticCompanies, ReadModelBehindError
from application.stopping import Proceed, StoppedError, go_on
from domain.user.roles import Permission

log = structlog.get_logger()


class BillingLeadTakenError(Exception):
    """Another process adjusts, tops up and bills just now: try again when it is done."""


class DueBilling:
    """What `lastro bill due` and the scheduler call."""

    def __init__(self, batch: BillingBatch, companies: AutomaticCompanies) -> None:
        self._batch = batch
        self._companies = companies

    def bill_due(
        self, principal: Principal, until: date, companies: Sequence[UUID] | None = None
    ) -> list[PlanSummary]:
        """Bill every open invoice due up to a day, company by company; one summary per company with any.

        Without companies: those with automatic billing switched on (F191). An invoice that would
        only fail as it failed before is left alone until something is corrected.
        """
        chosen = self.automatic(principal) if companies is None else companies
        self.finish(principal)
        runs = (self.bill_company(principal, company, until) for company in chosen)
        return [run for run in runs if run is not None]

    def automatic(self, principal: Principal) -> Sequence[UUID]:
        """The companies with automatic billing switched on."""
        principal.require(Permission.BILL_NOW)
        return self._companies.automatic()

    def finish(self, principal: Principal, proceed: Proceed = go_on) -> int:
        """Finish the automatic runs that were interrupted; answers how many invoices they billed."""
        return sum(_billed(run) for run in self._batch.resume_due(principal, proceed))

    def bill_company(
        self, principal: Principal, company_id: UUID, until: date, proceed: Proceed = go_on
    ) -> PlanSummary | None:
        """`bill_due` for one company; None if nothing is due.

        Raises StoppedError where `proceed` does; what is left of a run is for `finish`.
        """
        plan = self._batch.plan_due(principal, company_id, until, proceed)
        return None if plan is None else self._batch.confirm(principal, plan.plan_hash, proceed=proceed)


def _billed(run: PlanSummary) -> int:
    return run.run.billed + run.run.with_failures


@dataclass(frozen=True, slots=True)
class Tick:
    """How many invoices, periods and adjustments one tick made. `led` False: another process has the lead."""

    led: bool
    billed: int = 0
    topped_up: int = 0
    adjusted: int = 0


class BillingScheduler:
    """Called again and again by the worker. A tick blocks for as long as its billing takes.

    Raises nothing that concerns one part of its work alone: that is logged, the other parts are done,
    and the tick that follows catches up.
    """

    def __init__(self, lastro: Lastro, clock: Clock, due: DueBilling, growth: Growth) -> None:
        self._lastro = lastro
        self._clock = clock
        self._due = due
        self._growth = growth

    def tick(self, principal: Principal = SYSTEM, proceed: Proceed = go_on) -> Tick:
        """Adjust what an index clause reaches (F127), once a day top up the horizons (F119), then bill.

        Raises StoppedError where `proceed` does: after a page, a chunk or a company.
        """
        with held(self._lastro.database, "billing", "scheduler") as led:
            if not led:
                return Tick(led=False)
            today = sao_paulo_date(self._clock())
            adjusted = self._tried(lambda: self._growth.adjust(principal, proceed), part="adjustments")
            topped_up = self._tried(lambda: self._growth.top_up(principal, proceed), part="horizons")
            billed = self._tried(lambda: self._due.finish(principal, proceed), part="unfinished runs")
            for company_id in self._due.automatic(principal):
                proceed()
                bill = partial(self._bill, principal, company_id, today, proceed)
                billed += self._tried(bill, part=str(company_id))
            return Tick(led=True, billed=billed, topped_up=topped_up, adjusted=adjusted)

    def bill_at_once(self, companies: Collection[UUID], principal: Principal = SYSTEM) -> int:
        """Bill what is due of those of them where automatic billing is on; answers how many invoices.

        Raises BillingLeadTakenError, ReadModelBehindError and whatever else stands in the way.
        """
        with held(self._lastro.database, "billing", "scheduler") as led:
            if not led:
                raise BillingLeadTakenError(BillingLeadTakenError.__doc__)
            today = sao_paulo_date(self._clock())
            chosen = [each for each in self._due.automatic(principal) if each in companies]
            return sum(self._bill(principal, each, today, go_on) for each in chosen)

    def _bill(self, principal: Principal, company_id: UUID, today: date, proceed: Proceed) -> int:
        run = self._due.bill_company(principal, company_id, today, proceed)
        return 0 if run is None else _billed(run)

    @staticmethod
    def _tried(work: Callable[[], int], part: str) -> int:
        try:
            return work()
        except StoppedError:
            raise
        except ReadModelBehindError:
            log.warning("billing_postponed", part=part, reason="read model behind")
        except Exception:
            log.exception("billing_postponed", part=part)
        return 0
