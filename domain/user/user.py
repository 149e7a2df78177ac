"""User: a person who works with the system, what they may do and where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never
from uuid import UUID

from domain.kernel import Aggregate, DomainError, first, projector
from domain.user.events import (
    Grant,
    UserDisabled,
    UserEnabled,
    UserEvent,
    UserGrantsSet,
    UserPasswordSet,
    UserRegistered,
    UserSignedIn,
)
from domain.user.roles import PERMISSIONS, Permission, Role
from domain.values.text import parse_email, required_text


class UserDisabledError(DomainError):
    """This person may not sign in. An administrator can enable them again."""


class GrantEmptyError(DomainError):
    """A role is granted for every company or for some, not for none. Name the companies, or leave
    the role out. Details: `role`."""


class User(Aggregate):
    """A person. `login` and `name` are None once the person was forgotten."""

    login: str | None
    name: str | None
    grants: tuple[Grant, ...]
    disabled: bool = False

    @staticmethod
    def register(id: UUID, login: str, name: str, grants: Iterable[Grant], now: datetime) -> UserRegistered:
        """The person may sign in, once a password is set. `login` is an e-mail address."""
        return UserRegistered(
            **first(id, now),
            login=parse_email(login, "login"),
            name=required_text(name, "name"),
            grants=_checked(grants),
        )

    def set_grants(self, grants: Iterable[Grant], now: datetime) -> UserGrantsSet | None:
        """What the person may do from now on, in place of all before."""
        checked = _checked(grants)
        if checked == self.grants:
            return None
        return UserGrantsSet(**self.following(now), grants=checked)

    def set_password(self, now: datetime) -> UserPasswordSet:
        """A new password is in force; its hash is kept elsewhere."""
        self._require_enabled()
        return UserPasswordSet(**self.following(now))

    def disable(self, reason: str, now: datetime) -> UserDisabled | None:
        """No longer let the person in."""
        if self.disabled:
            return None
        return UserDisabled(**self.following(now), reason=required_text(reason, "reason"))

    def enable(self, now: datetime) -> UserEnabled | None:
        """Let the person in again, with the same grants."""
        return UserEnabled(**self.following(now)) if self.disabled else None

    def sign_in(self, session_id: UUID, now: datetime) -> UserSignedIn:
        """A session began, as a fact of a stream of its own: the caller has checked the password."""
        self._require_enabled()
        return UserSignedIn(**first(session_id, now), user_id=self.id)

    def allowed(self, permission: Permission, company_id: UUID | None = None) -> bool:
        """Whether the person may do this in a company; without one, in any at all."""
        return not self.disabled and any(
            permission in PERMISSIONS[grant.role] and _covers(grant, company_id) for grant in self.grants
        )

    def _require_enabled(self) -> None:
        if self.disabled:
            raise UserDisabledError


def _covers(grant: Grant, company_id: UUID | None) -> bool:
    return grant.companies is None or company_id is None or company_id in grant.companies


def _checked(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """One grant a role, in a fixed order, so that equal rights are equal facts."""
    where: dict[Role, frozenset[UUID] | None] = {}
    for grant in grants:
        if grant.companies == ():
            raise GrantEmptyError(role=grant.role.value)
        known = where.get(grant.role, frozenset())
        everywhere = known is None or grant.companies is None
        where[grant.role] = None if everywhere else frozenset((*(known or ()), *(grant.companies or ())))
    return tuple(
        Grant(role=role, companies=None if companies is None else tuple(sorted(companies)))
        for role, companies in sorted(where.items())
    )


def evolve(user: User | None, event: UserEvent) -> User:
    """The state one fact later."""
    if isinstance(event, UserRegistered):
        return User(
            id=event.originator_id,
            version=event.originator_version,
            company_id=event.company_id,
            login=event.login,
            name=event.name,
            grants=event.grants,
        )
    assert user is not None
    match event:
        case UserGrantsSet():
            return user.moved(event, grants=event.grants)
        case UserDisabled():
            return user.moved(event, disabled=True)
        case UserEnabled():
            return user.moved(event, disabled=False)
        case UserPasswordSet():
            return user.moved(event)
        case _:
            assert_never(event)


project = projector(evolve)
