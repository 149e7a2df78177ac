"""Sales in a browser: items are marked, split and billed by keyboard and mouse, at any width."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from projections.progress import wait_for
from projections.shown import ON_PAGES
from tests.e2e.conftest import Person
from tests.web.portfolio import Portfolio, fill
from tests.web.sold import Sold, happen
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e
ANA = "ana@exemplo.com.br"


@pytest.fixture
def portfolio(world: World) -> Portfolio:
    found = fill(world.organisation)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ON_PAGES)
    return found


@pytest.fixture
def sold(world: World, portfolio: Portfolio) -> Sold:
    world.person(ANA, everywhere(Role.FINANCE))
    return happen(world, portfolio)


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_page_and_its_windows_are_accessible_at_any_width(
    person: Person, sold: Sold, width: int, height: int
) -> None:
    page = person.page
    page.set_viewport_size({"width": width, "height": height})
    person.sign_in(ANA)
    for address in ("", "?aba=todas", "?q=ninguém", "?de=xx"):
        page.goto(f"{person.address}/vendas{address}")
        page.get_by_role("heading", level=1).wait_for()
        person.require_accessible()
        person.require_no_sideways_scroll()
    page.goto(f"{person.address}/vendas?aba=todas&janela={sold.partly}")
    page.get_by_role("heading", name="Histórico").wait_for()
    person.require_accessible()
    person.require_no_sideways_scroll()
    page.goto(f"{person.address}/vendas")
    page.get_by_role("button", name="Faturar tudo o que está em aberto de Cliente C1").click()
    page.get_by_role("heading", name="Faturar avulso").wait_for()
    person.require_accessible()
    person.require_no_sideways_scroll()


def test_items_of_two_sales_are_marked_split_and_billed_by_keyboard(person: Person, sold: Sold) -> None:
    page = person.page
    person.sign_in(ANA)
    page.goto(f"{person.address}/vendas")
    for name in ("Visita técnica, venda loja/1001", "Troca de fonte, venda loja/1002"):
        mark = page.get_by_role("checkbox", name=name)
        mark.focus()
        page.keyboard.press("Space")
        expect(mark).to_be_checked()
    # Another company has a customer of the same name.
    theirs = page.get_by_role("form").filter(has=page.get_by_role("checkbox", name="venda loja/1001"))
    button = theirs.get_by_role("button", name="Faturar os itens marcados de Cliente C0")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Faturar avulso")
    expect(dialog.get_by_role("cell", name="R$ 390,00").first).to_be_visible()
    count = dialog.get_by_label("Parcelas", exact=True)
    expect(count).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("7")
    expect(dialog.get_by_label("Vencimento da parcela 7")).to_have_value("20/09/2026")
    dialog.get_by_label("Vencimento da parcela 7").fill("01/10/2026")
    expect(dialog.get_by_role("row").filter(has_text="R$ 55,74")).to_have_count(1)
    person.require_accessible()
    dialog.get_by_role("button", name="Criar fatura").click()
    made = page.get_by_role("dialog", name="Fatura criada")
    expect(made).to_contain_text("Fatura criada e faturada.")
    expect(made).to_contain_text("em 7 parcelas")
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Visita técnica, venda loja/1001")).to_have_count(0)
    expect(page.locator("#contagem")).to_contain_text("R$ 1.260,00")


def test_without_marks_the_window_says_what_to_do(person: Person, sold: Sold) -> None:
    page = person.page
    person.sign_in(ANA)
    page.goto(f"{person.address}/vendas")
    page.get_by_role("button", name="Faturar os itens marcados de Cliente C1").click()
    expect(page.get_by_role("dialog")).to_contain_text("Marque ao menos um item em aberto deste cliente.")


def test_a_sale_is_cancelled_in_its_window_and_leaves_the_list(person: Person, sold: Sold) -> None:
    page = person.page
    person.sign_in(ANA)
    page.goto(f"{person.address}/vendas")
    page.get_by_role("button", name="Visualizar a venda loja/1002").click()
    window = page.get_by_role("dialog", name="Venda loja/1002")
    window.get_by_text("Cancelar a venda").click()
    window.get_by_label("Motivo").fill("cliente desistiu")
    window.get_by_role("button", name="Cancelar venda").click()
    expect(window).to_contain_text("Venda cancelada.")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Venda loja/1002")).to_have_count(0)
