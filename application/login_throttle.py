"""Slows down password guessing, by account and by address, also of many at once (ASVS 5.0 6.3.1)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from application.database import Database

WINDOW = timedelta(minutes=15)
FREE_PER_ACCOUNT = 5
FREE_PER_ADDRESS = 40
_FIRST_WAIT = timedelta(seconds=15)
_LOCK_NAMESPACE = 20_771


@dataclass(frozen=True, slots=True)
class Throttled:
    """Not now: how long this account or address has to wait."""

    wait: timedelta


class LoginThrottle:
    """Every try is written down before the password is looked at, so a hundred at once do not slip by.

    The wait starts at 15 s, doubles, and never outlasts the window: nobody is locked out for good.
    Accounts and addresses are kept as keyed hashes for the length of the window.
    """

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key

    def admit(self, login: str, address: str, now: datetime) -> Throttled | None:
        """Write the try down, or refuse it when too many came before it; a refused try counts for nothing."""
        subjects = (("account", login, FREE_PER_ACCOUNT), ("address", address, FREE_PER_ADDRESS))
        with self._database.connection() as connection:
            connection.execute("DELETE FROM login_attempt WHERE at < %s", (now - WINDOW,))
            wait = max(
                self._wait(connection, kind, self._hash(value), free, now) for kind, value, free in subjects
            )
            if wait > timedelta(0):
                return Throttled(wait)
            for kind, value, _ in subjects:
                connection.execute(
                    "INSERT INTO login_attempt (kind, subject, at) VALUES (%s, %s, %s)",
                    (kind, self._hash(value), now),
                )
        return None

    def _wait(
        self, connection: Connection[Any], kind: str, subject: bytes, free: int, now: datetime
    ) -> timedelta:
        # One try at a time per subject; accounts are always locked before addresses, so no deadlock.
        connection.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)",
            (_LOCK_NAMESPACE, int.from_bytes(subject[:4], signed=True)),
        )
        row = connection.execute(
            "SELECT count(*), max(at) FROM login_attempt WHERE kind = %s AND subject = %s AND at >= %s",
            (kind, subject, now - WINDOW),
        ).fetchone()
        tries, last = row or (0, None)
        if tries < free or last is None:
            return timedelta(0)
        until: datetime = last + min(_FIRST_WAIT * 2 ** min(tries - free, 8), WINDOW)
        return until - now

    def forgive(self, login: str) -> None:
        """The right password was given: the account's earlier tries are forgotten."""
        with self._database.connection() as connection:
            connection.execute(
                "DELETE FROM login_attempt WHERE kind = 'account' AND subject = %s", (self._hash(login),)
            )

    def _hash(self, value: str) -> bytes:
        return hmac.digest(self._key, b"login:" + value.casefold().encode(), hashlib.sha256)
