"""billing.runs.v1: batches of billing, from their plan to their close."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from producers.messages.fields import Count, Extensible, MoneyText, Part, Payload
from producers.messages.mapping import Data, telling

TOPIC = "billing.runs.v1"


class RunTotal(Part):
    """How much a plan bills in one company."""

    company_id: UUID
    invoices: Count
    amount: MoneyText


class RunPayload(Payload):
    """Every message of a run names it; invoices that it bills name it in billing_requested."""

    run_id: UUID


class BillingPlannedMessage(RunPayload):
    """A dry run: nothing is billed yet. It looked at what falls due from `due_from` to `due_until`."""

    mode: Annotated[Literal["contractual", "due"], Extensible()]
    due_from: date
    due_until: date
    invoices: Count
    totals: tuple[RunTotal, ...]


class BillingConfirmedMessage(RunPayload):
    """The plan is being billed."""


class BillingRunStoppedMessage(RunPayload):
    """Someone stopped the run; what is billed stays billed."""


class BillingRunResumedMessage(RunPayload):
    """The run goes on with what is left."""


class BillingRunClosedMessage(RunPayload):
    """Nothing is left. `with_failures`: billed, but a document failed; the last two are not billed."""

    billed: Count
    with_failures: Count
    refused: Count
    failed: Count
    amount: MoneyText


def _planned(run_id: UUID, state: Data) -> Data:
    return {
        "run_id": run_id,
        "mode": state["mode"],
        "due_from": state["filter"]["due_from"],
        "due_until": state["filter"]["due_until"],
        "invoices": state["invoices"],
        "totals": state["totals"],
    }


_tells = telling(TOPIC, "run_id")

MAPPINGS = (
    _tells("billing_run.planned.v1", BillingPlannedMessage, _planned),
    _tells("billing_run.confirmed.v1", BillingConfirmedMessage),
    _tells("billing_run.stopped.v1", BillingRunStoppedMessage),
    _tells("billing_run.resumed.v1", BillingRunResumedMessage),
    _tells("billing_run.closed.v1", BillingRunClosedMessage),
)

PRIVATE = {
    "billing_run.sales_planned.v1": "a plan's part about sales; each sale tells where its items went",
    "billing_run.chunk_done.v1": "progress inside a run; the invoices and the run's close tell what it did",
}
