"""Measures what the scale model counts with, in one run: processor time and bytes of a contract's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from itertools import batched
from typing import Any
from uuid import UUID

import psutil

from application.access import SYSTEM
from application.app import Context, Lastro
from application.clock import utc_now
from application.commands import Commands
from application.database import Connection, Database
from application.event_store.keys import Keyring, MasterKey
from application.event_store.reading import safe_position
from application.ids import new_id
from application.lookups import Lookups
from application.settlements.received import SettlementReceived
from application.settlements.settlements import Settlements
from bench.billing_house import GridReadModels
from bench.broker import bench_broker
from bench.portfolio import MARCH, found
from bench.relay import relayed
from bench.relay_log import messages_in
from bench.server import durable_server, migrated
from producers.messages.message import Message
from projections.builds import Promote, State
from projections.installation import build_indexes
from projections.numbered_boletos import NumberedBoletosQuery
from projections.projection import Projection
from projections.rebuild.operations import rebuild
from projections.rebuild.run import Progress
from projections.registry import projections
from projections.runner import Runner, configure
from projections.settlements.waiting import WaitingReceiptsQuery

_KEY = MasterKey(bytes(32))
_RECEIPTS = 500


@dataclass(slots=True)
class Step:
    """What something has cost: facts, messages, processor time in µs, bytes; the same of each model."""

    facts: float = 0.0
    command_us: float = 0.0
    log_bytes: float = 0.0
    log_index_bytes: float = 0.0
    command_wal: float = 0.0
    fold_wal: float = 0.0
    messages: float = 0.0
    message_bytes: float = 0.0
    fold_us: dict[str, float] = field(default_factory=dict)
    model_bytes: dict[str, float] = field(default_factory=dict)

    def of(self, make: Callable[[float, float], float], other: Step) -> Step:
        """Each figure of both, made into one."""
        made: dict[str, Any] = {}
        for name, value in asdict(self).items():
            theirs = getattr(other, name)
            if isinstance(value, dict):
                made[name] = {key: make(each, theirs[key]) for key, each in value.items()}
            else:
                made[name] = make(value, theirs)
        return Step(**made)


class _MadeError(Exception):
    """The build is made; what follows is not measured."""


@dataclass(slots=True)
class _House:
    database: Database
    lastro: Lastro
    commands: Commands
    runners: list[Runner]
    feeding: Connection
    models: Sequence[Projection]


def measure(contracts: int) -> dict[str, Any]:
    """Everything, in a server of its own: steps by unit, the relay, a rebuild by fact, and where it was."""
    with durable_server() as server, migrated(server) as database, _housed(database) as house:
        portfolio = found(house.commands)
        _feed(house)
        short = _step(house, lambda: portfolio.grow(0, contracts))
        long = _step(house, lambda: portfolio.grow(contracts, contracts, periods=12))
        bill = _step(house, lambda: _bill(house))
        receipt = _step(house, lambda: _pay(house))
        facts = _facts(house)
        rebuilt = {model.name: _rebuilt(house, model) / facts * 1e6 for model in house.models}
        relay_us = _relay_us(house)
    period = long.of(lambda a, b: max(0.0, (a - b) / (11 * contracts)), short)
    contract = short.of(lambda a, b: max(0.0, a / contracts - b), period)
    steps = {
        "contract": contract,
        "period": period,
        "bill": bill.of(lambda a, _: a / (2 * contracts), bill),
        "receipt": receipt.of(lambda a, _: a / (2 * contracts), receipt),
    }
    return {
        "measured_on": f"{utc_now():%Y-%m-%d}",
        "sample_contracts": 2 * contracts,
        "sample_facts": facts,
        "steps": {name: _rounded(asdict(step)) for name, step in steps.items()},
        "rebuild_us_per_fact": _rounded(rebuilt),
        "relay_us_per_message": round(relay_us, 2),
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _rounded(each) if isinstance(each, dict) else round(each, 2) for key, each in values.items()}


@contextmanager
def _housed(database: Database) -> Iterator[_House]:
    lastro = Lastro(database, _KEY)
    models = projections(Keyring(database, _KEY))
    commands = Commands.over(lastro, _KEY, GridReadModels(database), workers=None)
    with database.dedicated() as feeding:
        configure(feeding)
        runners = [Runner(model) for model in models]
        for runner in runners:
            runner.install(feeding)
            build_indexes(feeding, runner.projection)
        yield _House(database, lastro, commands, runners, feeding, models)
    lastro.close()


def _step(house: _House, act: Callable[[], None]) -> Step:
    """Do it, then feed every model: what both have cost in all."""
    connection = house.feeding
    facts, sizes, wal, cpu = _facts(house), _log_sizes(connection), _wal(connection), _cpu(connection)
    at = safe_position(connection)
    act()
    step = Step(
        facts=_facts(house) - facts,
        command_us=(_cpu(connection) - cpu) * 1e6,
        command_wal=_wal(connection) - wal,
    )
    heap, index = _log_sizes(connection)
    step.log_bytes, step.log_index_bytes = heap - sizes[0], index - sizes[1]
    wal = _wal(connection)
    for name, (us, size) in _feed(house).items():
        step.fold_us[name], step.model_bytes[name] = us, size
    step.fold_wal = _wal(connection) - wal
    _count_messages(step, [each for each in messages_in(house.lastro) if each.position > at])
    return step


def _feed(house: _House) -> dict[str, tuple[float, float]]:
    """µs of processor time and bytes that each model has taken to get to the log's end."""
    costs = {}
    for runner in house.runners:
        cpu, size = _cpu(house.feeding), _model_size(house.feeding, runner.projection)
        runner.run_to(house.feeding, safe_position(house.feeding))
        grown = _model_size(house.feeding, runner.projection) - size
        costs[runner.projection.name] = ((_cpu(house.feeding) - cpu) * 1e6, grown)
    house.feeding.execute("VACUUM (ANALYZE)")
    return costs


