"""The canonical form of a fact (RFC 8785, JCS) and the digest over it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

import orjson

from application.event_store.errors import TextUnstorableError

_NUL_LOOK = rb"\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL, told from the six characters of its escape in a text about it."""

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_json(value: object) -> bytes:
    """The JCS form of plain JSON values, facts' fields and nested pydantic values.

    Equal to JCS for ASCII keys, no floats and integers below 2**53: larger ones are refused here,
    the rest by the plan of each event class. Raises TextUnstorableError.
    """
    try:
        text = orjson.dumps(value, _plain, _OPTIONS)
    except orjson.JSONEncodeError as error:
        raise TextUnstorableError(str(error)) from error
    if _NUL_LOOK in text and _NUL.search(text):
        raise TextUnstorableError("a text holds a NUL character, which jsonb does not keep")
    return text


def _plain(value: object) -> object:
    if type(value) is Decimal:
        return str(value)
    try:
        return value.__dict__
    except AttributeError:
        raise TypeError(f"{type(value).__name__} has no JSON form") from None


@lru_cache(maxsize=256)
def canonical_instant(instant: datetime) -> str:
    """An aware instant as stored in digests: UTC, microseconds, Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
