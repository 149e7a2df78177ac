"""`lastro invoice`: what waits for its definitive value, and that value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import typer

from application.clock import sao_paulo_date, utc_now
from application.portfolio.cells import CellError, money
from application.settings import Settings
from domain.invoice.situacao import Situacao
from lastro.billing import BillingUseCases
from lastro.contract import found, latest
from lastro.output import AsJson, Yes, confirmed, notices, show, show_json
from lastro.wiring import Runtime, opened
from projections.contracts.query import schedule
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.query import stream

app = typer.Typer(help="Invoices: definitive values.", no_args_is_help=True)

_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)
_COLUMNS = ("company", "contract", "customer", "due_on", "amount", "invoice_id")

Companies = Annotated[
    list[str] | None, typer.Option("--company", help="A company's code or CNPJ; repeatable.")
]
OfCompany = Annotated[
    str | None, typer.Option("--company", help="The company of a contract that is named by its code.")
]


@app.command()
def pending(company: Companies = None, as_json: AsJson = False) -> None:
    """The invoices that are Valor Pendente, by due date. Needs the worker's read models."""
    with opened(Settings()) as runtime:
        use_cases = BillingUseCases(runtime)
        chosen = tuple(use_cases.company(text) for text in company) if company else None
        filter = GridFilter(
            start=_FIRST,
            end=_LAST,
            today=sao_paulo_date(utc_now()),
            companies=chosen,
            situacoes=(Situacao.VALUE_PENDING,),
        )
        rows = [
            {
                "company": row.company_code,
                "contract": row.contract_code,
                "customer": row.customer_name,
                "due_on": row.due_on,
                "amount": row.amount,
                "invoice_id": row.invoice_id,
            }
            for row in stream(runtime.database, filter)
        ]
    show(rows, columns=_COLUMNS, as_json=as_json)


@app.command()
def set_value(
    invoice: Annotated[str, typer.Argument(help="The invoice's id, or CODE/PERIOD of a contract's.")],
    amount: Annotated[str, typer.Argument(help="What the period is worth in all: 1.234,56 or 1234.56.")],
    company: OfCompany = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say what an unbilled period is really worth. Where billing is automatic it is billed when due."""
    value = _amount(amount)
    named = _named(invoice, company)
    with opened(Settings()) as runtime:
        use_cases = BillingUseCases(runtime)
        invoice_id = named if isinstance(named, UUID) else _of_contract(runtime, use_cases, named)
        before = use_cases.invoices.load(use_cases.operator, invoice_id).amount
        confirmed(f"Let {invoice} be worth {value} instead of {before}?", yes=yes)
        done = use_cases.invoices.set_definitive_value(use_cases.operator, invoice_id, value)
    if as_json:
        show_json({"invoice_id": invoice_id, "amount": value, "change": done.change})
    else:
        notices.print(f"{invoice} is worth {value}", markup=False)


@dataclass(frozen=True, slots=True)
class _Period:
    """An invoice named by its contract's period."""

    company: str
    code: str
    ordinal: int


def _named(text: str, company: str | None) -> UUID | _Period:
    try:
        return UUID(text)
    except ValueError:
        code, slash, ordinal = text.rpartition("/")
    if not (slash and code and ordinal.isascii() and ordinal.isdigit()):
        raise typer.BadParameter("give the invoice's id, or CODE/PERIOD", param_hint="invoice")
    if company is None:
        raise typer.BadParameter("a contract's code needs its company", param_hint="--company")
    return _Period(company, code, int(ordinal))


def _amount(text: str) -> Decimal:
    try:
        return money(text)
    except CellError as error:
        raise typer.BadParameter("write the amount as 1.234,56 or 1234.56", param_hint="amount") from error


def _of_contract(runtime: Runtime, use_cases: BillingUseCases, named: _Period) -> UUID:
    contract = found(use_cases, named.company, named.code)
    return latest(schedule(runtime.database, contract.id), named.code, named.ordinal).invoice_id
