"""Price index: one point a month, published once, corrected on purpose."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.price_index.events import (
    IndexPointCorrected,
    IndexPointPublished,
    PriceIndexRegistered,
)
from domain.price_index.price_index import (
    IndexMonthFutureError,
    IndexMonthInvalidError,
    IndexPercentInvalidError,
    IndexPointMissingError,
    IndexPointPublishedError,
    PriceIndex,
    project,
)
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
TODAY = date(2026, 11, 3)
ID = UUID("01930000-0000-7000-8000-000000000005")


def header(version: int) -> dict[str, Any]:
    return {"originator_id": ID, "originator_version": version, "occurred_at": NOW, "company_id": None}


REGISTERED = PriceIndex.register(ID, "IGP-M", "Índice Geral de Preços", 189, NOW)
OCTOBER = IndexPointPublished(**header(2), month="2026-10", percent=Decimal("0.52"), source="SGS 189")


def test_an_index_is_registered_for_every_company() -> None:
    expected = PriceIndexRegistered(**header(1), code="IGP-M", name="Índice Geral de Preços", sgs_code=189)
    assert expected == REGISTERED


def test_a_point_is_published_once() -> None:
    when = given(project, REGISTERED).when(
        lambda i: i.publish("2026-10", Decimal("0.52"), "SGS 189", TODAY, NOW)
    )
    when.then(OCTOBER)
    when.then_state(lambda i: i.points == {"2026-10": Decimal("0.52")})
    given(project, REGISTERED, OCTOBER).when(
        lambda i: i.publish("2026-10", Decimal("0.5200"), "SGS 189", TODAY, NOW)
    ).then_nothing()


def test_another_point_for_the_same_month_is_refused() -> None:
    given(project, REGISTERED, OCTOBER).when(
        lambda i: i.publish("2026-10", Decimal("0.53"), "SGS 189", TODAY, NOW)
    ).then_refused(IndexPointPublishedError, month="2026-10", percent="0.5200")


def test_points_of_several_months_stand_beside_each_other() -> None:
    given(project, REGISTERED, OCTOBER).when(
        lambda i: i.publish("2026-09", Decimal("-0.11"), "SGS 189", TODAY, NOW)
    ).then_state(lambda i: i.points == {"2026-09": Decimal("-0.11"), "2026-10": Decimal("0.52")})


def test_the_current_month_may_be_published_and_no_later_one() -> None:
    state = given(project, REGISTERED)
    state.when(lambda i: i.publish("2026-11", Decimal("0.10"), "SGS 189", TODAY, NOW)).then_state(
        lambda i: "2026-11" in i.points
    )
    state.when(lambda i: i.publish("2026-12", Decimal("0.10"), "SGS 189", TODAY, NOW)).then_refused(
        IndexMonthFutureError, month="2026-12"
    )


@pytest.mark.parametrize("month", ["", "2026-13", "2026-1", "10/2026", "2026-W4", "20261"])
def test_what_is_no_month_is_refused(month: str) -> None:
    state = given(project, REGISTERED, OCTOBER)
    state.when(lambda i: i.publish(month, Decimal("0.10"), "SGS 189", TODAY, NOW)).then_refused(
        IndexMonthInvalidError, month=month
    )
    state.when(lambda i: i.correct(month, Decimal("0.10"), "SGS 189", NOW)).then_refused(
        IndexMonthInvalidError, month=month
    )


@pytest.mark.parametrize("percent", ["0.523", "52000", "100", "-50", "NaN"])
def test_a_point_like_none_before_is_refused(percent: str) -> None:
    given(project, REGISTERED).when(
        lambda i: i.publish("2026-10", Decimal(percent), "SGS 189", TODAY, NOW)
    ).then_refused(IndexPercentInvalidError, percent=percent)
    given(project, REGISTERED, OCTOBER).when(
        lambda i: i.correct("2026-10", Decimal(percent), "SGS 189", NOW)
    ).then_refused(IndexPercentInvalidError, percent=percent)


def test_a_point_is_corrected_once() -> None:
    fact = IndexPointCorrected(**header(3), month="2026-10", percent=Decimal("0.53"), source="FGV")
    when = given(project, REGISTERED, OCTOBER).when(
        lambda i: i.correct("2026-10", Decimal("0.53"), "FGV", NOW)
    )
    when.then(fact)
    when.then_state(lambda i: i.points == {"2026-10": Decimal("0.53")})
    given(project, REGISTERED, OCTOBER, fact).when(
        lambda i: i.correct("2026-10", Decimal("0.53"), "FGV", NOW)
    ).then_nothing()


def test_a_month_without_point_cannot_be_corrected() -> None:
    given(project, REGISTERED, OCTOBER).when(
        lambda i: i.correct("2026-09", Decimal("0.53"), "FGV", NOW)
    ).then_refused(IndexPointMissingError, month="2026-09")


def test_a_point_names_its_source() -> None:
    given(project, REGISTERED).when(
        lambda i: i.publish("2026-10", Decimal("0.52"), " ", TODAY, NOW)
    ).then_refused(TextInvalidError, field="source")
