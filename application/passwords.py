"""Passwords by argon2id: at most four at once, the same time for a user that does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from threading import BoundedSemaphore
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from application.database import Connection, Database
from domain.kernel import DomainError

SHORTEST = 12
LONGEST = 128
_AT_ONCE = 4
_WAIT_SECONDS = 10.0
_COMMON = frozenset(
    "administrador administrator contrasena faturamento financeiro iloveyou123 lastrolastro "
    "mudarsenha123 password1234 passwordpassword qwertyuiop12 qwertyuiop123 senha1234567 "
    "senha12345678 senha123456789 senhasenha12 senhasenha123 trocarsenha1 trocarsenha123".split()
)


class PasswordTooWeakError(DomainError):
    """The password is too short, too long or one that attackers try first; choose a longer phrase."""


class PasswordCheckBusyError(DomainError):
    """Too many passwords are being checked at once; try again in a few seconds."""


def check_password_strength(password: str, login: str) -> None:
    """Length and a list, no rules of composition (ASVS 5.0 6.2.1, 6.2.4, 6.2.5, 6.2.9)."""
    lowered = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordTooWeakError(problem="length", shortest=SHORTEST, longest=LONGEST)
    if lowered in _COMMON or len(set(lowered)) < 5 or _is_run(lowered):
        raise PasswordTooWeakError(problem="common")
    if login and (lowered in login.casefold() or login.casefold() in lowered):
        raise PasswordTooWeakError(problem="login")


def _is_run(text: str) -> bool:
    """`12345678901234`, `abcdefghijkl`, up or down."""
    steps = {(ord(b) - ord(a)) % 10 for a, b in pairwise(text)}
    return steps in ({1}, {9})


class Passwords:
    """Stores and checks password hashes. Blocks for about 0.1 s and 64 MiB a check."""

    def __init__(self, database: Database, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._hasher = hasher or PasswordHasher()
        self._slots = BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    def setting(
        self, user_id: UUID, password: str, login: str, now: datetime
    ) -> Callable[[Connection], None]:
        """What puts a password in force, in the caller's transaction, and ends the sessions before it.

        Raises PasswordTooWeakError.
        """
        check_password_strength(password, login)
        hashed = self._hash(password)

        def store(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO user_password (user_id, hash, set_at) VALUES (%s, %s, %s)"
                " ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at",
                (user_id, hashed, now),
            )
            connection.execute("DELETE FROM user_session WHERE user_id = %s", (user_id,))

        return store

    def matches(self, user_id: UUID | None, password: str, now: datetime) -> bool:
        """Whether it is this user's password; None stands for a login that nobody has."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT hash FROM user_password WHERE user_id = %s", (user_id,)
            ).fetchone()
        stored = None if row is None else str(row[0])
        if not self._verify(stored or self._nobody, password[: LONGEST + 1]) or stored is None:
            return False
        if user_id is not None and self._hasher.check_needs_rehash(stored):
            self._rehash(user_id, stored, password)
        return True

    def _rehash(self, user_id: UUID, stored: str, password: str) -> None:
        hashed = self._hash(password)
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE user_password SET hash = %s WHERE user_id = %s AND hash = %s",
                (hashed, user_id, stored),
            )

    def _hash(self, password: str) -> str:
        self._take_slot()
        try:
            return self._hasher.hash(password)
        finally:
            self._slots.release()

    def _verify(self, stored: str, password: str) -> bool:
        self._take_slot()
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._slots.release()

    def _take_slot(self) -> None:
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise PasswordCheckBusyError
