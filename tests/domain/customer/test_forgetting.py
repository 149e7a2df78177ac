"""A person is forgotten once, not amid open business unless someone insists; the last key goes by law."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.customer.customer import Customer, project
from domain.customer.events import CustomerFiscalDataErased, CustomerForgotten
from domain.customer.forgetting import (
    CustomerForgottenError,
    CustomerInBusinessError,
    FiscalTermRunningError,
    OpenBusiness,
    fiscal_term,
)
from domain.values.text import TextInvalidError
from tests.domain.customer.test_customer import NOW, header, registered
from tests.support.scenario import given

TERM = date(2031, 12, 31)
NONE_OPEN = OpenBusiness(invoices=0, amount=Decimal("0.00"), contracts=0)
SOME_OPEN = OpenBusiness(invoices=2, amount=Decimal("350.00"), contracts=1)


def asked(business: OpenBusiness, **changes: Any) -> Callable[[Customer], CustomerForgotten | None]:
    fields: dict[str, Any] = {
        "reason": "pedido por e-mail",
        "requested_by": "titular",
        "fiscal_until": TERM,
        "now": NOW,
    }
    return lambda customer: customer.forget(business=business, **(fields | changes))


def forgotten(version: int, business: OpenBusiness = NONE_OPEN, **changes: Any) -> CustomerForgotten:
    fields: dict[str, Any] = {
        "reason": "pedido por e-mail",
        "requested_by": "titular",
        "open_invoices": business.invoices,
        "open_amount": business.amount,
        "running_contracts": business.contracts,
        "fiscal_until": TERM,
    }
    return CustomerForgotten(**header(version), **(fields | changes))


def test_who_is_forgotten_has_no_words_left_and_is_forgotten_once() -> None:
    scenario = given(project, registered(), forgotten(2))
    customer = scenario.state
    assert (customer.code, customer.name, customer.trade_name, customer.document) == (None,) * 4
    assert (customer.forgotten_at, customer.fiscal_until) == (NOW, TERM)
    scenario.when(asked(NONE_OPEN)).then_nothing()
    with pytest.raises(CustomerForgottenError):
        customer.require_remembered()


def test_a_person_in_the_middle_of_business_is_forgotten_only_if_someone_insists() -> None:
    state = given(project, registered())
    state.when(asked(NONE_OPEN)).then(forgotten(2))
    state.when(asked(SOME_OPEN)).then_refused(
        CustomerInBusinessError, open_invoices=2, open_amount="350.00", running_contracts=1
    )
    state.when(asked(SOME_OPEN, despite_open=True)).then(forgotten(2, SOME_OPEN))


@pytest.mark.parametrize("counts", [(1, 0), (0, 1)])
def test_an_open_invoice_or_a_running_contract_alone_is_business(counts: tuple[int, int]) -> None:
    business = OpenBusiness(invoices=counts[0], amount=Decimal("0.00"), contracts=counts[1])
    given(project, registered()).when(asked(business)).then_refused(CustomerInBusinessError)


def test_a_reason_is_asked_for() -> None:
    given(project, registered()).when(asked(NONE_OPEN, reason=" ")).then_refused(TextInvalidError)


def test_the_fiscal_key_goes_the_day_after_the_legal_term() -> None:
    state = given(project, registered(), forgotten(2))
    erased = CustomerFiscalDataErased(**header(3), fiscal_until=TERM, because="term_over")
    state.when(lambda customer: customer.erase_fiscal_data(TERM, NOW)).then_refused(
        FiscalTermRunningError, until=TERM
    )
    state.when(lambda customer: customer.erase_fiscal_data(date(2032, 1, 1), NOW)).then(erased)
    again = given(project, registered(), forgotten(2), erased)
    again.when(lambda customer: customer.erase_fiscal_data(date(2032, 1, 1), NOW)).then_nothing()


def test_without_a_request_or_without_tax_documents_nothing_fiscal_is_erased() -> None:
    given(project, registered()).when(
        lambda customer: customer.erase_fiscal_data(date(2032, 1, 1), NOW)
    ).then_refused(FiscalTermRunningError)
    given(project, registered(), forgotten(2, fiscal_until=None)).when(
        lambda customer: customer.erase_fiscal_data(date(2032, 1, 1), NOW)
    ).then_nothing()


@pytest.mark.parametrize("made_on", [date(2026, 1, 1), date(2026, 12, 31)])
def test_the_fiscal_term_is_the_end_of_the_fifth_year_after(made_on: date) -> None:
    assert fiscal_term(made_on) == TERM
