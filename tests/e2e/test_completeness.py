"""The page of completeness in a browser: asked for, followed and read without a mouse or wide screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from application.access import SYSTEM
from domain.user.roles import Role
from tests.e2e.conftest import Person
from tests.web.test_completeness_page import run_asked
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e

BIA = "bia@exemplo.com.br"


def test_a_check_is_asked_for_followed_and_read(world: World, person: Person) -> None:
    world.person(BIA, everywhere(Role.AUDITOR))
    organisation = world.organisation
    billed = organisation.sign("A-001")
    organisation.commands.invoices.bill_now(SYSTEM, billed[:1])
    organisation.sign("A-002", customer=1)
    organisation.sign("A-003", customer=2, variable=True)
    world.clock.forward(days=20)
    person.sign_in(BIA)
    person.page.goto(f"{person.address}/auditoria")
    person.page.get_by_role("link", name="Completude do faturamento").click()
    expect(person.page.get_by_role("heading", name="Nenhuma verificação ainda")).to_be_visible()
    person.require_accessible()
    person.page.get_by_label("Vencimentos até").fill("31/03/2026")
    person.page.get_by_role("button", name="Verificar agora").click()
    expect(person.page.get_by_text("Começa em instantes")).to_be_visible()
    person.require_accessible()
    run_asked(world)
    expect(person.page.get_by_role("heading", name="Última verificação Há lacunas")).to_be_visible()
    gaps = person.page.get_by_role("region", name="Lacunas: nada responde por estes períodos")
    expect(gaps.get_by_text("Vencido e não faturado")).to_be_visible()
    for width in (1920, 1280, 390):
        person.page.set_viewport_size({"width": width, "height": 900})
        person.require_no_sideways_scroll()
        person.require_accessible()
    gaps.get_by_role("link", name="A-002", exact=True).click()
    expect(person.page.get_by_role("heading", name="Contrato A-002")).to_be_visible()
