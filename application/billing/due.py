"""Automatic billing (F187-F191): bills what is due, catches up on missed days, tops up horizons.

Idempotent: a second call finds nothing left. Several schedulers may tick; one of them works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import structlog

from application.access import SYSTEM, Principal
from application.app import Lastro
from application.billing.batch import BillingBatch, PlanSummary
from application.clock import Clock, sao_paulo_date
from application.contracts import Contracts
from application.leading import held
from application.ports import AutomaticCompanies, ReadModelBehindError
from domain.user.roles import Permission

log = structlog.get_logger()


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
        principal.require(Permission.BILL_NOW)
        chosen = self._companies.automatic() if companies is None else companies
        runs = (self._bill_company(principal, company, until) for company in chosen)
        return [run for run in runs if run is not None]

    def _bill_company(self, principal: Principal, company_id: UUID, until: date) -> PlanSummary | None:
        plan = self._batch.plan_due(principal, company_id, until)
        return None if plan is None else self._batch.confirm(principal, plan.plan_hash)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick of the scheduler did. `led` False: another process has the lead."""

    led: bool
    billed: int = 0
    topped_up: int = 0


class BillingScheduler:
    """Called again and again by the worker. A tick blocks for as long as its billing takes.

    Raises nothing that the next tick could heal: it is logged, and the tick that follows catches up.
    """

    def __init__(self, lastro: Lastro, clock: Clock, due: DueBilling, contracts: Contracts) -> None:
        self._lastro = lastro
        self._clock = clock
        self._due = due
        self._contracts = contracts
        self._topped_up_on: date | None = None

    def tick(self, principal: Principal = SYSTEM) -> Tick:
        """Bill what is due today, and once a day top up the horizons (F119)."""
        with held(self._lastro.database, "billing", "scheduler") as led:
            if not led:
                return Tick(led=False)
            try:
                return self._work(principal, sao_paulo_date(self._clock()))
            except ReadModelBehindError:
                log.warning("billing_tick_postponed", reason="read model behind")
                return Tick(led=True)

    def _work(self, principal: Principal, today: date) -> Tick:
        topped_up = 0
        if self._topped_up_on != today:
            topped_up = self._contracts.top_up_all(principal)
            self._topped_up_on = today
        runs = self._due.bill_due(principal, today)
        return Tick(led=True, billed=sum(run.run.billed for run in runs), topped_up=topped_up)
