"""Opaque, signed page cursors: nobody can make one up, and a broken one is refused, never an error 500."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any

_TAG_BYTES = 12
_LONGEST = 600


class CursorInvalidError(ValueError):
    """The cursor was not made by this installation, or for this listing; start at the first page."""


@dataclass(frozen=True, slots=True)
class CursorSigner:
    """Makes and opens cursors; `scope` ties a cursor to one listing."""

    key: bytes

    def seal(self, scope: str, values: list[Any]) -> str:
        """A URL-safe token over JSON values."""
        body = json.dumps(values, separators=(",", ":"), default=str).encode()
        return urlsafe_b64encode(self._tag(scope, body) + body).rstrip(b"=").decode()

    def open(self, scope: str, token: str) -> list[Any]:
        """The sealed values, or CursorInvalidError."""
        if len(token) > _LONGEST:
            raise CursorInvalidError
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (Base64Error, ValueError) as error:
            raise CursorInvalidError from error
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(scope, body)):
            raise CursorInvalidError
        values = json.loads(body)
        assert isinstance(values, list)
        return values

    def _tag(self, scope: str, body: bytes) -> bytes:
        return hmac.digest(self.key, scope.encode() + b"\0" + body, hashlib.sha256)[:_TAG_BYTES]
