"""`lastro contract`: a contract's periods, its index clause applied, a kept period freed."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from application.app import NotFoundError
from application.clock import sao_paulo_date, utc_now
from application.settings import Settings
from domain.contract.contract import Contract
from domain.kernel import DomainError
from domain.values.ids import contract_id
from lastro.billing import BillingUseCases
from lastro.output import AsJson, Yes, confirmed, notices, show, show_json
from lastro.wiring import opened
from projections.contracts.query import Period, schedule

app = typer.Typer(help="Contracts: periods, index clause, kept periods.", no_args_is_help=True)


Code = Annotated[str, typer.Argument(help="The contract's code in its company.")]
Ordinal = Annotated[int, typer.Argument(min=1, help="The period's number, as `lastro contract show` tells.")]
Company = Annotated[str, typer.Option("--company", help="The company's code or CNPJ.")]


class PeriodNotShownError(DomainError):
    """The contract has no such period, or the read models do not show it yet: is a worker running?"""


@app.command(name="show")
def show_contract(code: Code, company: Company, as_json: AsJson = False) -> None:
    """A contract's periods, each with its invoice and where it stands. Needs the worker's read models."""
    with opened(Settings()) as runtime:
        contract = found(BillingUseCases(runtime), company, code)
        periods = [_row(each) for each in schedule(runtime.database, contract.id)]
    adjusts_on = contract.next_adjustment_on
    if as_json:
        show_json({"contract_id": contract.id, "next_adjustment_on": adjusts_on, "periods": periods})
        return
    show(periods, columns=("period", "due_on", "amount", "situacao", "invoice_id"), as_json=False)
    if adjusts_on is not None:
        notices.print(f"next adjustment on {adjusts_on}")


@app.command()
def adjust(code: Code, company: Company, yes: Yes = False, as_json: AsJson = False) -> None:
    """Apply the index clause where it is due, now rather than at the worker's next round."""
    with opened(Settings()) as runtime:
        use_cases = BillingUseCases(runtime)
        contract = found(use_cases, company, code)
        confirmed(f"Adjust {code}? Unbilled invoices get the new price, and it is not undone.", yes=yes)
        done = use_cases.contracts.adjust(use_cases.operator, contract.id)
        after = use_cases.contracts.load(use_cases.operator, contract.id).next_adjustment_on
    if as_json:
        show_json({"contract_id": done.id, "change": done.change, "next_adjustment_on": after})
    elif after is not None and after <= sao_paulo_date(utc_now()):
        notices.print(f"{code} waits for its index: from {after} on its value is pending", markup=False)
    else:
        notices.print(f"{code} is adjusted; next on {after}", markup=False)


@app.command()
def free_period(
    code: Code, ordinal: Ordinal, company: Company, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Let the period of a cancelled invoice be billed again, as a new invoice."""
    with opened(Settings()) as runtime:
        use_cases = BillingUseCases(runtime)
        contract = found(use_cases, company, code)
        period = latest(schedule(runtime.database, contract.id), code, ordinal)
        confirmed(f"Open a new invoice for period {ordinal} of {code}? It will be billed.", yes=yes)
        done = use_cases.contracts.free_period(use_cases.operator, period.invoice_id)
    if as_json:
        show_json({"contract_id": contract.id, "period": ordinal, "change": done.change})
    else:
        notices.print(f"period {ordinal} of {code} is free", markup=False)


def found(use_cases: BillingUseCases, company: str, code: str) -> Contract:
    """The contract with this code in the company. Raises NotFoundError."""
    try:
        return use_cases.contracts.load(use_cases.operator, contract_id(use_cases.company(company), code))
    except NotFoundError as error:
        raise NotFoundError(f"company {company} has no contract {code}") from error


def latest(periods: list[Period], code: str, ordinal: int) -> Period:
    """The last attempt at a period. Raises PeriodNotShownError."""
    attempts = [each for each in periods if each.ordinal == ordinal]
    if not attempts:
        raise PeriodNotShownError(f"period {ordinal} of {code}", period=ordinal)
    return max(attempts, key=lambda each: each.attempt)


def _row(period: Period) -> dict[str, Any]:
    due_on = period.due_on or period.generated_due_on
    amount = period.generated_amount if period.amount is None else period.amount
    invoice_id: UUID = period.invoice_id
    return {
        "period": period.ordinal,
        "attempt": period.attempt,
        "due_on": due_on,
        "amount": amount,
        "situacao": "released" if period.released else period.situacao,
        "invoice_id": invoice_id,
        "competencia": period.competencia,
    }
