"""What is parked, at the screen: the alarm, the mark on the row, the page of operators, the replay."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from projections.progress import wait_for
from projections.registry import projections
from tests.e2e.conftest import Person
from tests.web.parked import park, poison
from tests.web.portfolio import Portfolio, fill
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"


@pytest.fixture
def portfolio(world: World) -> Portfolio:
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    filled = fill(world.organisation)
    names = [model.name for model in projections(world.lastro.keyring)]
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, names)
    return filled


def test_an_operator_finds_what_is_parked_and_replays_it(
    person: Person, world: World, portfolio: Portfolio
) -> None:
    database = world.lastro.database
    poison(database, portfolio.pending[0])
    park(database, "invoice_grid", portfolio.pending[1])
    park(database, "customers", world.organisation.customers[0])
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/faturamento?de=2026-01-01&ate=2027-12-31")
    expect(page.get_by_role("alert")).to_contain_text("registros parados")
    mark = page.locator(f"#f-{portfolio.pending[1]}").get_by_text("Desatualizada")
    expect(mark).to_be_visible()
    person.require_accessible()
    person.require_no_sideways_scroll()
    mark.click()
    expect(page.get_by_role("heading", name="Operação")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Reaplicar este registro").click()
    expect(page.get_by_text("1 registro reaplicado, 1 evento aplicado.")).to_be_visible()
    page.get_by_role("link", name="Ver em Operação").click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        person.require_accessible()
        person.require_no_sideways_scroll()
    page.get_by_role("button", name="Reaplicar todos").click()
    expect(page.get_by_text("falhou de novo").first).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
    person.require_accessible()


def test_the_alarm_goes_away_with_the_last_parked_stream(
    person: Person, world: World, portfolio: Portfolio
) -> None:
    park(world.lastro.database, "invoice_grid", portfolio.pending[1])
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/operacao")
    expect(page.locator(".alarm")).to_be_visible()
    page.get_by_role("button", name="Reaplicar todos").click()
    expect(page.get_by_text("Nada parado")).to_be_visible()
    expect(page.locator(".alarm")).to_have_count(0)
