"""Who a user id or an e-mail stands for: what signing in and every request of a signed-in person ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.access import Principal
from application.app import Context, Lastro, NotFoundError
from application.ids import new_id
from application.lookups import Lookup, Lookups
from application.passwords import Passwords
from application.unit_of_work import context_of
from domain.user.roles import Permission
from domain.user.user import User, project


@dataclass(frozen=True, slots=True)
class Person:
    """A user who may act now. `name` is for screens."""

    principal: Principal
    name: str


class People:
    """Reads users from their facts, so that a grant taken away is gone with the next request."""

    def __init__(self, lastro: Lastro, lookups: Lookups, passwords: Passwords) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._passwords = passwords

    def find(self, user_id: UUID) -> Person | None:
        """The person, unless disabled, forgotten or unknown."""
        user = self._load(user_id)
        if user is None or user.disabled or user.login is None:
            return None
        return Person(Principal(user.id, user.login, user.grants), user.name or user.login)

    def names(self, user_ids: Iterable[UUID]) -> dict[UUID, str]:
        """Names for a history; who was forgotten has none."""
        users = self._lastro.load_many(project, set(user_ids))
        return {user_id: name for user_id, user in users.items() if (name := user.name or user.login)}

    def sign_in(self, login: str, password: str, now: datetime) -> UUID | None:
        """The user whose password it is. As slow for a login that nobody has (ASVS 5.0 6.3.8).

        Raises PasswordCheckBusyError.
        """
        user_id = self._lookups.find(Lookup.USER_LOGIN, login.strip().lower())
        matches = self._passwords.matches(user_id, password, now)
        user = None if user_id is None else self._load(user_id)
        if not matches or user is None or user.disabled:
            return None
        self._lastro.record(Context(f"user:{user.id}", new_id()), user.sign_in(new_id(), now))
        return user.id

    def set_password(self, principal: Principal, user_id: UUID, password: str, now: datetime) -> int:
        """Put a password in force, one's own or, with KEEP_USERS everywhere, another's.

        Ends the user's sessions. Raises PasswordTooWeakError, NotFoundError, UserDisabledError.
        """
        if principal.user_id != user_id:
            principal.require_everywhere(Permission.KEEP_USERS)
        user = self._lastro.load(project, user_id)
        store = self._passwords.setting(user_id, password, user.login or "", now)
        return self._lastro.record(context_of(principal), user.set_password(now), also=store)

    def _load(self, user_id: UUID) -> User | None:
        try:
            return self._lastro.load(project, user_id)
        except NotFoundError:
            return None
