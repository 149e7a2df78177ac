"""Nobody grants what they do not have, and what is taken away is gone at once."""

from __future__ import annotations

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.app import NotFoundError
from application.users import UserForm
from domain.user.events import Grant
from domain.user.roles import Permission, Role
from tests.application.world import CNPJS, World, person


def user(*grants: Grant) -> UserForm:
    return UserForm(login="Bia@Example.com", name="Bia", grants=grants)


def test_a_user_is_found_by_login_whatever_its_case(world: World) -> None:
    done = world.commands.users.register(SYSTEM, user(Grant(role=Role.FINANCE, companies=None)))
    assert world.commands.users.find(" BIA@example.com") == done.id


def test_a_disabled_user_is_nobody(world: World) -> None:
    users = world.commands.users
    done = users.register(SYSTEM, user(Grant(role=Role.FINANCE, companies=None)))
    signed_in = users.principal(done.id)
    assert signed_in is not None
    assert signed_in.may(Permission.BILL_NOW, world.company)
    users.disable(SYSTEM, done.id, "left")
    assert users.principal(done.id) is None
    users.enable(SYSTEM, done.id)
    assert users.principal(done.id) == signed_in


def test_an_administrator_of_one_company_grants_only_there(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    here = person(Role.ADMINISTRATOR, world.company)
    users = world.commands.users
    done = users.register(here, user(Grant(role=Role.FINANCE, companies=(world.company,))))
    for reach in (None, (other,)):
        with pytest.raises((PermissionMissingError, NotFoundError)):
            users.set_grants(here, done.id, (Grant(role=Role.VIEWER, companies=reach),))


def test_an_administrator_of_one_company_does_not_touch_users_beyond(world: World) -> None:
    users = world.commands.users
    done = users.register(SYSTEM, user(Grant(role=Role.FINANCE, companies=None)))
    here = person(Role.ADMINISTRATOR, world.company)
    with pytest.raises(PermissionMissingError):
        users.disable(here, done.id, "no")
    with pytest.raises(PermissionMissingError):
        users.set_grants(here, done.id, (Grant(role=Role.FINANCE, companies=(world.company,)),))
