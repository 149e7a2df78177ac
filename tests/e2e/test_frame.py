"""The frame of every page: signing in, the gallery of components, windows, keyboard, widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from tests.e2e.conftest import Person
from tests.web.world import PASSWORD, World, everywhere

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"


@pytest.fixture(autouse=True)
def ana(world: World) -> None:
    world.person(ANA, everywhere(Role.ADMINISTRATOR))


def test_the_form_is_accessible_also_after_a_wrong_password(person: Person) -> None:
    person.page.goto(f"{person.address}/entrar")
    person.require_accessible()
    person.expected.add("401")
    person.page.get_by_label("E-mail").fill(ANA)
    person.page.get_by_label("Senha").fill("esta não é a senha")
    person.page.get_by_role("button", name="Entrar").click()
    expect(person.page.get_by_role("alert")).to_have_text("E-mail ou senha não conferem.")
    assert person.page.get_by_label("E-mail").input_value() == ANA
    person.require_accessible()


def test_every_component_is_accessible_at_every_width(person: Person) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes")
    for width in (1920, 1280, 390):
        person.page.set_viewport_size({"width": width, "height": 900})
        person.require_no_sideways_scroll()
        person.require_accessible()


def test_the_help_opens_by_keyboard_and_gives_the_focus_back(person: Person) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes")
    person.page.keyboard.press("?")
    dialog = person.page.get_by_role("dialog", name="Atalhos do teclado")
    expect(dialog).to_be_visible()
    person.require_accessible()
    person.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_shortcuts_can_be_switched_off(person: Person) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes")
    person.page.keyboard.press("?")
    person.page.get_by_label("Usar atalhos de uma tecla só").uncheck()
    person.page.keyboard.press("Escape")
    person.page.reload()
    person.page.keyboard.press("?")
    expect(person.page.get_by_role("dialog", name="Atalhos do teclado")).to_be_hidden()


def test_the_page_says_that_it_follows_the_log(person: Person) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes")
    expect(person.page.locator("#ao-vivo")).to_contain_text("ao vivo")


def test_signing_out_leads_back_to_the_form(person: Person) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes")
    person.page.locator("details.account summary").click()
    person.require_accessible()
    person.page.get_by_role("button", name="Sair").click()
    person.page.wait_for_url("**/entrar")
    person.page.goto(f"{person.address}/dev/componentes")
    assert "/entrar?voltar=" in person.page.url


def test_another_tab_says_that_the_session_ended(person: Person) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes?a=1")
    other = person.context.new_page()
    other.goto(f"{person.address}/dev/componentes")
    expect(person.page.locator("#ao-vivo")).to_contain_text("ao vivo")
    person.expected.add("401")
    other.locator("details.account summary").click()
    other.get_by_role("button", name="Sair").click()
    other.wait_for_url("**/entrar")
    link = person.page.locator("#ao-vivo").get_by_role("link", name="Sessão encerrada. Entrar de novo")
    expect(link).to_be_visible()
    person.require_accessible()
    person.page.set_viewport_size({"width": 390, "height": 800})
    expect(link).to_be_visible()
    person.require_no_sideways_scroll()
    link.click()
    person.page.get_by_label("E-mail").fill(ANA)
    person.page.get_by_label("Senha").fill(PASSWORD)
    person.page.get_by_role("button", name="Entrar").click()
    person.page.wait_for_url("**/dev/componentes?a=1")


def test_a_session_that_ends_elsewhere_is_told_too(
    person: Person, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.live._WAIT_SECONDS", 0.05)
    monkeypatch.setattr("web.pages.live._CHECK_SECONDS", 0.1)
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/dev/componentes")
    expect(person.page.locator("#ao-vivo")).to_contain_text("ao vivo")
    user_id = world.users.find(ANA)
    assert user_id is not None
    world.services.sessions.close_all(user_id)
    expect(person.page.locator("#ao-vivo")).to_contain_text("Sessão encerrada")


def test_a_refresh_that_nobody_asked_for_takes_nobody_away(person: Person, world: World) -> None:
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/faturamento")
    here = person.page.url
    expect(person.page.locator("#ao-vivo")).to_contain_text("ao vivo")
    user_id = world.users.find(ANA)
    assert user_id is not None
    world.services.sessions.close_all(user_id)
    person.expected.add("401")
    person.page.evaluate("htmx.trigger(document.body, 'lastro:moved')")
    expect(person.page.locator("#ao-vivo")).to_contain_text("Sessão encerrada")
    assert person.page.url == here


def test_the_menu_stays_in_sight(person: Person) -> None:
    person.sign_in(ANA)
    person.page.set_viewport_size({"width": 1280, "height": 400})
    person.page.goto(f"{person.address}/dev/componentes")
    person.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert person.page.evaluate("window.scrollY") > 300
    assert person.page.locator(".topbar").bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 48}
