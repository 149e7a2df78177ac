"""`lastro settlement`: the receipts that other systems told of, and which debts they pay."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from application.app import NotFoundError
from application.settings import Settings
from domain.values.ids import settlement_id
from lastro.output import AsJson, Yes, confirmed, notices, show, show_json
from lastro.use_cases import UseCases
from lastro.wiring import Runtime, opened
from projections.settlements.query import STATES, SettlementFilter, SettlementRow, settlement, settlements

app = typer.Typer(help="Receipts from outside: what waits, what paid what.", no_args_is_help=True)

_COLUMNS = ("paid_on", "amount", "state", "why", "source", "reference", "invoice_id", "settlement_id")

Receipt = Annotated[
    str, typer.Argument(help="The receipt's id, or its reference where --source names its system.")
]
Source = Annotated[str | None, typer.Option(help="The system that told of it, for a reference of its own.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever, so name nobody.")]


@app.command(name="list")
def list_(
    state: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(STATES)}; repeatable. Default: all.")
    ] = None,
    company: Annotated[
        list[str] | None, typer.Option(help="A company's code or CNPJ; repeatable. Default: all.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Paid on or after.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Paid on or before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the latest.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The receipts, the latest day first. Needs the worker's read models."""
    for each in state or ():
        if each not in STATES:
            raise typer.BadParameter(f"a state is one of {', '.join(STATES)}", param_hint="--state")
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        filter = SettlementFilter(
            companies=[use_cases.company(text) for text in company] if company else None,
            states=tuple(state or ()),
            start=since and since.date(),
            end=until and until.date(),
        )
        rows = [_row(each) for each in settlements(runtime.database, filter, size=limit)]
    show(rows, columns=_COLUMNS, as_json=as_json)


@app.command(name="show")
def show_(receipt: Receipt, source: Source = None, as_json: AsJson = False) -> None:
    """One receipt: what was told of it, and where it is."""
    with opened(Settings()) as runtime:
        found = _row(_found(runtime, _id(receipt, source)))
    if as_json:
        show_json(found)
        return
    known = [{"field": name, "value": value} for name, value in found.items() if value is not None]
    show(known, columns=("field", "value"), as_json=False)


@app.command()
def identify(
    receipt: Receipt,
    invoice: Annotated[UUID, typer.Option(help="The invoice that it pays.")],
    instalment: Annotated[int, typer.Option(min=1, help="Which of its instalments.")] = 1,
    source: Source = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say whose debt a receipt pays; the invoice's payment is recorded with it."""
    id = _id(receipt, source)
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        payment = use_cases.settlements.preview(use_cases.operator, id, invoice, instalment)
        parts = f"principal {payment.principal}, fine {payment.fine}, interest {payment.interest}"
        question = f"Pay instalment {instalment} of {invoice} with {payment.amount}"
        confirmed(f"{question} ({parts}, excess {payment.excess})?", yes=yes)
        done = use_cases.settlements.identify(use_cases.operator, id, invoice, instalment)
    _tell(id, done.change, f"{receipt} pays instalment {instalment} of {invoice}", as_json=as_json)


@app.command()
def release(
    receipt: Receipt, reason: Reason, source: Source = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """It was the wrong debt: reverse the payment there, and let the receipt wait again."""
    id = _id(receipt, source)
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        use_cases.settlements.load(use_cases.operator, id)
        confirmed(f"Reverse the payment by {receipt} and let it wait again?", yes=yes)
        done = use_cases.settlements.release(use_cases.operator, id, reason)
    _tell(id, done.change, f"{receipt} waits to be identified", as_json=as_json)


@app.command()
def reverse(
    receipt: Receipt, reason: Reason, source: Source = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """The money went back, whole, and nobody else will tell. There is no way back from this."""
    id = _id(receipt, source)
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        use_cases.settlements.load(use_cases.operator, id)
        confirmed(f"Record for good that the money of {receipt} went back?", yes=yes)
        done = use_cases.settlements.reverse(use_cases.operator, id, reason)
    _tell(id, done.change, f"{receipt} is reversed", as_json=as_json)


def _id(receipt: str, source: str | None) -> UUID:
    if source is not None:
        return settlement_id(source, receipt)
    try:
        return UUID(receipt)
    except ValueError as error:
        raise typer.BadParameter(
            "give the receipt's id, or its reference with --source", param_hint="receipt"
        ) from error


def _found(runtime: Runtime, id: UUID) -> SettlementRow:
    row = settlement(runtime.database, id)
    if row is None:
        raise NotFoundError(f"no receipt is known under {id}", id=id)
    return row


def _row(row: SettlementRow) -> dict[str, Any]:
    found = dataclasses.asdict(row)
    del found["customer_name"], found["customer_document"]
    return found


def _tell(id: UUID, change: str, words: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"settlement_id": id, "change": change})
    else:
        notices.print(words, markup=False)
