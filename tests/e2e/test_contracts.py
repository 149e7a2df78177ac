"""The pages of contracts in a browser: accessible, and no wider than the window."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from projections.progress import wait_for
from projections.shown import ON_PAGES
from tests.e2e.conftest import Person
from tests.web.contracts import Signed, sign
from tests.web.world import World, everywhere

pytestmark = pytest.mark.e2e
ANA = "ana@exemplo.com.br"


@pytest.fixture
def signed(world: World) -> Signed:
    world.person(ANA, everywhere(Role.FINANCE))
    found = sign(world.organisation)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ON_PAGES)
    return found


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_contracts_are_accessible_at_any_width(
    person: Person, signed: Signed, width: int, height: int
) -> None:
    person.page.set_viewport_size({"width": width, "height": height})
    person.sign_in(ANA)
    pages: list[UUID | None] = [None, signed.single_nota, signed.pro_rata, signed.discounted]
    pages += [signed.endless, signed.without_items]
    for contract_id in pages:
        person.page.goto(f"{person.address}/contratos" + (f"/{contract_id}" if contract_id else ""))
        person.page.get_by_role("heading", level=1).wait_for()
        person.require_accessible()
        person.require_no_sideways_scroll()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_window_of_an_invoice_with_several_instalments_is_accessible(
    person: Person, signed: Signed, width: int
) -> None:
    person.page.set_viewport_size({"width": width, "height": 900})
    person.sign_in(ANA)
    person.page.goto(f"{person.address}/contratos/{signed.single_nota}")
    person.page.get_by_role("button", name="Visualizar a fatura do período 2").click()
    person.page.get_by_role("heading", name="Parcelas").wait_for()
    person.require_accessible()
    person.require_no_sideways_scroll()
    person.page.keyboard.press("Escape")
    expect(person.page.get_by_role("heading", name="Parcelas")).to_be_hidden()
