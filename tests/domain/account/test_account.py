"""Account: it takes the payment methods that it can serve, and says why not the others."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import (
    Account,
    AccountClosedError,
    AccountKind,
    AccountUnfitError,
    BoletoAccountNotBankError,
    Misfit,
    PixAccountUnfitError,
    evolve,
    project,
)
from domain.account.events import (
    AccountBoletoAgreementSet,
    AccountClosed,
    AccountLateChargesSet,
    AccountPixKeySet,
    AccountRegistered,
    BoletoAgreement,
)
from domain.boleto.agreement import BoletoAgreementInvalidError
from domain.values.late_rates import LateRatesUnlawfulError
from domain.values.payment import PaymentMethod
from domain.values.pix_key import PixKeyInvalidError
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000002")
COMPANY = UUID("01930000-0000-7000-8000-000000000001")
AGREEMENT = BoletoAgreement(
    bank_code="341",
    branch="0057",
    account_number="12345",
    account_digit="7",
    portfolio="109",
    agreement=None,
    variation=None,
)
DOCUMENTED = {PaymentMethod.BOLETO, PaymentMethod.PIX}


def header(version: int) -> dict[str, Any]:
    return {
        "originator_id": ID,
        "originator_version": version,
        "occurred_at": NOW,
        "company_id": COMPANY,
    }


def registered(kind: AccountKind = "bank") -> AccountRegistered:
    return Account.register(ID, COMPANY, " ITAU-1 ", "Itaú conta 1", kind, NOW)


AGREED = AccountBoletoAgreementSet(**header(2), agreement=AGREEMENT)


def test_an_account_is_registered() -> None:
    assert registered() == AccountRegistered(**header(1), code="ITAU-1", name="Itaú conta 1", kind="bank")
    with pytest.raises(TextInvalidError):
        Account.register(ID, COMPANY, "", "x", "bank", NOW)


def test_a_bank_account_gets_its_boleto_agreement_once() -> None:
    given(project, registered()).when(lambda a: a.set_boleto_agreement(AGREEMENT, NOW)).then(AGREED)
    given(project, registered(), AGREED).when(lambda a: a.set_boleto_agreement(AGREEMENT, NOW)).then_nothing()


def test_an_agreement_that_cannot_number_boletos_is_refused_by_its_field() -> None:
    wrong = AGREEMENT.model_copy(update={"account_digit": "8"})
    given(project, registered()).when(lambda a: a.set_boleto_agreement(wrong, NOW)).then_refused(
        BoletoAgreementInvalidError, field="account_digit", expected="7"
    )


@pytest.mark.parametrize("kind", ["cash", "wallet", "card"])
def test_only_a_bank_account_has_a_boleto_agreement(kind: AccountKind) -> None:
    given(project, registered(kind)).when(lambda a: a.set_boleto_agreement(AGREEMENT, NOW)).then_refused(
        BoletoAccountNotBankError, kind=kind
    )


def test_a_pix_key_is_kept_in_the_form_of_the_dict() -> None:
    fact = AccountPixKeySet(**header(2), pix_key="+5511912345678")
    given(project, registered("wallet")).when(lambda a: a.set_pix_key("+55 (11) 91234-5678", NOW)).then(fact)
    given(project, registered(), fact).when(lambda a: a.set_pix_key("+5511912345678", NOW)).then_nothing()


@pytest.mark.parametrize("kind", ["cash", "card"])
def test_cash_and_card_have_no_pix_key(kind: AccountKind) -> None:
    given(project, registered(kind)).when(lambda a: a.set_pix_key("a@b.com", NOW)).then_refused(
        PixAccountUnfitError, kind=kind
    )


def test_a_pix_key_that_is_none_is_refused() -> None:
    given(project, registered()).when(lambda a: a.set_pix_key("chave", NOW)).then_refused(
        PixKeyInvalidError, reason="form"
    )


def test_default_charges_of_an_account() -> None:
    fact = AccountLateChargesSet(**header(2), fine_percent=Decimal(1), interest_percent_month=Decimal("0.5"))
    given(project, registered()).when(lambda a: a.set_late_charges(Decimal(1), Decimal("0.5"), NOW)).then(
        fact
    )
    given(project, registered(), fact).when(
        lambda a: a.set_late_charges(Decimal("1.00"), Decimal("0.50"), NOW)
    ).then_nothing()
    given(project, registered()).when(lambda a: a.set_late_charges(Decimal(1), Decimal(2), NOW)).then_refused(
        LateRatesUnlawfulError, field="interest_percent_month"
    )


def test_a_closed_account_takes_nothing_more() -> None:
    closed = AccountClosed(**header(2))
    given(project, registered()).when(lambda a: a.close(NOW)).then(closed)
    given(project, registered(), closed).when(lambda a: a.close(NOW)).then_nothing()
    for decide in (
        lambda a: a.set_boleto_agreement(AGREEMENT, NOW),
        lambda a: a.set_pix_key("a@b.com", NOW),
        lambda a: a.set_late_charges(Decimal(1), Decimal(1), NOW),
    ):
        given(project, registered(), closed).when(decide).then_refused(AccountClosedError)


@pytest.mark.parametrize("method", sorted(set(PaymentMethod) - DOCUMENTED))
@pytest.mark.parametrize("kind", ["bank", "cash", "wallet", "card"])
def test_a_method_without_document_fits_any_open_account(kind: AccountKind, method: PaymentMethod) -> None:
    account = evolve(None, registered(kind))
    assert account.accepts(method)
    account.require_accepts(method)


@pytest.mark.parametrize(
    ("kind", "method", "misfit"),
    [
        ("bank", PaymentMethod.BOLETO, Misfit.WITHOUT_AGREEMENT),
        ("wallet", PaymentMethod.BOLETO, Misfit.NOT_A_BANK),
        ("cash", PaymentMethod.BOLETO, Misfit.NOT_A_BANK),
        ("bank", PaymentMethod.PIX, Misfit.WITHOUT_PIX_KEY),
        ("cash", PaymentMethod.PIX, Misfit.WITHOUT_PIX_KEY),
    ],
)
def test_boleto_and_pix_need_what_they_are_made_with(
    kind: AccountKind, method: PaymentMethod, misfit: Misfit
) -> None:
    account = evolve(None, registered(kind))
    assert account.misfit(method) is misfit
    assert not account.accepts(method)
    with pytest.raises(AccountUnfitError) as refusal:
        account.require_accepts(method)
    assert refusal.value.details == {"method": method.value, "reason": misfit.value}


def test_an_account_with_agreement_and_key_takes_boleto_and_pix_until_it_is_closed() -> None:
    keyed = AccountPixKeySet(**header(3), pix_key="a@b.com")
    account = given(project, registered(), AGREED, keyed).state
    assert all(account.accepts(method) for method in PaymentMethod)
    closed = evolve(account, AccountClosed(**header(4)))
    assert {closed.misfit(method) for method in PaymentMethod} == {Misfit.CLOSED}
