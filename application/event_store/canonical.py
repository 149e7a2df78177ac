"""The canonical form of a fact (RFC 8785, JCS) and the digest over it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

import orjson

from application.event_store.errors import TextUnstorableError

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_json(value: object) -> bytes:
    """The JCS form of plain JSON values, facts' fields and nested pydantic values.

    Equal to JCS for ASCII keys, no floats and integers below 2**53: larger ones are refused here,
    the rest by the plan of each event class. Raises TextUnstorableError.
    """
    try:
        written = orjson.dumps(value, _plain, _OPTIONS)
    except orjson.JSONEncodeError as error:
        raise TextUnstorableError(str(error)) from error
    if b"\\u0000" in written and _has_nul(orjson.loads(written)):
        raise TextUnstorableError
    return written


def _plain(value: object) -> object:
    if type(value) is Decimal:
        return str(value)
    try:
        return value.__dict__
    except AttributeError:
        raise TypeError(f"{type(value).__name__} has no JSON form") from None


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_has_nul, value.values()))
    return isinstance(value, list) and any(map(_has_nul, value))


@lru_cache(maxsize=256)
def canonical_instant(instant: datetime) -> str:
    """An aware instant as stored in digests: UTC, microseconds, Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def envelope_digest(
    *,
    actor: str,
    causation_id: str | None,
    company_id: str | None,
    correlation_id: str,
    event_id: str,
    occurred_at: str,
    recorded_at: str,
    state: str,
    stream_id: str,
    topic: str,
    version: int,
) -> bytes:
    """SHA-256 over the JCS form of envelope and state; the position is not part of it.

    `actor` and `state` are canonical JSON already, ids lower-case UUIDs, instants canonical.
    """
    causation = f'"{causation_id}"' if causation_id else "null"
    company = f'"{company_id}"' if company_id else "null"
    text = (
        f'{{"actor":{actor},"causation_id":{causation},"company_id":{company},'
        f'"correlation_id":"{correlation_id}","event_id":"{event_id}","occurred_at":"{occurred_at}",'
        f'"recorded_at":"{recorded_at}","state":{state},"stream_id":"{stream_id}","topic":"{topic}",'
        f'"version":{version}}}'
    )
    return hashlib.sha256(text.encode()).digest()
