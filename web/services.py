"""Everything that the pages and the API rest on, made once in the composition root and handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from application.api_tokens import ApiTokens
from application.app import Lastro
from application.audit import Auditing
from application.clock import Clock, sao_paulo_date
from application.contracts import Contracts
from application.database import Database
from application.feed import Feed
from application.incoming.desk import MessageDesk
from application.incoming.positions import Positions
from application.invoices import Invoices
from application.login_throttle import LoginThrottle
from application.people import People
from application.sales_billing import Sales
from application.services import Services as ServiceRegistry
from application.sessions import Sessions
from application.settlements.settlements import Settlements
from application.webhooks.endpoints import Webhooks


@dataclass(frozen=True, slots=True)
class Services:
    """Ports and use cases of the web process.

    `signing_key` seals page cursors; `threads` handlers run at once, no more than `database` has connections.
    """

    database: Database
    lastro: Lastro
    people: People
    sessions: Sessions
    throttle: LoginThrottle
    api_tokens: ApiTokens
    feed: Feed
    invoices: Invoices
    contracts: Contracts
    settlements: Settlements
    sales: Sales
    service_registry: ServiceRegistry
    auditing: Auditing
    webhooks: Webhooks
    messages: MessageDesk
    positions: Positions
    signing_key: bytes
    clock: Clock
    threads: int
    migrations: Path
    asyncapi: Path

    def now(self) -> datetime:
        """The current instant."""
        return self.clock()

    def today(self) -> date:
        """The calendar date in São Paulo."""
        return sao_paulo_date(self.clock())
