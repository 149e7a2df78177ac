"""`lastro sale`: what was sold and is not billed, billed by hand item by item, or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from application.app import NotFoundError
from application.sales_billing import Avulso, AvulsoForm, ChosenItems, Sales, monthly
from application.settings import Settings
from domain.sale.sale import Sale
from domain.values.ids import sale_id
from domain.values.payment import PaymentMethod
from lastro.output import AsJson, Yes, confirmed, notices, show, show_json
from lastro.use_cases import UseCases
from lastro.wiring import opened
from projections.sales_to_bill.query import SaleRow, SalesFilter, sale, sales

app = typer.Typer(help="Sales: what is open, billed by hand, cancelled.", no_args_is_help=True)

STATES = ("open", "partly_billed", "billed", "cancelled")
_COLUMNS = ("company", "code", "due_on", "mode", "state", "open_amount", "amount", "sale_id")

SaleArgument = Annotated[str, typer.Argument(help="The sale's id, or its code where --company names it.")]
OfCompany = Annotated[str | None, typer.Option("--company", help="The company of sales named by code.")]


@app.command(name="list")
def list_(
    state: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(STATES)}; repeatable. Default: what is to be billed."),
    ] = None,
    company: Annotated[
        list[str] | None, typer.Option(help="A company's code or CNPJ; repeatable. Default: all.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Due on or after.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Due on or before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The sales by customer and due date. Needs the worker's read models."""
    for each in state or ():
        if each not in STATES:
            raise typer.BadParameter(f"a state is one of {', '.join(STATES)}", param_hint="--state")
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        filter = SalesFilter(
            companies=[use_cases.company(text) for text in company] if company else None,
            states=tuple(state or STATES[:2]),
            due_from=since and since.date(),
            due_until=until and until.date(),
        )
        rows = [_row(each) for each in sales(runtime.database, filter, size=limit)]
    show(rows, columns=_COLUMNS, as_json=as_json)


@app.command(name="show")
def show_(found: SaleArgument, company: OfCompany = None, as_json: AsJson = False) -> None:
    """One sale with its items, and the invoice that each is on. Needs the worker's read models."""
    with opened(Settings()) as runtime:
        id = _id(UseCases(runtime), found, company)
        row = sale(runtime.database, id)
    if row is None:
        raise NotFoundError(f"no sale is known under {id}", id=id)
    if as_json:
        show_json(_row(row))
        return
    told = [{"field": name, "value": value} for name, value in _row(row).items() if name != "items"]
    show((each for each in told if each["value"] is not None), columns=("field", "value"), as_json=False)
    columns = ("number", "description", "quantity", "amount", "invoice_id")
    show(_row(row)["items"], columns=columns, as_json=False)


@app.command()
def bill(
    chosen: Annotated[
        list[str], typer.Argument(help="Sales of one customer, each all that is open, or CODE:1,3 for items.")
    ],
    account: Annotated[str, typer.Option(help="The code of the receiving account.")],
    first_due: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="When the first falls due.")],
    company: OfCompany = None,
    method: Annotated[PaymentMethod, typer.Option(help="How it is paid.")] = PaymentMethod.BOLETO,
    instalments: Annotated[int, typer.Option(min=1, max=120, help="How many, a month apart.")] = 1,
    now: Annotated[bool, typer.Option("--now", help="Bill it at once, too.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """One invoice of chosen items (avulso). Ends with 1 if it was to be billed at once and was not."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        picked = [_chosen(use_cases, each, company) for each in chosen]
        form = AvulsoForm(
            chosen=tuple(picked),
            account_id=_account(use_cases, picked, account),
            payment_method=method,
            instalments=monthly(first_due.date(), instalments),
        )
        shown = use_cases.sales.preview(use_cases.operator, form)
        confirmed(f"Open an invoice of {shown.amount} in {instalments} instalment(s)?", yes=yes)
        done = use_cases.sales.bill(use_cases.operator, form, at_once=now)
    _tell(done, as_json=as_json)
    if done.billed is not None and done.billed.outcome == "refused":
        raise typer.Exit(1)


@app.command()
def cancel(
    found: SaleArgument,
    reason: Annotated[str, typer.Option(help="Why; kept for ever, so name nobody.")],
    company: OfCompany = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """It did not come about. Refused while items of it are on an invoice."""
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        id = _id(use_cases, found, company)
        code = use_cases.sales.load(use_cases.operator, id).code
        confirmed(f"Cancel the sale {code} for good?", yes=yes)
        done = use_cases.sales.cancel(use_cases.operator, id, reason)
    if as_json:
        show_json({"sale_id": id, "change": done.change})
    else:
        notices.print(f"{code} is cancelled", markup=False)


def _id(use_cases: UseCases, text: str, company: str | None) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        if company is None:
            raise typer.BadParameter("a sale's code needs its company", param_hint="--company") from None
    return sale_id(use_cases.company(company), text)


def _chosen(use_cases: UseCases, text: str, company: str | None) -> ChosenItems:
    named, colon, numbers = text.rpartition(":")
    listed = numbers.split(",")
    if colon and all(each.isascii() and each.isdigit() for each in listed):
        id = _id(use_cases, named, company)
        return ChosenItems(sale_id=id, items=tuple(map(int, listed)))
    id = _id(use_cases, text, company)
    open_items = _load(use_cases.sales, use_cases, id).open_items
    return ChosenItems(sale_id=id, items=tuple(item.number for item in open_items))


def _load(loading: Sales, use_cases: UseCases, id: UUID) -> Sale:
    return loading.load(use_cases.operator, id)


def _account(use_cases: UseCases, chosen: Sequence[ChosenItems], code: str) -> UUID:
    company_id = _load(use_cases.sales, use_cases, chosen[0].sale_id).company_id
    assert company_id is not None
    found = use_cases.accounts.find(company_id, code)
    if found is None:
        raise typer.BadParameter(f"the company has no account {code}", param_hint="--account")
    return found


def _row(row: SaleRow) -> dict[str, Any]:
    """Without names: who may see them, has the page."""
    return {
        "company": row.company_trade_name,
        "company_id": row.company_id,
        "customer_id": row.customer_id,
        "code": row.code,
        "source": row.source,
        "mode": row.mode,
        "state": row.state,
        "sold_on": row.sold_on,
        "due_on": row.due_on,
        "payment_method": row.payment_method,
        "account": row.account_name,
        "emits_documents": row.emits_documents,
        "amount": row.amount,
        "open_amount": row.open_amount,
        "cancel_reason": row.cancel_reason,
        "sale_id": row.sale_id,
        "items": [
            {
                "number": item.number,
                "description": item.description,
                "quantity": item.quantity,
                "amount": item.amount,
                "invoice_id": item.invoice_id,
            }
            for item in row.items
        ],
    }


def _tell(done: Avulso, *, as_json: bool) -> None:
    instalments = [
        {"instalment": each.number, "due_on": each.due_on, "amount": each.amount} for each in done.instalments
    ]
    outcome = None if done.billed is None else done.billed.outcome
    reason = "" if done.billed is None else done.billed.reason
    if as_json:
        found = {"invoice_id": done.invoice_id, "amount": done.amount, "instalments": instalments}
        show_json({**found, "billed": outcome, "reason": reason or None})
        return
    show(instalments, columns=("instalment", "due_on", "amount"), as_json=False)
    notices.print(f"invoice {done.invoice_id}: {outcome or 'pending'} {reason}".rstrip(), markup=False)
