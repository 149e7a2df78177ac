"""Whatever a command may refuse on a page or in the API has Portuguese words, and every status a title."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest

import application
import domain.invoice
import domain.service
from domain.account.account import AccountClosedError, AccountUnfitError, Misfit
from domain.boleto.agreement import BoletoAgreementInvalidError, BoletoNumberInvalidError
from domain.boleto.due_factor import DueFactorInvalidError
from domain.invoice.billing import FailureReason
from domain.kernel import DomainError
from domain.numbering.numbering import NumbersExhaustedError
from domain.user.roles import Permission
from domain.values.payment import Document, PaymentMethod
from domain.values.split import SplitInvalidError
from domain.values.text import TextInvalidError
from web import errors
from web.wording import refusals, terms
from web.wording.failures import HEADLINE, failure


def modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(each.name) for each in found]


def refusals_in(package: ModuleType) -> set[type[DomainError]]:
    return {
        kind
        for module in modules(package)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, DomainError) and kind.__module__ == module.__name__
    }


OF_SALES = {
    AccountClosedError,
    AccountUnfitError,
    BoletoAgreementInvalidError,
    BoletoNumberInvalidError,
    DueFactorInvalidError,
    NumbersExhaustedError,
    SplitInvalidError,
    TextInvalidError,
}
REACHABLE = sorted(
    refusals_in(application) | refusals_in(domain.invoice) | refusals_in(domain.service) | OF_SALES,
    key=lambda kind: kind.code,
)


@pytest.mark.parametrize("kind", REACHABLE, ids=lambda kind: kind.code)
def test_what_a_page_can_be_refused_has_words(kind: type[DomainError]) -> None:
    assert refusals.is_worded(kind.code)


@pytest.mark.parametrize("reason", Misfit)
def test_an_account_that_does_not_fit_says_why_and_what_to_do(reason: Misfit) -> None:
    said = refusals.text("account_unfit", AccountUnfitError(reason=reason.value))
    assert said.endswith("Escolha outra conta ou outra forma de pagamento.")
    assert said != refusals.text("account_unfit", AccountUnfitError())


def test_an_empty_reason_is_asked_for() -> None:
    refused = TextInvalidError(field="reason", reason="missing")
    assert refusals.text(refused.code, refused) == "Preencha o motivo."


@pytest.mark.parametrize("kind", errors.STATUS, ids=lambda kind: kind.__name__)
def test_every_status_has_a_title_of_its_own(kind: type[Exception]) -> None:
    assert errors.STATUS[kind] in refusals.TITLES


@pytest.mark.parametrize("reason", FailureReason)
def test_every_failure_tells_cause_and_way_out(reason: FailureReason) -> None:
    words = failure("nfse", reason.value, "o detalhe")
    assert reason.value not in words.cause
    assert words.remedy


def test_a_failure_of_a_later_release_is_shown_as_it_is() -> None:
    words = failure("hologram", "projector_broken", "lamp")
    assert (words.headline, words.cause) == ("Erro no faturamento", "projector_broken (lamp)")


def test_every_coded_value_has_words() -> None:
    assert set(HEADLINE) == set(terms.DOCUMENT) == set(terms.DOCUMENT_ICON) == set(Document)
    assert set(terms.PAYMENT_METHOD) == set(terms.PAYMENT_ICON) == set(PaymentMethod)
    assert set(terms.PERMISSION) == set(Permission)
