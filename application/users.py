"""People who work with the system: who they are, what they may do, and where (F174)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import Project
from application.lookups import Key, Lookup
from application.registry import Done, Registry, Step
from domain.kernel import DomainEvent, Frozen
from domain.user.events import Grant
from domain.user.roles import Permission
from domain.user.user import User, project
from domain.values.text import parse_email


class UserForm(Frozen):
    """A person and their roles. `login` is an e-mail address."""

    login: str
    name: str
    grants: tuple[Grant, ...]


class Users(Registry[UserForm, User]):
    """Takes KEEP_USERS in every company that is granted, so that nobody grants what they lack."""

    KEPT: ClassVar[tuple[str, ...]] = ("name",)

    def set_grants(self, principal: Principal, user_id: UUID, grants: tuple[Grant, ...]) -> Done:
        """What the person may do from now on. Both the old and the new companies must be one's own."""

        def decide(user: User) -> DomainEvent | None:
            _require_reach(principal, (*user.grants, *grants))
            return user.set_grants(grants, self._clock())

        return self._set(principal, user_id, decide)

    def disable(self, principal: Principal, user_id: UUID, reason: str) -> Done:
        """The person may no longer sign in."""

        def decide(user: User) -> DomainEvent | None:
            _require_reach(principal, user.grants)
            return user.disable(reason, self._clock())

        return self._set(principal, user_id, decide)

    def enable(self, principal: Principal, user_id: UUID) -> Done:
        """The person may sign in again."""

        def decide(user: User) -> DomainEvent | None:
            _require_reach(principal, user.grants)
            return user.enable(self._clock())

        return self._set(principal, user_id, decide)

    def find(self, login: str) -> UUID | None:
        """The user with this login, enabled or not."""
        return self._lookups.find(Lookup.USER_LOGIN, login.strip().lower())

    def login(self, user_id: UUID) -> str | None:
        """What a user signs in with, enabled or not; None of one who is unknown or forgotten."""
        found = self._lastro.load_many(project, {user_id}).get(user_id)
        return None if found is None else found.login

    def principal(self, user_id: UUID) -> Principal | None:
        """Who a signed-in user is now; None for one who may not sign in. Read it on each request."""
        user = self._lastro.load(project, user_id)
        return None if user.disabled else Principal(user.id, user.login or "", user.grants)

    def _set(self, principal: Principal, user_id: UUID, decide: Step[User]) -> Done:
        return self._correct(principal, Permission.KEEP_USERS, user_id, decide)

    def _project(self) -> Project[User]:
        return project

    def _permit(self, principal: Principal, form: UserForm) -> None:
        _require_reach(principal, form.grants)

    def _keys(self, form: UserForm) -> list[Key]:
        return [(Lookup.USER_LOGIN, parse_email(form.login, "login"))]

    def _first_fact(self, id: UUID, form: UserForm, now: datetime) -> DomainEvent:
        return User.register(id, form.login, form.name, form.grants, now)

    def _steps(self, form: UserForm, now: datetime) -> Iterator[Step[User]]:
        yield lambda user: user.set_grants(form.grants, now)


def _require_reach(principal: Principal, grants: tuple[Grant, ...]) -> None:
    principal.require(Permission.KEEP_USERS)
    for grant in grants:
        if grant.companies is None:
            principal.require_everywhere(Permission.KEEP_USERS)
        for company_id in grant.companies or ():
            principal.require(Permission.KEEP_USERS, company_id)
