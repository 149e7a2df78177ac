"""The demo's outside world as a process: sales and receipts that are invented, sent at a gentle pace.

Started by `lastro demo --kafka` as `python -m lastro.traffic`; no command of its own, since it would invent
money in any installation that it is pointed at.
"""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import structlog

from application.clock import sao_paulo_date, utc_now
from application.database import Database
from application.kafka_access import client_options
from application.settings import Settings
from deploy.local.traffic import ORDERS, SETTLEMENTS, Bill, Buyer, Portfolio, Ware, World
from domain.invoice.situacao import InstalmentStatus, Situacao
from lastro.logs import configure_logs
from lastro.signals import stop_on_signals
from lastro.wiring import opened_database
from producers.outside import Outside, OutsideSilentError
from projections.accounts.query import accounts
from projections.companies.query import companies
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.query import page
from projections.invoice_grid.rows import GridRow
from projections.services.query import services

PACE_SECONDS = 2.0
LIVELY = 14
"""The first ones, one of each kind, come faster: whoever opens the page sees them arrive."""

_LIVELY_SECONDS = 0.5
_PATIENCE_SECONDS = 5.0
_SIZE = 200

log = structlog.get_logger(__name__)


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    settings = Settings()
    configure_logs(settings.log_level)
    stopping = stop_on_signals()
    with (
        opened_database(settings) as database,
        Outside(client_options(settings), settings.kafka_prefix) as outside,
    ):
        world = _world(database, stopping)
        if world is not None:
            tell(world, outside, stopping)


def tell(world: World, outside: Outside, stopping: Event) -> None:
    """One message after the other until `stopping` is set; what Kafka does not take now is tried again."""
    count = 0
    outside.make_topics([ORDERS, SETTLEMENTS])
    while not stopping.is_set():
        now = utc_now()
        told = world.next(now, sao_paulo_date(now))
        while not stopping.is_set():
            try:
                outside.send(told.topic, told.key, told.value)
                break
            except OutsideSilentError as problem:
                log.warning("kafka_silent", problem=str(problem))
                stopping.wait(_PATIENCE_SECONDS)
        count += 1
        log.info("told", what=told.what, key=told.key.decode())
        stopping.wait(_LIVELY_SECONDS if count < LIVELY else PACE_SECONDS)


def _world(database: Database, stopping: Event) -> World | None:
    """As soon as there is somebody to sell to."""
    while not stopping.is_set():
        portfolio = portfolio_of(database)
        if portfolio.buyers and portfolio.wares:
            started = utc_now()
            return World(portfolio, f"{started:%y%m%d%H%M%S}", seed=int(started.timestamp()))
        stopping.wait(_PATIENCE_SECONDS)
    return None


def portfolio_of(database: Database) -> Portfolio:
    """What the read models show."""
    code_of = {each.company_id: each.code for each in companies(database, None)}
    waiting = _rows(database, (Situacao.PENDING,), ())
    return Portfolio(
        buyers=sorted(
            {Buyer(code_of[row.company_id], row.customer_id) for row in waiting if row.contract_id},
            key=lambda buyer: (buyer.company, buyer.customer_id),
        ),
        wares=[
            Ware(code_of[each.company_id], each.code, each.list_price)
            for each in services(database, None)
            if each.list_price is not None and not each.retired
        ],
        tills=[code_of[each.company_id] for each in accounts(database, None) if each.kind == "cash"],
        bills=lambda: _bills(database),
    )


def _bills(database: Database) -> list[Bill]:
    """Boletos in one instalment, since a row says the amount of all of them."""
    rows = _rows(database, (Situacao.BILLED,), (InstalmentStatus.UNPAID,))
    return [
        Bill(row.company_code, row.invoice_id, _digits(row.linha_digitavel), row.amount)
        for row in rows
        if row.company_code and row.linha_digitavel and row.instalments_total == 1 and not row.settled_amount
    ]


def _rows(
    database: Database, situacoes: tuple[Situacao, ...], statuses: tuple[InstalmentStatus, ...]
) -> tuple[GridRow, ...]:
    today = sao_paulo_date(utc_now())
    around = GridFilter(
        start=today - timedelta(days=60),
        end=today + timedelta(days=90),
        today=today,
        companies=None,
        situacoes=situacoes,
        instalment_statuses=statuses,
    )
    return page(database, around, size=_SIZE, descending=True).rows


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


if __name__ == "__main__":
    main()
