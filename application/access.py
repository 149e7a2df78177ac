"""Who acts and what they may do: every command asks here before it looks at anything else (F174)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from application.event_store.errors import NotFoundError
from domain.kernel import DomainError
from domain.user.events import Grant
from domain.user.roles import PERMISSIONS, Permission, Role


class PermissionMissingError(DomainError):
    """Your roles do not allow this here. Ask an administrator for the permission that is named."""


class CompanyUnknownError(NotFoundError):
    """No such object among the companies you see: it does not exist, or is another company's.

    The two are not told apart, so that an id tells nobody that it exists (OWASP ASVS 8.2.2).
    """

    code = "not_found"


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, an API token, or the system itself (`user_id` None)."""

    user_id: UUID | None
    login: str
    grants: tuple[Grant, ...]

    @property
    def actor(self) -> str:
        """How facts name this principal: an id, because a login is personal data."""
        return f"user:{self.user_id}" if self.user_id else self.login

    def may(self, permission: Permission, company_id: UUID | None = None) -> bool:
        """Whether a role grants it in this company; without a company, whether in any."""
        return any(
            permission in PERMISSIONS[grant.role] and _covers(grant, company_id) for grant in self.grants
        )

    def sees(self, company_id: UUID) -> bool:
        """Whether any role reaches this company at all."""
        return any(_covers(grant, company_id) for grant in self.grants)

    def companies(self, permission: Permission) -> frozenset[UUID] | None:
        """The companies in which a role grants it; None means every company."""
        granting = [g.companies for g in self.grants if permission in PERMISSIONS[g.role]]
        if any(companies is None for companies in granting):
            return None
        return frozenset(company for companies in granting for company in companies or ())

    def require(self, permission: Permission, company_id: UUID | None = None) -> None:
        """Raise `CompanyUnknownError` for a company out of sight, else `PermissionMissingError`."""
        if company_id is not None and not self.sees(company_id):
            raise CompanyUnknownError
        if not self.may(permission, company_id):
            raise PermissionMissingError(
                f"{permission} is missing", permission=permission.value, company_id=company_id
            )

    def require_everywhere(self, permission: Permission) -> None:
        """Raise unless the permission reaches every company: what it rules belongs to all."""
        if self.companies(permission) is not None:
            raise PermissionMissingError(
                f"{permission} is missing for all companies", permission=permission.value
            )


def _covers(grant: Grant, company_id: UUID | None) -> bool:
    if grant.companies is None:
        return True
    # A token may be narrowed to companies of which its user has none: such a grant reaches nothing.
    return bool(grant.companies) if company_id is None else company_id in grant.companies


def operator(name: str) -> Principal:
    """The system itself under a name: `cli:maria`, `scheduler`, `import`. It may do everything."""
    return Principal(None, name, (Grant(role=Role.ADMINISTRATOR, companies=None),))


SYSTEM = operator("system")
"""What no person asked for: the scheduler, the demo's own set-up."""
