"""What an installation of so many contracts needs, by measured costs, and which limit comes first."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COSTS = Path(__file__).parent / "scale_costs.json"
_HOUR, _MICRO = 3_600.0, 1e6
_STEPS_A_MONTH = ("period", "bill", "receipt")
LANES = (
    ("invoice_grid",),
    ("invoice_history", "audit"),
    ("invoice_as_of",),
    (
        "companies",
        "accounts",
        "services",
        "customers",
        "billing_runs",
        "contracts",
        "receivables",
        "sales_to_bill",
        "settlements",
    ),
)
"""Which models share a thread of a worker, as projections/registry.py has them."""

UNCUT = "audit"
"""What no shard can take over: it is fed in the order of the log by one runner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is assumed of the installation and of what is asked of it."""

    horizon: int = 12
    """Periods that are open ahead of each contract."""
    years: int = 5
    """For how long the log has grown when its size counts."""
    batch_hours: float = 1.0
    """In which every contract is billed, once a month."""
    receipts_of_hour: float = 0.1
    """The share of a month's receipts that comes in its busiest hour."""
    processors: int = 16
    """Of the server and the programs together."""
    used: float = 0.7
    """How far a processor is planned to be busy."""
    rebuild_processors: int = 2
    rebuild_hours: float = 8.0
    backfill_hours: float = 24.0
    partitions: int = 12
    restore_hours: float = 4.0
    restore_bytes: float = 500e6
    """A second, from the backup's store."""
    wal_bytes: float = 150e6
    """A second that are written and sent to a replica."""
    index_memory: float = 128e9
    """Memory in which the log's indexes are to stay: those of ids take entries anywhere."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured: steps (contract, period, bill, receipt) in µs and bytes."""

    steps: Mapping[str, Mapping[str, Any]]
    rebuild_us: Mapping[str, float]
    relay_us: float

    @classmethod
    def load(cls, path: Path = COSTS) -> Costs:
        """From the committed measurement."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(found["steps"], found["rebuild_us_per_fact"], found["relay_us_per_message"])

    def of_month(self, figure: str) -> float:
        """Of one contract in one month: a period opened, billed and paid."""
        return float(sum(self.value(step, figure) for step in _STEPS_A_MONTH))

    def of_life(self, figure: str, plan: Plan, months: float) -> float:
        """Of one contract since it was signed: it, its periods ahead, and so many months."""
        return (
            self.value("contract", figure)
            + plan.horizon * self.value("period", figure)
            + (months * self.of_month(figure))
        )

    def value(self, step: str, figure: str) -> float:
        """A figure of a step; of those by model the sum."""
        found = self.steps[step][figure]
        return float(sum(found.values()) if isinstance(found, dict) else found)

    def lane_us(self, step: str) -> float:
        """Processor time that the busiest thread of one worker needs for a step."""
        us = self.steps[step]["fold_us"]
        return max(float(sum(us[model] for model in lane)) for lane in LANES)


@dataclass(frozen=True, slots=True)
class Limit:
    """Where something gives way: at so many contracts, and what is done about it."""

    name: str
    contracts: float
    remedy: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What so many contracts need. Bytes after one year and after `plan.years`; times in hours."""

    contracts: int
    events_month: float
    events_year: float
    peak_events: float
    log_bytes: tuple[float, float]
    index_bytes: tuple[float, float]
    model_bytes: tuple[float, float]
    wal_month: float
    kafka_month: float
    rebuild_hours: float
    backfill_hours: float
    batch_hours: tuple[float, float]
    busiest_thread: float
    shards: int
    shards_at_full_speed: int
    consumers: int


def needs(contracts: int, costs: Costs, plan: Plan) -> Needs:
    """Count it through. Everything but what is rounded up grows in proportion to the contracts."""
    n = float(contracts)
    first, last = 12.0, 12.0 * plan.years
    batch_us = _batch_us(costs)

    def sized(figure: str) -> tuple[float, float]:
        return n * costs.of_life(figure, plan, first), n * costs.of_life(figure, plan, last)

    return Needs(
        contracts=contracts,
        events_month=n * costs.of_month("facts"),
        events_year=n * costs.of_month("facts") * 12,
        peak_events=n * costs.value("bill", "facts") / plan.batch_hours / _HOUR,
        log_bytes=sized("log_bytes"),
        index_bytes=sized("log_index_bytes"),
        model_bytes=sized("model_bytes"),
        wal_month=n * (costs.of_month("command_wal") + costs.of_month("fold_wal")),
        kafka_month=n * costs.of_month("message_bytes"),
        rebuild_hours=n * _rebuild_seconds(costs, plan, first) / _HOUR,
        backfill_hours=n * costs.of_life("messages", plan, first) * costs.relay_us / _MICRO / _HOUR,
        batch_hours=(n * batch_us / _MICRO / 2 / _HOUR, n * batch_us / _MICRO / plan.processors / _HOUR),
        busiest_thread=n * costs.lane_us("bill") / _MICRO / plan.batch_hours / _HOUR,
        shards=max(1, math.ceil(n / _one_worker(costs, plan))),
        shards_at_full_speed=math.ceil(plan.processors * costs.lane_us("bill") / batch_us / plan.used),
        consumers=max(1, math.ceil(n / _one_consumer(costs, plan))),
    )


