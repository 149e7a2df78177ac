"""The builds of the read models at the screen: rebuilt, compared, put to use, taken back; by keyboard too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from projections.progress import wait_for
from projections.rebuild.caretaker import Caretaker
from projections.registry import projections
from tests.e2e.conftest import Person
from tests.web.portfolio import fill
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"
SECONDS = 30_000


@pytest.fixture
def caretaker(world: World) -> Iterator[None]:
    """What a worker does besides feeding."""
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    fill(world.organisation)
    models = projections(world.lastro.keyring)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, [m.name for m in models])
    caring = Caretaker(world.lastro.database, models)
    caring.start()
    yield
    caring.stop()


def test_an_operator_rebuilds_compares_switches_and_goes_back(
    person: Person, world: World, caretaker: None
) -> None:
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/operacao")
    page.get_by_role("link", name="Leituras").click()
    row = page.locator("#l-invoice_grid-2")
    page.get_by_role("button", name="Reconstruir: Faturamento").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Uma versão nova será construída ao lado")
    person.require_accessible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("A versão 2 será construída agora")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Pronta", timeout=SECONDS)
    row.get_by_role("button", name="Igual").click()
    expect(page.get_by_role("dialog")).to_contain_text("as mesmas linhas e os mesmos valores")
    person.require_accessible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Colocar em uso: Faturamento").click()
    page.get_by_role("dialog").get_by_role("button", name="Colocar em uso").click()
    expect(page.get_by_role("dialog")).to_contain_text("As páginas mostram a versão 2")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Em uso")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        person.require_accessible()
        person.require_no_sideways_scroll()
    page.get_by_role("button", name="Voltar: Faturamento").click()
    page.get_by_role("dialog").get_by_role("button", name="Voltar").click()
    expect(page.get_by_role("dialog")).to_contain_text("As páginas mostram a versão 1")


def test_differences_are_shown_by_column_and_company(person: Person, world: World, caretaker: None) -> None:
    with world.lastro.database.autocommit() as connection:
        connection.execute("UPDATE invoice_grid__v1 SET amount = amount + 1 WHERE situacao = 'pending'")
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/operacao/projecoes")
    page.get_by_role("button", name="Conferir: Faturamento").click()
    page.get_by_role("dialog").get_by_role("button", name="Conferir").click()
    expect(page.get_by_role("dialog")).to_contain_text("A comparação começa agora")
    page.keyboard.press("Enter")
    page.locator("#l-invoice_grid-1").get_by_role("button", name="Difere").click(timeout=SECONDS)
    expect(page.get_by_role("dialog")).to_contain_text("não são iguais")
    person.require_accessible()
