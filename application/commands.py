"""Every command of the product, on one application: what web, CLI, import and worker call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from application.accounts import Accounts
from application.app import Lastro
from application.billing.batch import BillingBatch
from application.billing.due import BillingScheduler, DueBilling
from application.billing.no_sales import NoSales
from application.billing.running import ChunkWorkers, InThisProcess, Runner
from application.clock import Clock, utc_now
from application.companies import Companies
from application.contracts import Contracts
from application.customers import Customers
from application.event_store.keys import MasterKey
from application.growing import Growth
from application.invoices import Invoices
from application.lookups import Lookups
from application.ports import OpenSales, ReadModels
from application.price_indices import PriceIndices
from application.services import Services
from application.users import Users


@dataclass(frozen=True, slots=True)
class Commands:
    """Stateless but for the scheduler's memory of the day; share one between threads."""

    lookups: Lookups
    companies: Companies
    accounts: Accounts
    customers: Customers
    services: Services
    price_indices: PriceIndices
    users: Users
    contracts: Contracts
    invoices: Invoices
    batch: BillingBatch
    due: DueBilling
    scheduler: BillingScheduler
    growth: Growth

    @classmethod
    def over(
        cls,
        lastro: Lastro,
        master_key: MasterKey,
        read_models: ReadModels,
        *,
        clock: Clock = utc_now,
        workers: ChunkWorkers | None = None,
        sales: OpenSales | None = None,
    ) -> Self:
        """Wire the commands. `read_models` says what may be billed, `sales` what was sold beside it, None
        where nothing ever is; a batch runs here without `workers`."""
        lookups = Lookups(lastro.database, master_key.derived("lookup"))
        contracts = Contracts(lastro, lookups, clock)
        runner = Runner(lastro, clock, workers or InThisProcess(lastro, clock))
        batch = BillingBatch(lastro, clock, read_models, runner, sales or NoSales())
        due = DueBilling(batch, read_models)
        growth = Growth(lastro, clock, contracts, read_models)
        return cls(
            lookups=lookups,
            companies=Companies(lastro, lookups, clock),
            accounts=Accounts(lastro, lookups, clock),
            customers=Customers(lastro, lookups, clock),
            services=Services(lastro, lookups, clock),
            price_indices=PriceIndices(lastro, lookups, clock),
            users=Users(lastro, lookups, clock),
            contracts=contracts,
            invoices=Invoices(lastro, lookups, clock),
            batch=batch,
            due=due,
            scheduler=BillingScheduler(lastro, clock, due, growth),
            growth=growth,
        )
