"""The facts of a person who works with the system. Password hashes are never facts."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.kernel import DomainEvent, Frozen, PersonalText
from domain.user.roles import Role


class Grant(Frozen):
    """A role in some companies; `companies` None means every company."""

    role: Role
    companies: tuple[UUID, ...] | None


class UserRegistered(DomainEvent):
    """The person may sign in, once a password is set. `login` is an e-mail address, lower case."""

    TOPIC: ClassVar[str] = "user.registered.v1"
    login: PersonalText
    name: PersonalText
    grants: tuple[Grant, ...]


class UserGrantsSet(DomainEvent):
    """What the person may do, and where, from now on."""

    TOPIC: ClassVar[str] = "user.grants_set.v1"
    grants: tuple[Grant, ...]


class UserPasswordSet(DomainEvent):
    """A new password is in force; sessions opened before it end."""

    TOPIC: ClassVar[str] = "user.password_set.v1"


class UserDisabled(DomainEvent):
    """The person may no longer sign in."""

    TOPIC: ClassVar[str] = "user.disabled.v1"
    reason: str


class UserEnabled(DomainEvent):
    """The person may sign in again."""

    TOPIC: ClassVar[str] = "user.enabled.v1"


class UserSignedIn(DomainEvent):
    """A session began. Each is a stream of its own: people sign in thousands of times, and who they are
    is read from their own stream on each request."""

    TOPIC: ClassVar[str] = "user.signed_in.v1"
    user_id: UUID


UserEvent = UserRegistered | UserGrantsSet | UserPasswordSet | UserDisabled | UserEnabled
