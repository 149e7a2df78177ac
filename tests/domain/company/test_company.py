"""Company: registered once, with settings that change only when they differ."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.company.company import Company, evolve, project
from domain.company.events import (
    CompanyAutomaticBillingSwitched,
    CompanyLateChargesSet,
    CompanyRegistered,
    CompanyYearEndRuleSet,
)
from domain.kernel import DomainError
from domain.values.cnpj import CnpjInvalidError
from domain.values.late_rates import LateRatesUnlawfulError
from domain.values.place import PlaceInvalidError
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000001")


def registered(**changes: Any) -> CompanyRegistered:
    fields: dict[str, Any] = {
        "code": "ALFA",
        "legal_name": "Alfa Serviços Ltda",
        "trade_name": "Alfa",
        "cnpj": "12.abc.345/01de-35",
        "municipal_registration": None,
        "city_ibge": "3550308",
        "tax_regime": "simples",
    }
    return Company.register(ID, **(fields | changes), now=NOW)


def header(version: int) -> dict[str, Any]:
    return {"originator_id": ID, "originator_version": version, "occurred_at": NOW, "company_id": ID}


def test_a_company_is_registered_as_its_own_company() -> None:
    assert registered(legal_name="  Alfa  Serviços Ltda ", trade_name=" ") == CompanyRegistered(
        **header(1),
        code="ALFA",
        legal_name="Alfa Serviços Ltda",
        trade_name="Alfa Serviços Ltda",
        cnpj="12ABC34501DE35",
        municipal_registration=None,
        city_ibge="3550308",
        tax_regime="simples",
    )


def test_a_new_company_bills_by_hand_and_follows_the_year_end_rule() -> None:
    company = evolve(None, registered(municipal_registration="123-4"))
    assert not company.automatic_billing
    assert company.year_end_rule
    assert company.fine_percent is None
    assert company.interest_percent_month is None
    assert company.municipal_registration == "123-4"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"cnpj": "12ABC34501DE36"}, CnpjInvalidError),
        ({"code": " "}, TextInvalidError),
        ({"legal_name": ""}, TextInvalidError),
        ({"city_ibge": "355030"}, PlaceInvalidError),
    ],
)
def test_a_company_that_could_not_bill_is_refused(changes: dict[str, str], error: type[DomainError]) -> None:
    with pytest.raises(error):
        registered(**changes)


def test_automatic_billing_is_switched_on_and_off() -> None:
    on = CompanyAutomaticBillingSwitched(**header(2), on=True)
    given(project, registered()).when(lambda c: c.switch_automatic_billing(True, NOW)).then(on)
    given(project, registered(), on).when(lambda c: c.switch_automatic_billing(True, NOW)).then_nothing()
    given(project, registered(), on).when(lambda c: c.switch_automatic_billing(False, NOW)).then(
        CompanyAutomaticBillingSwitched(**header(3), on=False)
    )


def test_default_fine_and_interest_are_set_once_for_the_same_rates() -> None:
    fact = CompanyLateChargesSet(**header(2), fine_percent=Decimal(2), interest_percent_month=Decimal(1))
    given(project, registered()).when(lambda c: c.set_late_charges(Decimal(2), Decimal(1), NOW)).then(fact)
    given(project, registered(), fact).when(
        lambda c: c.set_late_charges(Decimal("2.00"), Decimal("1.0"), NOW)
    ).then_nothing()


def test_a_default_fine_above_the_consumer_limit_is_refused() -> None:
    given(project, registered()).when(
        lambda c: c.set_late_charges(Decimal("2.01"), Decimal(1), NOW)
    ).then_refused(LateRatesUnlawfulError, field="fine_percent", limit="2")


def test_the_year_end_rule_is_switched_off_and_on() -> None:
    off = CompanyYearEndRuleSet(**header(2), on=False)
    given(project, registered()).when(lambda c: c.set_year_end_rule(True, NOW)).then_nothing()
    given(project, registered()).when(lambda c: c.set_year_end_rule(False, NOW)).then(off)
    given(project, registered(), off).when(lambda c: c.set_year_end_rule(True, NOW)).then_state(
        lambda c: c.year_end_rule and c.version == 3
    )
