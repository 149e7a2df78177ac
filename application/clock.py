"""The only place that asks what time it is; everything else takes it as an input."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SAO_PAULO = ZoneInfo("America/Sao_Paulo")

Clock = Callable[[], datetime]
"""Answers the current instant, aware and in UTC."""


def utc_now() -> datetime:
    """The current instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one permitted use


def sao_paulo_date(instant: datetime) -> date:
    """The calendar date in São Paulo at an instant: the date that due dates are compared with."""
    return instant.astimezone(SAO_PAULO).date()
