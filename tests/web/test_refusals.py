"""Whatever a command may refuse on a page or in the API has Portuguese words, and every status a title."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest

import application
import domain.invoice
import domain.service
from domain.invoice.billing import FailureReason
from domain.kernel import DomainError
from domain.user.roles import Permission
from domain.values.payment import Document, PaymentMethod
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


REACHABLE = sorted(
    refusals_in(application) | refusals_in(domain.invoice) | refusals_in(domain.service),
    key=lambda kind: kind.code,
)


@pytest.mark.parametrize("kind", REACHABLE, ids=lambda kind: kind.code)
def test_what_a_page_can_be_refused_has_words(kind: type[DomainError]) -> None:
    assert refusals.is_worded(kind.code)


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
