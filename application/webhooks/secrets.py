"""The secrets that sign webhooks: shown once, kept wrapped by the master key, several valid at a time."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.database import Connection, Database
from application.event_store.keys import MasterKey

_BYTES = 32
_PREFIX = "whsec_"


def shown(secret: bytes) -> str:
    """A secret as the subscriber keeps it (Standard Webhooks: `whsec_` and base64)."""
    return _PREFIX + base64.b64encode(secret).decode()


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A secret without itself. `valid_until` None: the one that signs from now on."""

    secret_id: UUID
    created_at: datetime
    valid_until: datetime | None


class WebhookSecrets:
    """The table `webhook_secret`. A secret leaves it only to sign, and once to be shown."""

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._master = master

    @staticmethod
    def generate() -> bytes:
        """A new one of 256 bits."""
        return secrets.token_bytes(_BYTES)

    def keep(
        self, connection: Connection, endpoint_id: UUID, secret_id: UUID, secret: bytes, now: datetime
    ) -> None:
        """Keep a secret in the caller's transaction; it signs from then on."""
        connection.execute(
            "INSERT INTO webhook_secret (secret_id, endpoint_id, sealed, created_at) VALUES (%s, %s, %s, %s)",
            (secret_id, endpoint_id, self._master.wrap(secret, _label(secret_id)), now),
        )

    def retire(self, connection: Connection, endpoint_id: UUID, overlap: timedelta, now: datetime) -> None:
        """Those that sign now do so for so much longer; those that are over are destroyed."""
        connection.execute(
            "UPDATE webhook_secret SET valid_until = least(valid_until, %s) WHERE endpoint_id = %s",
            (now + overlap, endpoint_id),
        )
        connection.execute(
            "DELETE FROM webhook_secret WHERE endpoint_id = %s AND valid_until <= %s", (endpoint_id, now)
        )

    def signing(self, endpoint_ids: Iterable[UUID], now: datetime) -> dict[UUID, tuple[bytes, ...]]:
        """The secrets that sign for each endpoint now, the newest first. Raises MasterKeyWrongError."""
        with self._database.autocommit() as connection:
            rows = connection.execute(
                "SELECT endpoint_id, secret_id, sealed FROM webhook_secret"
                " WHERE endpoint_id = ANY(%s) AND (valid_until IS NULL OR valid_until > %s)"
                " ORDER BY created_at DESC, secret_id DESC",
                (list(endpoint_ids), now),
            ).fetchall()
        found: dict[UUID, tuple[bytes, ...]] = {}
        for endpoint_id, secret_id, sealed in rows:
            secret = self._master.unwrap(bytes(sealed), _label(secret_id))
            found[endpoint_id] = (*found.get(endpoint_id, ()), secret)
        return found

    def kept(self, endpoint_id: UUID, now: datetime) -> list[KeptSecret]:
        """Which secrets sign now, the newest first."""
        with self._database.autocommit() as connection:
            rows = connection.execute(
                "SELECT secret_id, created_at, valid_until FROM webhook_secret"
                " WHERE endpoint_id = %s AND (valid_until IS NULL OR valid_until > %s)"
                " ORDER BY created_at DESC, secret_id DESC",
                (endpoint_id, now),
            ).fetchall()
        return [KeptSecret(*row) for row in rows]


def _label(secret_id: UUID) -> bytes:
    return secret_id.bytes + b"webhook"
