"""When a message is tried again: exponential back-off with full jitter, and when an endpoint is disabled.

Before the second attempt up to 5 seconds pass, then up to 10, 20, 40 … up to an hour: a draw between nothing
and the bound, so that many endpoints that failed at once do not come back at once. A `Retry-After` is waited
out, up to six hours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
SHORTEST = timedelta(seconds=1)
LONGEST_ASKED = timedelta(hours=6)
FEWEST_TRIES = 10
"""An endpoint is never disabled for fewer: the worker itself may have been away for days."""

_DOUBLINGS = 20


def bound(tries: int) -> timedelta:
    """The longest pause after so many failed attempts."""
    return min(LONGEST, FIRST * (1 << min(tries - 1, _DOUBLINGS)))


def pause(tries: int, draw: float, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many failed attempts; `draw` is from [0, 1), `asked` is Retry-After."""
    own = max(SHORTEST, bound(tries) * draw)
    return own if asked is None else max(own, min(asked, LONGEST_ASKED))


def is_over(now: datetime, failing_since: datetime, tries: int, limit: timedelta) -> bool:
    """Whether an endpoint has failed for too long."""
    return tries >= FEWEST_TRIES and now - failing_since >= limit


def retry_after(text: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for (RFC 9110 10.2.3): seconds or a date; None if it says nothing."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(min(at - now, LONGEST_ASKED), timedelta())
