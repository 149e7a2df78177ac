"""Receipts in a browser: what waits is found, placed and undone by keyboard and mouse, at any width."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from projections.progress import wait_for
from projections.shown import ON_PAGES
from tests.e2e.conftest import Person
from tests.web.portfolio import Portfolio, fill
from tests.web.receipts import Receipts, arrive
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e
ANA = "ana@exemplo.com.br"


@pytest.fixture
def portfolio(world: World) -> Portfolio:
    found = fill(world.organisation)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ON_PAGES)
    return found


@pytest.fixture
def receipts(world: World, portfolio: Portfolio) -> Receipts:
    world.person(ANA, everywhere(Role.FINANCE))
    return arrive(world, portfolio)


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_page_and_its_windows_are_accessible_at_any_width(
    person: Person, receipts: Receipts, width: int, height: int
) -> None:
    page = person.page
    page.set_viewport_size({"width": width, "height": height})
    person.sign_in(ANA)
    for address in ("", "?aba=todos", "?aba=todos&q=ninguém", "?aba=todos&de=xx"):
        page.goto(f"{person.address}/recebimentos{address}")
        page.get_by_role("heading", level=1).wait_for()
        person.require_accessible()
        person.require_no_sideways_scroll()
    page.goto(f"{person.address}/recebimentos?aba=todos&janela={receipts.over}")
    page.get_by_role("heading", name="Histórico").wait_for()
    person.require_accessible()
    page.goto(f"{person.address}/recebimentos")
    page.get_by_role("button", name="Identificar o recebimento E-3").click()
    page.get_by_role("heading", name="Identificar recebimento").wait_for()
    person.require_accessible()
    person.require_no_sideways_scroll()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Conferir").click()
    page.get_by_role("heading", name="Confirmar identificação").wait_for()
    person.require_accessible()
    person.require_no_sideways_scroll()


def test_a_receipt_is_placed_by_keyboard_and_the_list_follows(person: Person, receipts: Receipts) -> None:
    page = person.page
    person.sign_in(ANA)
    page.goto(f"{person.address}/recebimentos")
    rows = page.locator("tr[data-id]")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Recebimento", exact=True).wait_for()
    page.get_by_role("button", name="Identificar", exact=True).press("Enter")
    search = page.get_by_label("Procurar parcelas em aberto")
    expect(search).to_be_focused()
    search.fill("longo nome que ninguém tem")
    expect(page.get_by_text("Nenhuma parcela em aberto para")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    search.press("Enter")
    search.fill("cliente c")
    page.get_by_role("radio").first.focus()
    assert not [url for url in sent if url.endswith("/confirmar")]
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Confirmar identificação").wait_for()
    page.get_by_role("button", name="Identificar", exact=True).press("Enter")
    expect(page.get_by_text("Recebimento identificado: o pagamento está na fatura.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(2)
    expect(page.get_by_role("link", name="Não identificados (2)")).to_be_visible()


def test_the_history_of_an_invoice_leads_to_the_receipt(
    person: Person, portfolio: Portfolio, receipts: Receipts
) -> None:
    page = person.page
    person.sign_in(ANA)
    page.goto(f"{person.address}/faturamento/{portfolio.billed}/historico")
    page.get_by_role("link", name="Recebido pela integração urn:psp:acme, liquidação E-1").click()
    page.get_by_role("heading", name="Recebimento", exact=True).wait_for()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Identificado pela fatura citada no aviso").first).to_be_visible()