def _bill(house: _House) -> None:
    plan = house.commands.batch.plan(SYSTEM, due_from=MARCH[0], due_until=MARCH[1])
    house.commands.batch.confirm(SYSTEM, plan.plan_hash)


def _pay(house: _House) -> None:
    database = house.database
    settlements = Settlements(
        house.lastro,
        Lookups(database, bytes(32)),
        utc_now,
        NumberedBoletosQuery(database),
        WaitingReceiptsQuery(database),
    )
    with database.autocommit() as connection:
        rows = connection.execute(
            "SELECT stream_id, state->>'amount' FROM event WHERE topic = 'invoice.boleto_issued.v1'"
        ).fetchall()
    for page in batched(rows, _RECEIPTS):
        outcomes = settlements.apply(
            [_receipt(*row) for row in page], Context("bench", new_id()), lambda *_: None
        )
        assert len(outcomes) == len(page)


def _receipt(invoice: UUID, amount: str) -> SettlementReceived:
    return SettlementReceived(
        "bank", f"E{invoice}", Decimal(amount), MARCH[0], invoice_id=invoice, instalment=1
    )


def _count_messages(step: Step, messages: Sequence[Message]) -> None:
    step.messages = len(messages)
    step.message_bytes = sum(len(message.value or b"") for message in messages)


def _rebuilt(house: _House, model: Projection) -> float:
    """Seconds of processor time of a build from the first fact to where it would be compared."""

    def told(progress: Progress) -> None:
        if progress.state is State.COMPARING:
            raise _MadeError

    cpu = _cpu(house.feeding)
    with suppress(_MadeError):
        rebuild(house.database, model, "bench", Promote.NO, tell=told)
    return _cpu(house.feeding) - cpu


def _relay_us(house: _House) -> float:
    """Processor time of relay and helper, their start included; that of server and broker is not."""
    messages = messages_in(house.lastro)
    with bench_broker() as bootstrap:
        before = _own_cpu()
        relayed(bootstrap, house.database, messages)
        return (_own_cpu() - before) / len(messages) * 1e6


def _own_cpu() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _facts(house: _House) -> int:
    row = house.feeding.execute("SELECT count(*) FROM event").fetchone()
    return 0 if row is None else int(row[0])


def _log_sizes(connection: Connection) -> tuple[int, int]:
    row = connection.execute("SELECT pg_table_size('event'), pg_indexes_size('event')").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _model_size(connection: Connection, model: Projection) -> float:
    tables = [model.relation(table) for table in model.relations]
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", (tables,)
    ).fetchone()
    return 0.0 if row is None else float(row[0])


def _wal(connection: Connection) -> float:
    row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    return 0.0 if row is None else float(row[0])


def _cpu(connection: Connection) -> float:
    """Seconds of processor time of this process and of the server, ended connections included."""
    server = psutil.Process(connection.info.backend_pid).parent()
    assert server is not None, "a backend is a child of the server"
    ended, own = server.cpu_times(), psutil.Process().cpu_times()
    spent = own.user + own.system + ended.children_user + ended.children_system
    for child in server.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            spent += times.user + times.system
    return float(spent)
