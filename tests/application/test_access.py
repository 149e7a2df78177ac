"""Roles reach companies, and what is out of sight is as if it were not."""

from __future__ import annotations

from uuid import UUID

import pytest

from application.access import SYSTEM, CompanyUnknownError, PermissionMissingError, Principal, operator
from application.app import NotFoundError
from domain.user.events import Grant
from domain.user.roles import PERMISSIONS, Permission, Role

HERE, THERE = UUID(int=1), UUID(int=2)


def principal(*grants: tuple[Role, tuple[UUID, ...] | None]) -> Principal:
    return Principal(
        UUID(int=9), "ana@example.com", tuple(Grant(role=role, companies=reach) for role, reach in grants)
    )


def test_facts_name_a_person_by_id_and_a_process_by_name() -> None:
    assert principal().actor == f"user:{UUID(int=9)}"
    assert SYSTEM.actor == "system"
    assert operator("import").actor == "import"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_gives_its_permissions_in_its_companies_only(role: Role, permission: Permission) -> None:
    ana = principal((role, (HERE,)))
    granted = permission in PERMISSIONS[role]
    assert ana.may(permission, HERE) is granted
    assert ana.may(permission) is granted
    assert not ana.may(permission, THERE)
    assert ana.companies(permission) == (frozenset({HERE}) if granted else frozenset())


def test_a_company_out_of_sight_is_not_found_rather_than_forbidden() -> None:
    ana = principal((Role.VIEWER, (HERE,)))
    with pytest.raises(PermissionMissingError):
        ana.require(Permission.BILL_NOW, HERE)
    with pytest.raises(CompanyUnknownError) as refused:
        ana.require(Permission.BILL_NOW, THERE)
    assert isinstance(refused.value, NotFoundError)
    assert refused.value.code == "not_found"


def test_a_grant_that_reaches_no_company_gives_nothing() -> None:
    nowhere = principal((Role.ADMINISTRATOR, ()))
    assert not nowhere.may(Permission.BILL_NOW)
    assert nowhere.companies(Permission.BILL_NOW) == frozenset()
    with pytest.raises(PermissionMissingError):
        nowhere.require(Permission.BILL_NOW)


def test_roles_of_several_companies_add_up() -> None:
    ana = principal((Role.FINANCE, (HERE,)), (Role.VIEWER, (THERE,)))
    assert ana.companies(Permission.SEE_BILLING) == frozenset({HERE, THERE})
    assert ana.companies(Permission.BILL_NOW) == frozenset({HERE})


def test_a_grant_without_companies_reaches_all() -> None:
    ana = principal((Role.FINANCE, None), (Role.VIEWER, (HERE,)))
    assert ana.companies(Permission.SEE_BILLING) is None
    ana.require_everywhere(Permission.BILL_NOW)
    with pytest.raises(PermissionMissingError):
        principal((Role.FINANCE, (HERE,))).require_everywhere(Permission.BILL_NOW)