def limits(costs: Costs, plan: Plan) -> list[Limit]:
    """Every limit there is, the first to be reached first."""
    found = (*_limits_of_the_batch(costs, plan), *_limits_of_the_hour(costs, plan), *_lasting(costs, plan))
    return sorted(found, key=lambda limit: limit.contracts)


def _limits_of_the_batch(costs: Costs, plan: Plan) -> Iterator[Limit]:
    """What has to keep up while a month is billed."""
    busy = plan.used * plan.batch_hours * _HOUR
    yield Limit(
        "one worker feeds every model of the batch as it is written",
        _one_worker(costs, plan),
        "`lastro projections shards N`",
    )
    yield Limit(
        f"`{UNCUT}`, fed in the log's order by one runner, keeps up with the batch",
        busy * _MICRO / costs.steps["bill"]["fold_us"][UNCUT],
        "let it lag until the batch is over; then cut it by spans of positions",
    )
    yield Limit(
        "the relay, one process, keeps up with the batch",
        busy * _MICRO / (costs.relay_us * costs.value("bill", "messages")),
        "let it lag, the log keeps everything; then one relay for each group of topics",
    )
    yield Limit(
        f"{plan.processors} processors bill a month in {plan.batch_hours:g} h",
        busy * plan.processors * _MICRO / _batch_us(costs),
        "more hours, due days apart; then companies on servers of their own",
    )


def _limits_of_the_hour(costs: Costs, plan: Plan) -> Iterator[Limit]:
    """What a busy hour writes and reads."""
    wal = costs.value("bill", "command_wal") + costs.value("bill", "fold_wal")
    yield Limit(
        f"{plan.partitions} consumers take the busiest hour of receipts",
        plan.partitions * _one_consumer(costs, plan),
        "a topic v2 with more partitions",
    )
    yield Limit(
        f"the batch writes {plan.wal_bytes / 1e6:g} MB of WAL a second",
        plan.batch_hours * _HOUR * plan.wal_bytes / wal,
        "more hours; checkpoints farther apart",
    )


def _lasting(costs: Costs, plan: Plan) -> Iterator[Limit]:
    """What goes through all that ever happened, or holds it."""
    months = 12.0 * plan.years
    size = sum(costs.of_life(each, plan, months) for each in ("log_bytes", "log_index_bytes", "model_bytes"))
    yield Limit(
        f"every read model is rebuilt in {plan.rebuild_hours:g} hours after {plan.years} years",
        plan.rebuild_hours * _HOUR / _rebuild_seconds(costs, plan, months),
        "more lanes for a rebuild (two today), one model a night",
    )
    yield Limit(
        f"every topic is filled from the first fact in {plan.backfill_hours:g} hours",
        plan.backfill_hours * _HOUR * _MICRO / costs.relay_us / costs.of_life("messages", plan, months),
        "topics one after another, or several backfills of topics that share none",
    )
    yield Limit(
        f"a backup of {plan.years} years is restored in {plan.restore_hours:g} hours",
        plan.restore_hours * _HOUR * plan.restore_bytes / size,
        "a standby to switch to; models left out of the backup and rebuilt",
    )
    yield Limit(
        f"the log's indexes of {plan.years} years stay in {plan.index_memory / 1e9:g} GB of memory",
        plan.index_memory / costs.of_life("log_index_bytes", plan, months),
        "more memory; partitions do not change it; then an installation for each group",
    )


def _batch_us(costs: Costs) -> float:
    """Processor time of one billing, on the pages of every model included."""
    return costs.value("bill", "command_us") + costs.value("bill", "fold_us")


def _one_worker(costs: Costs, plan: Plan) -> float:
    """Contracts whose batch one worker's busiest thread follows."""
    return plan.used * plan.batch_hours * _HOUR * _MICRO / costs.lane_us("bill")


def _one_consumer(costs: Costs, plan: Plan) -> float:
    """Contracts whose receipts of the busiest hour one consumer applies."""
    effects = plan.used * _HOUR * _MICRO / costs.value("receipt", "command_us")
    return effects / plan.receipts_of_hour


def _rebuild_seconds(costs: Costs, plan: Plan, months: float) -> float:
    """Seconds for one contract's facts in every model."""
    facts = costs.of_life("facts", plan, months)
    return facts * sum(costs.rebuild_us.values()) / _MICRO / plan.rebuild_processors
