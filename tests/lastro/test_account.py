"""`lastro account numbering` shows and sets where an account's boletos go on."""

from __future__ import annotations

import pytest

from application.access import SYSTEM
from application.accounts import AccountForm
from application.companies import CompanyForm
from application.settings import Settings
from lastro.use_cases import UseCases
from lastro.wiring import opened
from tests.application.world import CNPJS
from tests.support.cli import Cli, Said
from tests.support.house import ITAU

NUMBERING = ("account", "numbering", "--company", "ACME", "--code", "ITAU")


@pytest.fixture(autouse=True)
def registered(cli: Cli) -> None:
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        company = CompanyForm(
            code="ACME", legal_name="Acme Ltda", cnpj=CNPJS[0], city_ibge="3550308", tax_regime="simples"
        )
        company_id = use_cases.companies.register(SYSTEM, company).id
        account = AccountForm(company_id=company_id, code="ITAU", name="Itaú", kind="bank", agreement=ITAU)
        use_cases.accounts.register(SYSTEM, account)


def next_number(said: Said) -> int:
    assert said.code == 0
    number: int = said.json["next_number"]
    return number


def test_the_next_number_is_shown_and_set(cli: Cli) -> None:
    assert next_number(cli(*NUMBERING, "--json")) == 1
    assert next_number(cli(*NUMBERING, "--next", "5001", "--json")) == 5001
    assert "5001" in cli(*NUMBERING).err


def test_it_never_goes_back(cli: Cli) -> None:
    cli(*NUMBERING, "--next", "5001")
    said = cli(*NUMBERING, "--next", "5000")
    assert said.code == 1
    assert "next_number_invalid" in said.err


def test_an_unknown_account_or_company_is_said_so(cli: Cli) -> None:
    for where in (("--company", "NOWHERE", "--code", "ITAU"), ("--company", "ACME", "--code", "NOWHERE")):
        said = cli("account", "numbering", *where)
        assert said.code == 1
        assert "NOWHERE" in said.err
