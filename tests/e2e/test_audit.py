"""/auditoria in a browser: searching, opening, personal data on the record, correlations."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from domain.personal_reading.events import PersonalDataRead
from domain.user.roles import Role
from projections.progress import wait_for
from tests.e2e.conftest import Person
from tests.web.portfolio import Portfolio, fill
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e

RUI = "rui@exemplo.com.br"
WIDTHS = (1920, 1280, 390)


@pytest.fixture
def portfolio(world: World) -> Portfolio:
    world.person(RUI, everywhere(Role.AUDITOR), name="Rui Castro")
    return fill(world.organisation)


@pytest.fixture
def rui(world: World, portfolio: Portfolio, person: Person) -> Person:
    """Rui, in front of the audit."""
    person.sign_in(RUI)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ["audit"])
    person.page.get_by_role("link", name="Auditoria").click()
    expect(person.page.get_by_role("heading", name="Auditoria")).to_be_visible()
    return person


def require_fit(person: Person) -> None:
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 900})
        person.require_no_sideways_scroll()
        person.require_accessible()
    person.page.set_viewport_size({"width": 1280, "height": 900})


def test_facts_are_searched_and_the_address_keeps_the_question(rui: Person, portfolio: Portfolio) -> None:
    page = rui.page
    expect(page.locator("#grade tbody tr")).to_have_count(50)
    require_fit(rui)
    page.get_by_label("Registro (id)").fill(str(portfolio.billed))
    page.get_by_role("button", name="Pesquisar").click()
    expect(page).to_have_url(re.compile(f"registro={portfolio.billed}"))
    expect(page.locator("#grade")).to_contain_text("Boleto numerado")
    number = page.locator("#grade").get_by_text(re.compile(r"\d+/\d+-\d")).first.inner_text().split()[-1]
    page.get_by_role("link", name="Retirar o filtro Registro").click()
    page.get_by_role("textbox", name="Documento").fill(number)
    page.get_by_role("button", name="Pesquisar").click()
    expect(page.locator("#grade")).to_contain_text("Fatura criada")
    expect(page.locator("#grade tbody tr")).to_have_count(4)
    page.go_back()
    rui.expected |= {"422"}
    page.get_by_label("Valor (R$)").fill("abc")
    page.get_by_role("button", name="Pesquisar").click()
    expect(page.get_by_role("alert")).to_contain_text("Digite o valor como 1.234,56.")


def test_a_fact_opens_with_before_and_after_and_its_personal_data_only_on_the_record(
    rui: Person, world: World, portfolio: Portfolio
) -> None:
    page = rui.page
    page.goto(f"{rui.address}/auditoria?registro={portfolio.billed}")
    page.get_by_role("link", name="Boleto numerado", exact=True).click()
    expect(page.get_by_text("Selo confere")).to_be_visible()
    expect(page.locator("#dados-pessoais")).to_contain_text("oculto")
    require_fit(rui)
    before = readings(world)
    page.get_by_label("Motivo (opcional)").fill("Conferência do boleto")
    page.get_by_role("button", name="Mostrar dados pessoais").click()
    expect(page.locator("#dados-pessoais")).to_contain_text("Esta leitura foi registrada")
    expect(page.locator("#dados-pessoais")).not_to_contain_text("oculto")
    require_fit(rui)
    assert readings(world) == before + 1
    page.get_by_role("link", name="Ocultar").click()
    expect(page.locator("#dados-pessoais")).to_contain_text("oculto")
    assert readings(world) == before + 1


def test_a_correlation_is_followed_to_its_last_effect(rui: Person, portfolio: Portfolio) -> None:
    page = rui.page
    page.goto(f"{rui.address}/auditoria?registro={portfolio.billed}&ordem=antigos")
    page.get_by_role("link", name=re.compile("Seguir tudo .* Boleto numerado")).click()
    expect(page.get_by_role("heading", name="Do pedido ao último efeito")).to_be_visible()
    expect(page.locator(".audit-step")).not_to_have_count(0)
    require_fit(rui)


def readings(world: World) -> int:
    return len(world.lastro.read(0, 10_000, [PersonalDataRead.TOPIC]))
