"""The listing of the past in a browser: asked for in the filter, said in a banner, read-only, and left."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Route, expect

from application.access import SYSTEM
from application.clock import SAO_PAULO
from domain.user.roles import Role
from tests.e2e.conftest import Person
from tests.web.portfolio import fill
from tests.web.test_past import note_what_is_known
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"
THEN = "02/03/2026 10:00"


def words(instant: datetime) -> str:
    return f"{instant.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}"


@pytest.fixture
def invoice(world: World, person: Person) -> UUID:
    """An invoice that was billed a day after THEN; Ana sees it billed."""
    world.person(ANA, everywhere(Role.FINANCE))
    portfolio = fill(world.organisation)
    world.clock.forward(hours=1)
    assert words(world.clock()) == THEN
    note_what_is_known(world)
    world.clock.forward(days=1)
    world.services.invoices.bill_now(SYSTEM, [portfolio.pending[0]])
    note_what_is_known(world)
    world.clock.forward(hours=1)
    person.sign_in(ANA)
    expect(row_of(person, portfolio.pending[0])).to_contain_text("Faturado", timeout=15_000)
    return portfolio.pending[0]


def row_of(person: Person, invoice: UUID) -> Locator:
    return person.page.locator(f"#f-{invoice}")


def go_back_to(person: Person, then: str) -> None:
    person.page.locator("#l-posicao + details summary").click()
    person.require_accessible()
    person.page.get_by_label("Como estava em").fill(then)
    person.page.get_by_label("Como estava em").press("Enter")


def test_an_auditor_sees_an_invoice_as_it_was_before_it_was_billed(person: Person, invoice: UUID) -> None:
    page, row = person.page, row_of(person, invoice)
    go_back_to(person, THEN)
    expect(page.get_by_text(f"Posição de {THEN}, conhecida em {THEN}")).to_be_visible()
    expect(row).to_contain_text("Pendente")
    expect(page).to_have_url(re.compile(r"posicao=2026-03-02T10:00"))
    expect(page.locator("#ao-vivo")).to_contain_text("em pausa")
    expect(page.locator("#contagem")).to_have_text("8 faturas")
    page.keyboard.press("Escape")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        person.require_no_sideways_scroll()
        person.require_accessible()


def test_the_past_is_read_only_and_its_history_is_cut(person: Person, invoice: UUID) -> None:
    page, row = person.page, row_of(person, invoice)
    go_back_to(person, THEN)
    expect(row).to_contain_text("Pendente")
    assert page.locator("#grade input[type=checkbox]").count() == 0
    assert page.get_by_role("button", name="Faturar agora").count() == 0
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Histórico da fatura").click()
    window = page.get_by_role("dialog")
    expect(window).to_contain_text("Fatura criada")
    expect(window).to_contain_text(f"posição de {THEN}")
    expect(window).not_to_contain_text("Faturamento iniciado")
    person.require_accessible()


def test_from_the_banner_one_sees_what_is_known_today_and_comes_back(person: Person, invoice: UUID) -> None:
    page, row = person.page, row_of(person, invoice)
    go_back_to(person, THEN)
    page.get_by_role("link", name="Ver com o que se sabe hoje").click()
    expect(page.get_by_text("conhecida hoje")).to_be_visible()
    expect(page.locator("#v-posicao")).to_have_text(THEN)
    page.get_by_role("link", name="Voltar para hoje").click()
    expect(row).to_contain_text("Faturado")
    expect(page.get_by_text("Posição de")).to_have_count(0)
    expect(page.locator("#ao-vivo")).to_contain_text("ao vivo")


def test_a_live_refresh_that_answers_late_does_not_bring_today_back(
    world: World, person: Person, invoice: UUID
) -> None:
    page, held = person.page, list[Route]()

    def hold_today(route: Route) -> None:
        if "posicao=" in route.request.url or held:
            route.continue_()
        else:
            held.append(route)

    page.route(re.compile(r"/faturamento(\?|$)"), hold_today)
    with page.expect_request(re.compile(r"/faturamento(\?|$)")):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('lastro:moved', {bubbles: true}))")
    go_back_to(person, THEN)
    expect(row_of(person, invoice)).to_contain_text("Pendente")
    with page.expect_response(lambda response: response.url == held[0].request.url):
        held[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.get_by_text(f"Posição de {THEN}, conhecida em {THEN}")).to_be_visible()
    expect(row_of(person, invoice)).to_contain_text("Pendente")


def test_an_instant_that_has_not_come_is_explained(world: World, person: Person) -> None:
    world.person(ANA, everywhere(Role.FINANCE))
    fill(world.organisation)
    person.sign_in(ANA)
    person.expected.add("422")
    person.page.locator("#l-posicao + details summary").click()
    person.page.get_by_label("Como estava em").fill("31/12/2030 10:00")
    person.page.get_by_label("Como estava em").press("Enter")
    expect(person.page.get_by_role("alert")).to_contain_text("ainda não chegou")
