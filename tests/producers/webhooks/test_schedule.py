"""When a failed message is tried again, and when its endpoint is disabled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from producers.webhooks.schedule import FEWEST_TRIES, bound, is_over, pause, retry_after

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [
        (1, 5),
        (2, 10),
        (3, 20),
        (4, 40),
        (5, 80),
        (9, 1280),
        (10, 2560),
        (11, 3600),
        (12, 3600),
        (5_000, 3600),
    ],
)
def test_the_longest_pause_doubles_up_to_an_hour(tries: int, seconds: int) -> None:
    assert bound(tries) == seconds * SECOND


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 1), (0.01, 1), (0.5, 20), (0.999, 39.96)])
def test_the_pause_is_drawn_between_a_second_and_the_bound(draw: float, seconds: float) -> None:
    assert pause(4, draw) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(SECOND, 20), (90 * SECOND, 90), (timedelta(days=30), 6 * 3600)]
)
def test_what_the_other_side_asks_for_is_waited_out_within_bounds(asked: timedelta, seconds: int) -> None:
    assert pause(4, 0.5, asked) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("99999999999999999999", 6 * 3600),
        ("Sun, 22 Nov 2026 15:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 14:00:00 GMT", 0),
        ("Tue, 22 Nov 2050 14:00:00 GMT", 6 * 3600),
        ("Sun, 22 Nov 2026 15:01:00", 60),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1e3", None),
        ("²", None),
        ("Sun, 99 Nov 2026 15:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: int | None) -> None:
    assert retry_after(text, NOW) == (None if seconds is None else seconds * SECOND)


@pytest.mark.parametrize(
    ("hours", "tries", "over"),
    [(72, FEWEST_TRIES, True), (71.9, 500, False), (500, FEWEST_TRIES - 1, False)],
)
def test_an_endpoint_is_over_after_long_enough_and_tries_enough(hours: float, tries: int, over: bool) -> None:
    assert is_over(NOW + timedelta(hours=hours), NOW, tries, timedelta(hours=72)) is over
