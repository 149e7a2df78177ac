"""User: what a person may do, where, and when not at all."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import first
from domain.user.events import (
    Grant,
    UserDisabled,
    UserEnabled,
    UserGrantsSet,
    UserPasswordSet,
    UserRegistered,
    UserSignedIn,
)
from domain.user.roles import Permission, Role
from domain.user.user import GrantEmptyError, User, UserDisabledError, evolve, project
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000006")
SESSION = UUID("01930000-0000-7000-8000-000000000007")
ALFA = UUID("01930000-0000-7000-8000-00000000000a")
BETA = UUID("01930000-0000-7000-8000-00000000000b")

FINANCE_IN_ALFA = Grant(role=Role.FINANCE, companies=(ALFA,))
VIEWER_EVERYWHERE = Grant(role=Role.VIEWER, companies=None)


def header(version: int) -> dict[str, Any]:
    return {"originator_id": ID, "originator_version": version, "occurred_at": NOW, "company_id": None}


def registered(*grants: Grant) -> UserRegistered:
    return User.register(ID, " Ana@Empresa.com ", " Ana  Souza ", grants, NOW)


DISABLED = UserDisabled(**header(2), reason="saiu")


def test_a_person_is_registered_under_a_login_in_lower_case() -> None:
    assert registered(FINANCE_IN_ALFA) == UserRegistered(
        **header(1), login="ana@empresa.com", name="Ana Souza", grants=(FINANCE_IN_ALFA,)
    )
    with pytest.raises(TextInvalidError):
        User.register(ID, "ana", "Ana", (), NOW)


def test_a_role_reaches_the_companies_it_was_granted_for() -> None:
    user = evolve(None, registered(FINANCE_IN_ALFA, VIEWER_EVERYWHERE))
    assert user.allowed(Permission.BILL_NOW, ALFA)
    assert not user.allowed(Permission.BILL_NOW, BETA)
    assert user.allowed(Permission.SEE_BILLING, BETA)
    assert user.allowed(Permission.BILL_NOW)
    assert not user.allowed(Permission.KEEP_USERS)


@pytest.mark.parametrize("permission", Permission)
def test_an_administrator_may_do_everything_and_nobody_without_a_role_anything(
    permission: Permission,
) -> None:
    everything = Grant(role=Role.ADMINISTRATOR, companies=None)
    assert evolve(None, registered(everything)).allowed(permission, BETA)
    assert not evolve(None, registered()).allowed(permission)


def test_grants_of_one_role_are_one_grant() -> None:
    in_beta = Grant(role=Role.FINANCE, companies=(BETA, ALFA))
    both = (Grant(role=Role.FINANCE, companies=(ALFA, BETA)), VIEWER_EVERYWHERE)
    assert registered(VIEWER_EVERYWHERE, in_beta, FINANCE_IN_ALFA).grants == both
    viewer_in_alfa = Grant(role=Role.VIEWER, companies=(ALFA,))
    for grants in ((viewer_in_alfa, VIEWER_EVERYWHERE), (VIEWER_EVERYWHERE, viewer_in_alfa)):
        assert registered(*grants).grants == (VIEWER_EVERYWHERE,)


def test_grants_are_replaced_when_they_differ() -> None:
    state = given(project, registered(FINANCE_IN_ALFA, VIEWER_EVERYWHERE))
    state.when(lambda u: u.set_grants([VIEWER_EVERYWHERE, FINANCE_IN_ALFA], NOW)).then_nothing()
    when = state.when(lambda u: u.set_grants([VIEWER_EVERYWHERE], NOW))
    when.then(UserGrantsSet(**header(2), grants=(VIEWER_EVERYWHERE,)))
    when.then_state(lambda u: not u.allowed(Permission.BILL_NOW, ALFA))


def test_a_role_for_no_company_is_refused() -> None:
    given(project, registered()).when(
        lambda u: u.set_grants([Grant(role=Role.FINANCE, companies=())], NOW)
    ).then_refused(GrantEmptyError, role="finance")


def test_a_disabled_person_may_do_nothing() -> None:
    given(project, registered()).when(lambda u: u.disable(" saiu ", NOW)).then(DISABLED)
    state = given(project, registered(VIEWER_EVERYWHERE), DISABLED)
    assert not state.state.allowed(Permission.SEE_BILLING, ALFA)
    state.when(lambda u: u.disable("de novo", NOW)).then_nothing()
    state.when(lambda u: u.sign_in(SESSION, NOW)).then_refused(UserDisabledError)
    state.when(lambda u: u.set_password(NOW)).then_refused(UserDisabledError)


def test_an_enabled_person_has_the_grants_of_before() -> None:
    enabled = UserEnabled(**header(3))
    given(project, registered()).when(lambda u: u.enable(NOW)).then_nothing()
    when = given(project, registered(VIEWER_EVERYWHERE), DISABLED).when(lambda u: u.enable(NOW))
    when.then(enabled)
    when.then_state(lambda u: u.allowed(Permission.SEE_BILLING, ALFA))


def test_passwords_and_sessions_are_facts_without_content() -> None:
    state = given(project, registered(VIEWER_EVERYWHERE))
    state.when(lambda u: u.set_password(NOW)).then(UserPasswordSet(**header(2)))
    state.when(lambda u: u.sign_in(SESSION, NOW)).then(UserSignedIn(**first(SESSION, NOW), user_id=ID))
    state.when(lambda u: u.set_password(NOW)).then_state(
        lambda u: u == state.state.model_copy(update={"version": 2})
    )
