"""Server-side sessions: the browser holds a random token, the database only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.database import Database

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_TOUCH_EVERY = timedelta(seconds=60)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A person who signed in, until `idle_until` if nothing more is asked."""

    user_id: UUID
    opened_at: datetime
    idle_until: datetime


class Sessions:
    """Opens, finds and ends sessions (ASVS 5.0 7.2.3, 7.3.1, 7.3.2, 7.4.1)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, user_id: UUID, now: datetime, address: str, agent: str) -> str:
        """A new session; the answer is its token, which is nowhere kept. Expired ones are swept out."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.connection() as connection:
            connection.execute(
                "DELETE FROM user_session WHERE opened_at < %s OR seen_at < %s", (now - ABSOLUTE, now - IDLE)
            )
            connection.execute(
                "INSERT INTO user_session (token_hash, user_id, opened_at, seen_at, address, agent)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (_hash(token), user_id, now, now, address[:64], agent[:200]),
            )
        return token

    def find(self, token: str, now: datetime, *, touch: bool = True) -> Session | None:
        """The live session of a token. A person's request slides its idle end; a stream's does not."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT user_id, opened_at, seen_at FROM user_session"
                " WHERE token_hash = %s AND opened_at > %s AND seen_at > %s",
                (_hash(token), now - ABSOLUTE, now - IDLE),
            ).fetchone()
            if row is None:
                return None
            user_id, opened_at, seen_at = row
            if touch and now - seen_at > _TOUCH_EVERY:
                connection.execute(
                    "UPDATE user_session SET seen_at = %s WHERE token_hash = %s", (now, _hash(token))
                )
                seen_at = now
        return Session(user_id, opened_at, min(seen_at + IDLE, opened_at + ABSOLUTE))

    def close(self, token: str) -> None:
        """Sign out here."""
        with self._database.connection() as connection:
            connection.execute("DELETE FROM user_session WHERE token_hash = %s", (_hash(token),))

    def close_all(self, user_id: UUID) -> int:
        """End every session of a user, as when the user is disabled; answers how many."""
        with self._database.connection() as connection:
            return connection.execute("DELETE FROM user_session WHERE user_id = %s", (user_id,)).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
