"""The demo's outside world as a process: sales and receipts that are invented, sent at a gentle pace.

Started by `lastro demo --kafka` as `python -m lastro.traffic`; no command of its own, since it would invent
money in any installation that it is pointed at.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import structlog

from application.app import Lastro
from application.clock import sao_paulo_date, utc_now
from application.database import Database
from application.kafka_access import client_options
from application.settings import Settings
from deploy.local.traffic import ORDERS, SETTLEMENTS, Bill, Buyer, Portfolio, Ware, World
from domain.invoice.invoice import project
from domain.invoice.situacao import InstalmentStatus, Situacao
from lastro.logs import configure_logs
from lastro.signals import stop_on_signals
from lastro.wiring import opened
from producers.outside import Outside, OutsideSilentError
from projections.accounts.query import accounts
from projections.companies.query import companies
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.query import page
from projections.invoice_grid.rows import GridRow
from projections.services.query import services

PACE_SECONDS = 2.0
LIVELY = 15
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
    logging.getLogger("kafka").setLevel(logging.ERROR)
    with (
        opened(settings) as runtime,
        Outside(client_options(settings), settings.kafka_prefix) as outside,
    ):
        world = _world(runtime.lastro, stopping)
        if world is not None:
            tell(world, outside, stopping)


def tell(world: World, outside: Outside, stopping: Event) -> None:
    """One message after the other until `stopping` is set; what Kafka does not take now is tried again."""
    _insist(lambda: outside.make_topics([ORDERS, SETTLEMENTS]), stopping)
    count = 0
    while not stopping.is_set():
        now = utc_now()
        told = world.next(now, sao_paulo_date(now))
        _insist(partial(outside.send, told.topic, told.key, told.value), stopping)
        count += 1
        log.info("told", what=told.what, key=told.key.decode())
        stopping.wait(_LIVELY_SECONDS if count < LIVELY else PACE_SECONDS)


def _insist(act: Callable[[], None], stopping: Event) -> None:
    while not stopping.is_set():
        try:
            act()
        except OutsideSilentError as problem:
            log.warning("kafka_silent", problem=str(problem))
            stopping.wait(_PATIENCE_SECONDS)
        else:
            return


def _world(lastro: Lastro, stopping: Event) -> World | None:
    """As soon as there is somebody to sell to."""
    while not stopping.is_set():
        portfolio = portfolio_of(lastro)
        if portfolio.buyers and portfolio.wares:
            started = utc_now()
            return World(portfolio, _name_of(started), seed=int(started.timestamp()))
        stopping.wait(_PATIENCE_SECONDS)
    return None


def portfolio_of(lastro: Lastro) -> Portfolio:
    """What the read models show."""
    database = lastro.database
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
        tills={
            code_of[each.company_id]: each.code for each in accounts(database, None) if each.kind == "cash"
        },
        bills=lambda: _bills(lastro),
    )


def _bills(lastro: Lastro) -> list[Bill]:
    """Boletos of one instalment, since a row shows one; with what is owed of each today, charges included."""
    today = sao_paulo_date(utc_now())
    rows = {
        row.invoice_id: row
        for row in _rows(
            lastro.database, (Situacao.BILLED,), (InstalmentStatus.UNPAID, InstalmentStatus.OVERDUE)
        )
        if row.linha_digitavel and row.instalments_total == 1 and not row.settled_amount
    }
    invoices = lastro.load_many(project, rows)
    return [
        Bill(
            str(row.company_code),
            row.invoice_id,
            _digits(str(row.linha_digitavel)),
            owed,
            payer=row.customer_name or "",
            document=row.customer_document or "",
        )
        for row in rows.values()
        if (owed := invoices[row.invoice_id].owed_on(1, today).total) > 0
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


def _name_of(started: datetime) -> str:
    """Short, and another one each second: numbers of one run are not those of another."""
    left, name = int(started.timestamp()), ""
    while left:
        left, digit = divmod(left, 32)
        name = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit] + name
    return name


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


if __name__ == "__main__":
    main()
