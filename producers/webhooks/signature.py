"""Signs webhooks as Standard Webhooks says: HMAC-SHA256 over id, time and body, once per valid secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


def signed_headers(
    message_id: UUID, at: datetime, body: bytes, secrets: Iterable[bytes]
) -> tuple[tuple[str, str], ...]:
    """The three headers of one attempt; the newest secret's signature comes first.

    A message keeps its id through every attempt; its time is the attempt's.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1,{_mac(secret, signed)}" for secret in secrets)
    return (
        ("webhook-id", str(message_id)),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signatures),
    )


def _mac(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
