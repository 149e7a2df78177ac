"""Puts the billing use cases together for a process: the batch, automatic billing, the scheduler."""

from __future__ import annotations

from functools import cached_property, partial

from application.app import Lastro
from application.billing.batch import BillingBatch
from application.billing.due import BillingScheduler, DueBilling
from application.billing.running import ChunkWorkers, InThisProcess, Runner
from application.billing.workers import InProcesses
from application.clock import utc_now
from application.contracts import Contracts
from application.database import Database
from application.event_store.keys import MasterKey
from application.growing import Growth
from lastro.use_cases import UseCases
from lastro.wiring import Runtime
from projections.companies.query import AutomaticBillingCompanies
from projections.contracts.query import GrowingContractsQuery
from projections.invoice_grid.query import GridBillableInvoices
from projections.sales_to_bill.query import OpenSalesQuery


class BillingUseCases(UseCases):
    """`processes` is how many bill at once; one bills in this process."""

    def __init__(self, runtime: Runtime, processes: int = 1) -> None:
        super().__init__(runtime)
        self._processes = processes

    @cached_property
    def contracts(self) -> Contracts:
        """Contracts and their horizons."""
        return Contracts(self._lastro, self.lookups, utc_now)

    @cached_property
    def batch(self) -> BillingBatch:
        """The contractual batch."""
        runner = Runner(self._lastro, utc_now, self._workers)
        database = self._runtime.database
        return BillingBatch(
            self._lastro, utc_now, GridBillableInvoices(database), runner, OpenSalesQuery(database)
        )

    @cached_property
    def due(self) -> DueBilling:
        """Automatic billing."""
        return DueBilling(self.batch, AutomaticBillingCompanies(self._runtime.database))

    @cached_property
    def scheduler(self) -> BillingScheduler:
        """What the worker ticks."""
        growing = GrowingContractsQuery(self._runtime.database)
        growth = Growth(self._lastro, utc_now, self.contracts, growing)
        return BillingScheduler(self._lastro, utc_now, self.due, growth)

    def start_helpers(self) -> None:
        """Start the other processes now: they are up when the run begins."""
        if isinstance(self._workers, InProcesses):
            self._workers.start()

    @cached_property
    def _workers(self) -> ChunkWorkers:
        if self._processes == 1:
            return InThisProcess(self._lastro, utc_now)
        settings, database = self._runtime.settings, self._runtime.database
        opener = partial(
            open_lastro, database.url, database.schema, settings.database_pool, self._runtime.master_key_text
        )
        behind = GridBillableInvoices(database).behind
        return InProcesses(self._lastro, utc_now, opener, behind, helpers=self._processes - 1)


def open_lastro(url: str, schema: str, pool: int, master_key: str) -> Lastro:
    """The application in another process, for its whole life."""
    return Lastro(Database(url, schema, pool), MasterKey.parse(master_key))
