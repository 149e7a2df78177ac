"""A message as it came, sealed where it is kept: it may name anybody, so no key of one person fits it."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from application.event_store.errors import SealBrokenError

LARGEST_KEPT = 2_000_000
"""Bytes of a message that are kept here; a larger one is in the dead-letter topic alone."""

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class RawMessage:
    """Key, headers and value, byte for byte."""

    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return len(self.value or b"")

    @property
    def digest(self) -> bytes:
        """SHA-256 of the value."""
        return sha256(self.value or b"").digest()


class MessageSeal:
    """AES-256-GCM under one key of the installation; each message opens with its own id only."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, id: UUID, message: RawMessage) -> bytes | None:
        """The message sealed; None if it is larger than what is kept."""
        if message.size > LARGEST_KEPT:
            return None
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, _packed(message), id.bytes)

    def open(self, id: UUID, sealed: bytes) -> RawMessage:
        """The message again. Raises SealBrokenError."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], id.bytes)
        except InvalidTag as error:
            raise SealBrokenError(f"dead letter {id} does not open") from error
        return _unpacked(plain)


def _packed(message: RawMessage) -> bytes:
    head = {
        "key": _as_text(message.key),
        "headers": [(name, _as_text(value)) for name, value in message.headers],
        "empty": message.value is None,
    }
    return orjson.dumps(head) + b"\n" + (message.value or b"")


def _unpacked(plain: bytes) -> RawMessage:
    line, _, value = plain.partition(b"\n")
    head: dict[str, Any] = orjson.loads(line)
    headers = tuple((name, _as_bytes(text) or b"") for name, text in head["headers"])
    return RawMessage(_as_bytes(head["key"]), headers, None if head["empty"] else value)


def _as_text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _as_bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
