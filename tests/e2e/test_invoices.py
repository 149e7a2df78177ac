"""/faturamento in a browser: filters, Back, selection, windows by keyboard, billing, the live listing."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal

import pytest
from playwright.sync_api import TimeoutError as PageTimeoutError
from playwright.sync_api import expect

from application.access import SYSTEM
from domain.user.roles import Role
from tests.e2e.conftest import Person
from tests.web.portfolio import Portfolio, fill
from tests.web.world import PASSWORD, World, everywhere

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"


@pytest.fixture
def portfolio(world: World) -> Portfolio:
    world.person(ANA, everywhere(Role.FINANCE))
    return fill(world.organisation)


@pytest.fixture
def ana(portfolio: Portfolio, person: Person) -> Person:
    """Ana, in front of the eight invoices of March."""
    person.sign_in(ANA)
    expect(person.page.locator("#grade tbody tr")).to_have_count(8, timeout=15_000)
    return person


def test_the_listing_is_accessible_and_fits_every_width(ana: Person) -> None:
    expect(ana.page.locator("#contagem")).to_have_text("8 faturas")
    for width in (1920, 1280, 390):
        ana.page.set_viewport_size({"width": width, "height": 900})
        ana.require_no_sideways_scroll()
        ana.require_accessible()


def test_filters_go_into_the_address_and_back_brings_them_again(ana: Person) -> None:
    page = ana.page
    page.locator("#l-situacao + details summary").click()
    page.get_by_role("group", name="Situação", exact=True).get_by_label("Erro").check()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"situacao=error"))
    expect(page.locator("#v-situacao")).to_have_text("Erro")
    ana.require_accessible()
    page.get_by_label("Pesquisar").fill("nada disso")
    expect(page.get_by_text("Nenhuma fatura neste filtro")).to_be_visible()
    ana.require_accessible()
    page.go_back()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    assert page.get_by_label("Pesquisar").input_value() == ""
    page.go_back()
    expect(page.locator("#grade tbody tr")).to_have_count(8)
    page.go_forward()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Retirar o filtro Situação: Erro").click()
    expect(page.locator("#grade tbody tr")).to_have_count(8)


def test_dates_are_typed_as_people_type_them(ana: Person) -> None:
    page = ana.page
    page.get_by_label("Início").fill("1/4")
    page.get_by_label("Fim").fill("30042026")
    expect(page.get_by_label("Fim")).to_have_value("30/04/2026")
    page.get_by_role("button", name="Aplicar").click()
    expect(page).to_have_url(re.compile(r"de=01/04/2026&ate=30/04/2026"))
    expect(page.locator("#grade tbody tr")).to_have_count(8)
    ana.expected.add("422")
    page.get_by_label("Início").fill("31/02")
    page.get_by_role("button", name="Aplicar").click()
    expect(page.get_by_role("alert")).to_contain_text("Digite a data como dd/mm/aaaa.")
    page.get_by_role("link", name="Limpar filtros").first.click()
    expect(page.get_by_label("Início")).to_have_value("01/03/2026")


def test_on_a_narrow_screen_the_filters_are_folded_and_counted(ana: Person) -> None:
    page = ana.page
    page.set_viewport_size({"width": 390, "height": 844})
    fold = page.get_by_role("button", name="Filtros")
    expect(page.get_by_label("Início")).to_be_hidden()
    expect(page.locator("#grade tbody tr").first).to_be_in_viewport()
    ana.require_accessible()
    fold.click()
    expect(page.get_by_label("Início")).to_be_visible()
    page.locator("#l-situacao + details summary").click()
    page.get_by_role("group", name="Situação", exact=True).get_by_label("Erro").check()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    expect(fold).to_contain_text("1 ativo")
    ana.require_no_sideways_scroll()
    ana.require_accessible()
    fold.click()
    expect(page.get_by_label("Início")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_label("Pesquisar")).to_be_focused()


def test_the_search_field_says_what_its_kind_takes(ana: Person) -> None:
    page = ana.page
    field = page.get_by_label("Pesquisar")
    expect(field).to_have_attribute("placeholder", "Cliente, CPF, CNPJ ou nosso número")
    page.get_by_label("Tipo de pesquisa").select_option("documento")
    expect(field).to_have_attribute("placeholder", "CPF ou CNPJ, com ou sem pontuação")
    page.goto(f"{ana.address}/faturamento?pesquisa=observacao&q=telefone")
    expect(field).to_have_attribute("placeholder", "Parte da observação do contrato")


def test_a_customer_is_chosen_by_typing(ana: Person) -> None:
    page = ana.page
    page.locator("#l-cliente + details summary").click()
    page.get_by_role("searchbox", name="Buscar clientes").fill("aguas")
    choices = page.get_by_role("group", name="Clientes")
    choices.get_by_label("Associação dos Proprietários").check()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"cliente="))
    ana.require_accessible()


def test_departments_are_looked_for_when_they_are_asked_for(ana: Person) -> None:
    page = ana.page
    page.locator("#l-departamento + details summary").click()
    page.get_by_role("group", name="Departamento").get_by_label("Comercial").check()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    expect(page.locator("#v-departamento")).to_have_text("Comercial")


def test_the_keyboard_walks_marks_and_opens(ana: Person) -> None:
    page = ana.page
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#marcadas")).to_contain_text("1 linha marcada")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("#marcadas")).to_contain_text("2 linhas marcadas")
    first = page.locator("#grade tbody tr").first
    page.keyboard.press("h")
    window = page.get_by_role("dialog", name="Histórico")
    expect(window).to_be_visible()
    ana.require_accessible()
    page.keyboard.press("x")
    expect(page.locator("#marcadas")).to_contain_text("2 linhas marcadas")
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Fatura")).to_be_visible()
    ana.require_accessible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Pesquisar")).to_be_focused()
    page.keyboard.type("jx?")
    expect(page.get_by_label("Pesquisar")).to_have_value("jx?")


def test_the_header_marks_the_page_and_the_marks_outlive_a_new_filter_page(ana: Person) -> None:
    page = ana.page
    page.get_by_label("Marcar todas as linhas desta página").check()
    expect(page.locator("#marcadas")).to_contain_text("8 linhas marcadas · R$ 1.235.617,89")
    page.locator("#grade tbody tr input").first.uncheck()
    expect(page.locator("#marcadas")).to_contain_text("7 linhas marcadas")
    assert page.get_by_label("Marcar todas as linhas desta página").evaluate("box => box.indeterminate")
    ana.require_accessible()
    page.get_by_role("button", name="Desmarcar").click()
    expect(page.locator("#acoes-em-lote")).to_be_hidden()


def test_a_committed_fact_reaches_the_open_page_and_disturbs_nothing(
    ana: Person, world: World, portfolio: Portfolio
) -> None:
    page = ana.page
    expect(page.locator("#ao-vivo")).to_contain_text("ao vivo")
    row = page.locator(f"#f-{portfolio.value_pending}")
    row.get_by_role("checkbox").check()
    page.get_by_label("Pesquisar").focus()
    page.evaluate("window.scrollTo(0, 40)")
    invoices = world.organisation.commands.invoices
    invoices.set_definitive_value(SYSTEM, portfolio.value_pending, Decimal("321.09"))
    expect(row).to_contain_text("R$ 321,09", timeout=10_000)
    expect(row).to_contain_text("Pendente")
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(page.locator("#marcadas")).to_contain_text("1 linha marcada · R$ 321,09")
    expect(page.get_by_label("Pesquisar")).to_be_focused()
    expect(page.locator("#contagem")).to_have_text("8 faturas")


def test_a_new_invoice_appears_by_itself(ana: Person, world: World) -> None:
    expect(ana.page.locator("#ao-vivo")).to_contain_text("ao vivo")
    world.organisation.sign("A-100", 2)
    expect(ana.page.locator("#grade tbody tr")).to_have_count(9, timeout=10_000)
    expect(ana.page.locator("#contagem")).to_have_text("9 faturas")


def test_faturar_agora_confirms_bills_and_tells_each_outcome(ana: Person, portfolio: Portfolio) -> None:
    page = ana.page
    for invoice_id in (*portfolio.pending, portfolio.failed, portfolio.billed):
        page.locator(f"#f-{invoice_id}").get_by_role("checkbox").check()
    page.locator("#acoes-em-lote").get_by_role("button", name="Faturar agora").click()
    window = page.get_by_role("dialog", name="Faturar agora")
    expect(window).to_contain_text("1: já faturadas")
    ana.require_accessible()
    window.get_by_role("button", name="Faturar 3 faturas").click()
    expect(page.get_by_role("dialog", name="Faturar agora: resultado")).to_contain_text("Com erro1")
    ana.require_accessible()
    expect(page.locator(f"#f-{portfolio.pending[0]}")).to_contain_text("Faturado")
    page.get_by_role("button", name="Ver o erro").click()
    error = page.get_by_role("dialog", name="Erro no faturamento")
    ana.require_accessible()
    ana.expected.add("409")
    error.get_by_label("Item da LC 116").fill("99")
    error.get_by_role("button", name="Salvar e faturar agora").click()
    expect(error.get_by_role("alert")).to_contain_text("a forma 01.07")
    error.get_by_label("Item da LC 116").fill("01.07")
    error.get_by_role("button", name="Salvar e faturar agora").click()
    expect(page.get_by_role("dialog")).to_contain_text("Itens reprocessados com sucesso.")
    page.get_by_role("button", name="Fechar", exact=True).last.click()
    expect(page.locator(f"#f-{portfolio.failed}")).to_contain_text("Faturado")
    expect(page.locator("#acoes-em-lote")).to_be_hidden()
    expect(page.locator("#grade tbody input:checked")).to_have_count(0)


def test_one_row_is_billed_from_its_own_button(ana: Person, portfolio: Portfolio) -> None:
    page = ana.page
    row = page.locator(f"#f-{portfolio.pending[1]}")
    row.get_by_role("checkbox").check()
    page.locator(f"#f-{portfolio.cancelled}").get_by_role("checkbox").check()
    row.get_by_role("button", name="Faturar agora").click()
    page.get_by_role("button", name="Faturar 1 fatura").click()
    expect(page.get_by_role("dialog")).to_contain_text("Itens reprocessados com sucesso.")
    page.keyboard.press("Escape")
    expect(row).to_contain_text("Faturado")
    expect(page.locator("#marcadas")).to_contain_text("1 linha marcada")


def test_a_window_is_ready_as_soon_as_it_is_filled(ana: Person, portfolio: Portfolio) -> None:
    """Nothing that a person does can come between what is shown and what it means for the page behind."""
    page = ana.page
    page.evaluate(
        """new MutationObserver((seen, observer) => {
             const modal = document.getElementById("modal");
             if (!modal.querySelector("[data-outcome]")) return;
             observer.disconnect();
             setTimeout(() => {
               window.focused = document.activeElement.textContent.trim();
               modal.close();
             });
           }).observe(document.getElementById("modal"), { childList: true, subtree: true })"""
    )
    row = page.locator(f"#f-{portfolio.pending[1]}")
    row.get_by_role("checkbox").check()
    page.locator(f"#f-{portfolio.cancelled}").get_by_role("checkbox").check()
    row.get_by_role("button", name="Faturar agora").click()
    page.get_by_role("button", name="Faturar 1 fatura").click()
    expect(row).to_contain_text("Faturado")
    expect(page.locator("#marcadas")).to_contain_text("1 linha marcada")
    assert page.evaluate("window.focused") == "Fechar"
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_boleto_can_be_copied(ana: Person, portfolio: Portfolio) -> None:
    ana.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = ana.page
    page.locator(f"#f-{portfolio.billed}").get_by_role("button", name="Boleto de").click()
    page.get_by_role("button", name="Copiar linha digitável").click()
    expect(page.get_by_role("button", name="Copiada")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "34191090080000016005171234570001113810000015000"
    ana.require_accessible()


def test_a_session_that_ended_leads_to_the_form_at_the_next_click(ana: Person, world: World) -> None:
    ana.expected |= {"401"}
    user_id = world.users.find(ANA)
    assert user_id is not None
    world.services.sessions.close_all(user_id)
    ana.page.get_by_role("button", name="Aplicar").click()
    ana.page.wait_for_url("**/entrar?voltar=**")


def test_after_signing_in_again_one_is_back_on_the_page_that_was_open(
    ana: Person, world: World, portfolio: Portfolio
) -> None:
    page = ana.page
    page.get_by_label("Pesquisar").fill("Cliente")
    expect(page).to_have_url(re.compile("q=Cliente"))
    viewed = page.url
    ana.expected |= {"401"}
    user_id = world.users.find(ANA)
    assert user_id is not None
    world.services.sessions.close_all(user_id)
    with suppress(PageTimeoutError):  # a page that follows what happens may have gone there by itself
        page.locator("#grade tbody tr").first.get_by_role("button", name="Histórico").click(timeout=3000)
    page.wait_for_url("**/entrar?voltar=**")
    page.get_by_label("E-mail").fill(ANA)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url(viewed)
    expect(page.get_by_role("heading", name="Faturamento")).to_be_visible()


def test_the_address_of_a_window_opens_it_over_the_listing(ana: Person, portfolio: Portfolio) -> None:
    page = ana.page
    page.goto(f"{ana.address}/faturamento/{portfolio.failed}/historico")
    expect(page.get_by_role("dialog", name="Histórico")).to_contain_text("Fatura criada")
    ana.require_accessible()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("janela="))
    expect(page.locator("#grade tbody tr")).to_have_count(8)


def test_contracts_are_listed_searched_opened_and_accessible(ana: Person) -> None:
    page = ana.page
    page.get_by_role("link", name="Contratos").click()
    expect(page.locator("#grade tbody tr")).to_have_count(8)
    for width in (1920, 1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        ana.require_no_sideways_scroll()
        ana.require_accessible()
    page.get_by_label("Pesquisar").fill("A-001")
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=A-001"))
    page.get_by_role("link", name="A-001").click()
    expect(page.get_by_role("heading", name="Contrato A-001")).to_be_visible()
    for width in (1920, 1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        ana.require_no_sideways_scroll()
        ana.require_accessible()
    page.get_by_role("button", name="Histórico da fatura do período 1").click()
    expect(page.get_by_role("dialog", name="Histórico")).to_contain_text("Boleto numerado")
    page.keyboard.press("Escape")
    page.go_back()
    expect(page.locator("#grade tbody tr")).to_have_count(1)
    assert page.get_by_label("Pesquisar").input_value() == "A-001"
