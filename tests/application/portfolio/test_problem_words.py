"""Every problem of a portfolio file has words: what is wrong, and what to do."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from application.portfolio import refusals
from application.portfolio.problems import Problem
from domain.contract import errors
from domain.kernel import DomainError
from web.wording.portfolio import problem_text
from web.wording.portfolio_problems import PROBLEMS

PORTFOLIO = Path(refusals.__file__).parent

NOT_OF_SIGNING = {
    errors.AdjustmentClauseMissingError,
    errors.AdjustmentNotDueError,
    errors.TermsFixedError,
    errors.SplitTotalFixedError,
    errors.RevisionEmptyError,
    errors.RevisionReachesNothingError,
    errors.RevisionBeforeStartError,
    errors.PriceAlreadyAdjustedError,
    errors.PriceBeyondAdjustmentError,
    errors.PeriodPushedOutError,
    errors.ExtensionTooShortError,
    errors.EndNotEarlierError,
    errors.PeriodUnknownError,
    errors.PeriodNotLiveError,
    errors.PeriodStillLiveError,
    errors.PeriodOutsideTermError,
}


def codes_in_code() -> set[str]:
    """The codes that our own modules give to problems, from their source."""
    found: set[str] = set()
    for file in PORTFOLIO.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = {"CellError": 0, "RowRefusedError": 1, "Problem": 2}.get(node.func.id)
                if place is not None and len(node.args) > place:
                    code = node.args[place]
                    found |= {
                        each.value
                        for each in ast.walk(code)
                        if isinstance(each, ast.Constant) and isinstance(each.value, str)
                    }
    return found


def test_every_code_of_our_own_is_worded() -> None:
    found = codes_in_code()

    assert len(found) > 30
    assert found - PROBLEMS.keys() - {"."} == set()


@pytest.mark.parametrize(
    "error",
    [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, DomainError) and each is not DomainError
    ],
)
def test_every_refusal_of_a_contract_is_worded_and_has_a_column(error: type[DomainError]) -> None:
    if error in NOT_OF_SIGNING:
        assert error.code not in PROBLEMS
        return
    by_field = {
        errors.ContractItemInvalidError,
        errors.DateImplausibleError,
        errors.SplitOptionError,
        errors.RecurringOptionError,
    }
    assert error.code in PROBLEMS
    assert error in refusals.COLUMNS_OF_ERROR or error in by_field


@pytest.mark.parametrize("error", refusals.COLUMNS_OF_ERROR)
def test_every_refusal_with_a_column_is_worded(error: type[DomainError]) -> None:
    ours = {"entry_repeated", "entry_taken"}

    assert error.code in PROBLEMS or error.code in ours


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_words_are_a_sentence_whatever_details_are_missing(code: str) -> None:
    text = problem_text(Problem(7, "codigo", code, "X"))

    assert text.startswith("linha 7, coluna codigo: «X» ")
    assert text.endswith(".")
    assert all(
        name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(PROBLEMS[code])
    )


def test_a_code_without_words_is_still_a_sentence() -> None:
    assert problem_text(Problem(7, None, "brand_new.reason")) == (
        "linha 7: não foi aceita (brand_new.reason). Confira a linha com a de um contrato que entrou."
    )


def test_dates_and_numbers_are_written_the_brazilian_way() -> None:
    details = {"period_from": "2026-01-31", "due_on": "2026-02-28"}
    text = problem_text(Problem(7, "pro_rata_desde", "pro_rata_outside_first_period", "x", None, details))
    assert "31/01/2026 até antes de 28/02/2026" in text

    limit = Problem(7, "multa_percentual", "late_rates_unlawful", "3", None, {"limit": "2.50"})
    assert "de 0 a 2,50%" in problem_text(limit)
