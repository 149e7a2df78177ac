"""`lastro account`: how an account numbers its boletos, and where its numbers go on from."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from application.app import NotFoundError
from application.settings import Settings
from lastro.output import AsJson, notices, show_json
from lastro.use_cases import UseCases
from lastro.wiring import opened

app = typer.Typer(help="Accounts: the numbers of their boletos.", no_args_is_help=True)


Company = Annotated[str, typer.Option("--company", help="The company's code or CNPJ.")]
Code = Annotated[str, typer.Option("--code", help="The account's code in that company.")]
Next = Annotated[
    int | None,
    typer.Option("--next", min=1, help="The next nosso número: those below are in use outside."),
]


@app.callback()
def root() -> None:
    """Lets `numbering` be a sub-command although it is the only one."""


@app.command()
def numbering(company: Company, code: Code, next_number: Next = None, as_json: AsJson = False) -> None:
    """The next nosso número of an account, set with --next when a company comes from another system.

    It counts for every account of the same agreement with the bank, and never goes back.
    """
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        account_id = _account(use_cases, company, code)
        if next_number is not None:
            use_cases.accounts.number_from(use_cases.operator, account_id, next_number)
        following = use_cases.accounts.next_number(use_cases.operator, account_id)
    if as_json:
        show_json({"account_id": account_id, "next_number": following})
    else:
        notices.print(f"the next boleto of {code} gets number {following}")


def _account(use_cases: UseCases, company: str, code: str) -> UUID:
    found = use_cases.accounts.find(use_cases.company(company), code)
    if found is None:
        raise NotFoundError(f"company {company} has no account {code}")
    return found
