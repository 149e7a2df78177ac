"""Roles and what each may do (F174)."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One verb that a command asks for."""

    SEE_BILLING = "see_billing"
    EDIT_BILLING = "edit_billing"
    BILL_NOW = "bill_now"
    SEND_EMAIL = "send_email"
    KEEP_REGISTRIES = "keep_registries"
    KEEP_INDICES = "keep_indices"
    KEEP_USERS = "keep_users"
    READ_EVENTS = "read_events"
    FORGET_PERSONS = "forget_persons"
    AUDIT = "audit"
    READ_PERSONAL = "read_personal"
    OPERATE = "operate"
    KEEP_WEBHOOKS = "keep_webhooks"


class Role(StrEnum):
    """A bundle of permissions that an administrator grants for some companies or for all."""

    ADMINISTRATOR = "administrator"
    FINANCE = "finance"
    VIEWER = "viewer"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.FINANCE: frozenset(
        {
            Permission.SEE_BILLING,
            Permission.EDIT_BILLING,
            Permission.BILL_NOW,
            Permission.SEND_EMAIL,
            Permission.KEEP_REGISTRIES,
        }
    ),
    Role.VIEWER: frozenset({Permission.SEE_BILLING}),
    Role.AUDITOR: frozenset(
        {Permission.SEE_BILLING, Permission.READ_EVENTS, Permission.AUDIT, Permission.READ_PERSONAL}
    ),
    Role.INTEGRATOR: frozenset({Permission.SEE_BILLING, Permission.READ_EVENTS}),
}
