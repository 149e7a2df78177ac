"""The command `lastro`: exit code 0 done, 1 refused or found wanting, 2 bad usage."""

from __future__ import annotations

import sys

import psycopg
import typer

from application.event_store.errors import MasterKeyWrongError
from application.kafka_access import KafkaAddressError, KafkaMissingError, KafkaUnreachableError
from application.migrations import MigrationEditedError, MigrationNameError
from application.ports import ReadModelBehindError
from application.settings import MasterKeyMissingError
from consumers.problems import ConsumerStoppedError
from deploy.local.kafka_jars import KafkaJarsError
from deploy.local.kafka_programs import KafkaServerError
from deploy.local.postgres import EmbeddedPostgresError
from deploy.local.tree import DemoNotReadyError, ProcessEndedError
from domain.kernel import DomainError
from lastro import (
    account,
    audit,
    bill,
    contract,
    db,
    importing,
    index,
    invoice,
    messages,
    processes,
    projections,
    relay,
    sale,
    settlement,
    token,
    user,
    webhook,
)
from lastro.as_of import as_of
from lastro.events import events
from lastro.forget import forget
from lastro.logs import configure_logs
from lastro.output import notices, plainly
from lastro.ports import PortTakenError, SocketUnusableError
from lastro.wiring import InstallationMissingError, SchemaBehindError
from producers.relay.problems import RelayProblemError, RelayTroubleError
from projections.sharding import WorkerShardRefusedError

_FOR_A_PERSON = (
    ConsumerStoppedError,
    DemoNotReadyError,
    EmbeddedPostgresError,
    InstallationMissingError,
    KafkaAddressError,
    KafkaJarsError,
    KafkaMissingError,
    KafkaServerError,
    KafkaUnreachableError,
    MasterKeyMissingError,
    MasterKeyWrongError,
    MigrationEditedError,
    MigrationNameError,
    PortTakenError,
    ProcessEndedError,
    RelayProblemError,
    RelayTroubleError,
    SchemaBehindError,
    SocketUnusableError,
    WorkerShardRefusedError,
)
"""Problems of an installation whose message says what to do; a traceback would hide it."""

app = typer.Typer(
    name="lastro",
    help="Event-sourced billing back office. Every flag has an environment name, shown beside it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"auto_envvar_prefix": "LASTRO", "help_option_names": ["-h", "--help"]},
)
app.add_typer(db.app, name="db")
app.add_typer(user.app, name="user")
app.add_typer(token.app, name="token")
app.add_typer(account.app, name="account")
app.add_typer(importing.app, name="import")
app.add_typer(index.app, name="index")
app.add_typer(contract.app, name="contract")
app.add_typer(invoice.app, name="invoice")
app.add_typer(bill.app, name="bill")
app.add_typer(sale.app, name="sale")
app.add_typer(settlement.app, name="settlement")
app.add_typer(audit.app, name="audit")
app.add_typer(projections.app, name="projections")
app.add_typer(webhook.app, name="webhook")
app.add_typer(relay.app, name="relay")
app.add_typer(messages.app, name="messages")
for process in (processes.web, processes.worker, processes.consume, processes.demo):
    app.command()(process)
app.command()(events)
app.command()(forget)
app.command(name="as-of")(as_of)


@app.callback()
def root() -> None:
    """Settings come from LASTRO_* variables: docs/operations.md lists them all."""


def run() -> None:
    """The entry point. A refusal is one line for a person; anything unforeseen keeps its traceback."""
    configure_logs("WARNING")
    try:
        app()
    except DomainError as refusal:
        details = ", ".join(f"{name}={plainly(value)}" for name, value in refusal.details.items())
        _end(f"{refusal.code}: {refusal}" + (f" ({details})" if details else ""))
    except _FOR_A_PERSON as problem:
        _end(str(problem) or str(type(problem).__doc__))
    except ReadModelBehindError as problem:
        _end(f"{problem}: is a `lastro worker` running?")
    except psycopg.errors.UndefinedTable:
        _end("a read model is not built yet: see `lastro projections status`; is a `lastro worker` running?")
    except psycopg.OperationalError as problem:
        _end(f"the database cannot be reached: {problem}")


def _end(message: str) -> None:
    notices.print(f"lastro: {message}", markup=False)
    sys.exit(1)
