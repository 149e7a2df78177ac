"""The first pages of an auditor's questions over ten million facts against the same over a million."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from application.database import Database
from application.event_store.reading import safe_position
from bench import audit_log
from bench.rows import Row
from bench.server import durable_server, migrated
from projections.audit.model import AUDIT
from projections.audit.query import AuditFilter, audit_page
from projections.runner import Runner, configure

_PAGE = 50
_BEGUN = datetime(2016, 1, 1, 12, tzinfo=UTC)
_SPACING = timedelta(seconds=31)
_SEED = 17
_UNCOUNTED = 10


@dataclass(frozen=True, slots=True)
class Log:
    """How long the log is, and a source of questions about it."""

    facts: int
    database: Database
    random: Random = field(default_factory=lambda: Random(_SEED))

    @property
    def months(self) -> int:
        """Whole months of facts."""
        return self.facts // audit_log.MONTH

    def month(self) -> int:
        """Any of them."""
        return self.random.randrange(self.months)

    def moment(self) -> datetime:
        """When any of the facts happened."""
        return _BEGUN + self.random.randrange(self.facts) * _SPACING


type Ask = Callable[[Log], AuditFilter]


def run(scale: str) -> list[Row]:
    """Every question is asked anew each time, of anywhere in the log, newest first; p95 of a page."""
    few, many, rounds = (50_000, 200_000, 30) if scale == "small" else (1_000_000, 10_000_000, 400)
    with durable_server() as server, migrated(server, 4) as short, migrated(server, 4) as long:
        grown(short, few)
        seconds = grown(long, many)
        rows = compared(Log(few, short), Log(many, long), rounds)
        size, whole = _bytes(long)
    note = (
        f"disk of the audit to that of the log; {seconds / many * 1e6:.1f} µs a fact, {size / many:.0f} bytes"
    )
    return [*rows, Row("audit_size", size / whole, None, "lower", note)]


def grown(database: Database, facts: int) -> float:
    """Make the log and bring the read model to its end: how long that took it, in seconds."""
    audit_log.fill(database, 0, facts)
    with database.dedicated() as connection:
        configure(connection)
        runner = Runner(AUDIT)
        runner.install(connection)
        begun = time.perf_counter()
        runner.run_to(connection, safe_position(connection))
        seconds = time.perf_counter() - begun
        for table in (*(AUDIT.relation(each) for each in AUDIT.relations), "event"):
            connection.execute(f"VACUUM ANALYZE {table}".encode())
        connection.execute("CHECKPOINT")
    return seconds


def compared(short: Log, long: Log, rounds: int) -> list[Row]:
    """Both logs are asked in turns, so that what else the machine does falls on both."""
    taken: dict[tuple[str, int], list[float]] = {}
    gc.disable()
    try:
        for number in range(-_UNCOUNTED, rounds):  # statements are prepared and inner index pages read first
            for name, ask in _QUESTIONS.items():
                for log in (short, long) if number % 2 else (long, short):
                    asked = ask(log)
                    begun = time.perf_counter()
                    audit_page(log.database, asked, None, limit=_PAGE)
                    if number >= 0:
                        taken.setdefault((name, log.facts), []).append(time.perf_counter() - begun)
    finally:
        gc.enable()
    rows = [_row(name, taken[name, short.facts], taken[name, long.facts], short, long) for name in _QUESTIONS]
    worst = max((row for row in rows if row.goal is not None), key=lambda row: row.ratio)
    return [replace(worst, name="audit_page"), *rows]


def _row(name: str, before: list[float], after: list[float], short: Log, long: Log) -> Row:
    goal = 1.3 if name in _JUDGED else None
    first, second = _p95(before), _p95(after)
    note = (
        f"p95 {first * 1000:.1f} ms among {short.facts:,} facts, {second * 1000:.1f} ms among {long.facts:,};"
        f" p50 {_p50(before) * 1000:.1f} and {_p50(after) * 1000:.1f} ms"
    )
    return Row(f"audit_page{name}", second / first, goal, "lower", note)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _p50(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def _bytes(database: Database) -> tuple[int, int]:
    """The audit's tables with their indexes, and the log's."""
    query = "SELECT pg_total_relation_size(%s::regclass)"
    tables = (*(AUDIT.relation(each) for each in AUDIT.relations), "event")
    with database.autocommit() as connection:
        rows = [connection.execute(query, (table,)).fetchone() for table in tables]
    sizes = [int(row[0]) for row in rows if row is not None]
    return sum(sizes[:-1]), sizes[-1]


def _correlation(log: Log) -> AuditFilter:
    """A signing, a run of a thousand invoices, or a receipt: what one click led to."""
    part, most = log.random.choice((("c", 1_000), ("r", 10), ("p", 10_000)))
    return AuditFilter(correlation_id=audit_log.correlation(log.month(), part, log.random.randrange(most)))


def _customer(log: Log) -> AuditFilter:
    """One of those with more facts than a page holds, in either log."""
    return AuditFilter(customer_id=audit_log.customer(log.random.randrange(1_000)))


def _company(log: Log) -> AuditFilter:
    return AuditFilter(companies=(audit_log.company(log.random.randrange(7)),))


def _actor(log: Log) -> AuditFilter:
    return AuditFilter(actors=(audit_log.actor(log.random.randrange(40)),))


def _topic(log: Log) -> AuditFilter:
    topics = ("invoice.opened.v1", "invoice.boleto_issued.v1", "invoice.installment_paid.v1")
    return AuditFilter(topics=(log.random.choice(topics),))


def _amount(log: Log) -> AuditFilter:
    return AuditFilter(amount=Decimal(f"{50 + log.random.randrange(400)}.00"))


def _stream(log: Log) -> AuditFilter:
    return AuditFilter(streams=(audit_log.invoice(log.month(), log.random.randrange(10_000)),))


def _happened(log: Log) -> AuditFilter:
    moment = log.moment()
    return AuditFilter(occurred_from=moment, occurred_until=moment + timedelta(hours=6))


def _recorded(log: Log) -> AuditFilter:
    moment = log.moment()
    return AuditFilter(recorded_from=moment, recorded_until=moment + timedelta(hours=6))


def _together(log: Log) -> AuditFilter:
    """A company's receipts of one amount in a quarter: none of it is rare."""
    moment = log.moment()
    return AuditFilter(
        companies=(audit_log.company(log.random.randrange(7)),),
        topics=("invoice.installment_paid.v1",),
        amount=Decimal(f"{50 + log.random.randrange(400)}.00"),
        occurred_from=moment,
        occurred_until=moment + timedelta(days=90),
    )


def _nothing(log: Log) -> AuditFilter:
    """What a fifth and a tenth of the log have, and none has both: the worst that can be asked."""
    return AuditFilter(topics=("invoice.opened.v1",), actors=("consumer",))


_QUESTIONS: dict[str, Ask] = {
    "_correlation": _correlation,
    "_customer": _customer,
    "_company": _company,
    "_actor": _actor,
    "_topic": _topic,
    "_amount": _amount,
    "_stream": _stream,
    "_happened": _happened,
    "_recorded": _recorded,
    "_together": _together,
    "_nothing": _nothing,
}
_JUDGED = ("_correlation", "_customer")
