"""Bearer tokens of integrators: a clear prefix, a hashed secret, scopes, companies, an end. Shown once."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from application.database import Database
from domain.kernel import DomainError

_FORM = re.compile(r"fat_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
_TOUCH_EVERY = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=400)


class Scope(StrEnum):
    """What a token may be used for, within what its user may do."""

    READ = "read"
    BILL = "bill"
    EVENTS = "events"


class ApiTokenTermInvalidError(DomainError):
    """A token ends within 400 days and after now; choose another end."""


class ApiTokenCompanyBeyondUserError(DomainError):
    """A token reaches no company that its user does not have. Give it to the user first, or leave it out."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. `companies` None: all those of its user."""

    prefix: str
    user_id: UUID
    name: str
    scopes: frozenset[Scope]
    companies: frozenset[UUID] | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiTokens:
    """Issues, finds, lists and revokes tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(
        self,
        user_id: UUID,
        name: str,
        scopes: frozenset[Scope],
        companies: frozenset[UUID] | None,
        expires_at: datetime,
        now: datetime,
    ) -> str:
        """A new token, `fat_<prefix>_<secret>`: the only time its secret is seen."""
        if not now < expires_at <= now + LONGEST_LIFE:
            raise ApiTokenTermInvalidError
        prefix = secrets.token_hex(5)
        secret = secrets.token_urlsafe(32)
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO api_token (prefix, secret_hash, user_id, name, scopes, companies,"
                " created_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    prefix,
                    _hash(secret),
                    user_id,
                    name[:80],
                    sorted(scopes),
                    None if companies is None else sorted(companies),
                    now,
                    expires_at,
                ),
            )
        return f"fat_{prefix}_{secret}"

    def find(self, text: str, now: datetime) -> ApiToken | None:
        """The live token that was presented, or None; its last use is kept to the minute."""
        form = _FORM.fullmatch(text)
        if form is None:
            return None
        with self._database.connection() as connection:
            row = connection.execute(f"{_SELECT} WHERE prefix = %s", (form[1],)).fetchone()
            if row is None or not hmac.compare_digest(_hash(form[2]), bytes(row[0])):
                return None
            token = _token(row[1:])
            if token.revoked_at is not None or token.expires_at <= now:
                return None
            if token.last_used_at is None or now - token.last_used_at > _TOUCH_EVERY:
                connection.execute(
                    "UPDATE api_token SET last_used_at = %s WHERE prefix = %s", (now, token.prefix)
                )
        return token

    def of_user(self, user_id: UUID) -> list[ApiToken]:
        """All tokens of a user, newest first."""
        with self._database.connection() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE user_id = %s ORDER BY created_at DESC", (user_id,)
            ).fetchall()
        return [_token(row[1:]) for row in rows]

    def revoke(self, prefix: str, now: datetime) -> bool:
        """End a token now; answers whether there was a live one."""
        with self._database.connection() as connection:
            done = connection.execute(
                "UPDATE api_token SET revoked_at = %s WHERE prefix = %s AND revoked_at IS NULL",
                (now, prefix),
            )
        return done.rowcount == 1


_SELECT = (
    "SELECT secret_hash, prefix, user_id, name, scopes, companies, created_at, expires_at,"
    " last_used_at, revoked_at FROM api_token"
)


def _token(row: tuple[object, ...]) -> ApiToken:
    prefix, user_id, name, scopes, companies, created_at, expires_at, last_used_at, revoked_at = row
    assert isinstance(user_id, UUID)
    assert isinstance(scopes, list)
    assert isinstance(created_at, datetime)
    assert isinstance(expires_at, datetime)
    assert companies is None or isinstance(companies, list)
    assert last_used_at is None or isinstance(last_used_at, datetime)
    assert revoked_at is None or isinstance(revoked_at, datetime)
    return ApiToken(
        prefix=str(prefix),
        user_id=user_id,
        name=str(name),
        scopes=frozenset(Scope(scope) for scope in scopes),
        companies=None if companies is None else frozenset(companies),
        created_at=created_at,
        expires_at=expires_at,
        last_used_at=last_used_at,
        revoked_at=revoked_at,
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
