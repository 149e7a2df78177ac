"""Service: its fiscal code is checked, found missing, assigned and corrected."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import DomainError
from domain.service.events import (
    ServiceFiscalCodeAssigned,
    ServicePriced,
    ServiceRegistered,
    ServiceRetired,
)
from domain.service.service import (
    FiscalCodeInvalidError,
    FiscalCodeUnfitError,
    FiscalGap,
    Service,
    ServicePriceInvalidError,
    ServiceRetiredError,
    evolve,
    project,
)
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000003")
COMPANY = UUID("01930000-0000-7000-8000-000000000001")


def header(version: int) -> dict[str, Any]:
    return {
        "originator_id": ID,
        "originator_version": version,
        "occurred_at": NOW,
        "company_id": COMPANY,
    }


def registered(**changes: Any) -> ServiceRegistered:
    fields: dict[str, Any] = {
        "code": "SUP",
        "description": "Suporte mensal",
        "kind": "service",
        "list_price": Decimal("199.90"),
        "lc116": None,
        "ctribnac": None,
    }
    return Service.register(ID, COMPANY, **(fields | changes), now=NOW)


ASSIGNED = ServiceFiscalCodeAssigned(**header(2), lc116="01.07", ctribnac="010701")


def test_a_service_is_registered_with_its_codes_in_one_form() -> None:
    assert registered(lc116=" 1.07", ctribnac="010701") == ServiceRegistered(
        **header(1),
        code="SUP",
        description="Suporte mensal",
        kind="service",
        list_price=Decimal("199.90"),
        lc116="01.07",
        ctribnac="010701",
    )
    assert registered(list_price=None, lc116="17.01").list_price is None


@pytest.mark.parametrize(
    ("changes", "error", "details"),
    [
        ({"lc116": "107"}, FiscalCodeInvalidError, {"field": "lc116", "reason": "form"}),
        ({"lc116": "41.01"}, FiscalCodeInvalidError, {"field": "lc116", "reason": "item"}),
        ({"lc116": "0.01"}, FiscalCodeInvalidError, {"field": "lc116", "reason": "item"}),
        ({"lc116": "01.00"}, FiscalCodeInvalidError, {"field": "lc116", "reason": "item"}),
        ({"ctribnac": "010701"}, FiscalCodeInvalidError, {"field": "lc116", "reason": "lc116_missing"}),
        (
            {"lc116": "01.07", "ctribnac": "01071"},
            FiscalCodeInvalidError,
            {"field": "ctribnac", "reason": "form"},
        ),
        (
            {"lc116": "01.07", "ctribnac": "010801"},
            FiscalCodeInvalidError,
            {"field": "ctribnac", "reason": "mismatch"},
        ),
        ({"kind": "product", "lc116": "01.07"}, FiscalCodeUnfitError, {}),
        ({"list_price": Decimal("-0.01")}, ServicePriceInvalidError, {"found": "-0.01"}),
        ({"list_price": Decimal("0.001")}, ServicePriceInvalidError, {"found": "0.001"}),
        ({"list_price": Decimal("NaN")}, ServicePriceInvalidError, {"found": "NaN"}),
        ({"description": ""}, TextInvalidError, {"field": "description"}),
    ],
)
def test_what_no_nota_could_carry_is_refused(
    changes: dict[str, Any], error: type[DomainError], details: dict[str, str]
) -> None:
    with pytest.raises(error) as refusal:
        registered(**changes)
    assert details.items() <= refusal.value.details.items()


def test_a_missing_fiscal_code_is_told_until_it_is_assigned() -> None:
    assert evolve(None, registered()).fiscal_gap() is FiscalGap.WITHOUT_FISCAL_CODE
    when = given(project, registered()).when(lambda s: s.assign_fiscal_code("1.07", "010701", NOW))
    when.then(ASSIGNED)
    when.then_state(lambda s: s.fiscal_gap() is None)


def test_goods_are_no_matter_of_a_nota_of_services() -> None:
    assert evolve(None, registered(kind="product")).fiscal_gap() is FiscalGap.GOODS


def test_a_fiscal_code_is_corrected_but_not_repeated() -> None:
    given(project, registered(), ASSIGNED).when(
        lambda s: s.assign_fiscal_code("01.07", "010701", NOW)
    ).then_nothing()
    given(project, registered(), ASSIGNED).when(lambda s: s.assign_fiscal_code("17.01", None, NOW)).then(
        ServiceFiscalCodeAssigned(**header(3), lc116="17.01", ctribnac=None)
    )


def test_a_product_takes_no_fiscal_code_of_services() -> None:
    given(project, registered(kind="product")).when(
        lambda s: s.assign_fiscal_code("01.07", None, NOW)
    ).then_refused(FiscalCodeUnfitError)


def test_the_list_price_changes_only_when_it_differs() -> None:
    given(project, registered()).when(lambda s: s.price(Decimal("199.9"), NOW)).then_nothing()
    when = given(project, registered()).when(lambda s: s.price(Decimal(0), NOW))
    when.then(ServicePriced(**header(2), list_price=Decimal("0.00")))
    when.then_state(lambda s: s.list_price == 0)
    given(project, registered()).when(lambda s: s.price(Decimal("1.999"), NOW)).then_refused(
        ServicePriceInvalidError
    )


def test_a_retired_service_is_not_sold_but_its_fiscal_code_can_be_corrected() -> None:
    retired = ServiceRetired(**header(2))
    evolve(None, registered()).require_on_sale()
    given(project, registered()).when(lambda s: s.retire(NOW)).then(retired)
    state = given(project, registered(), retired)
    state.when(lambda s: s.retire(NOW)).then_nothing()
    state.when(lambda s: s.price(Decimal(1), NOW)).then_refused(ServiceRetiredError)
    state.when(lambda s: s.require_on_sale()).then_refused(ServiceRetiredError, code="SUP")
    state.when(lambda s: s.assign_fiscal_code("01.07", "010701", NOW)).then_state(
        lambda s: s.lc116 == "01.07"
    )


def test_the_national_code_is_kept_only_for_its_own_item() -> None:
    service = given(project, registered(), ASSIGNED).state
    assert service.kept_national_code(" 1.07") == "010701"
    assert service.kept_national_code("1.08") is None
