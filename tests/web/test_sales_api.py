"""/api/v1/sales: what is open, item by item, within the token's companies."""

from __future__ import annotations

from uuid import UUID

import pytest

from application.api_tokens import Scope
from domain.user.roles import Role
from tests.web.portfolio import Portfolio
from tests.web.sold import Sold, happen
from tests.web.world import World, everywhere

PATH = "/api/v1/sales"


@pytest.fixture
def sold(world: World, portfolio: Portfolio) -> Sold:
    return happen(world, portfolio)


def test_open_sales_are_read_page_by_page(world: World, sold: Sold) -> None:
    ana = world.person("ana@exemplo.com.br", everywhere(Role.FINANCE))
    client = world.integrator(world.token(ana, Scope.READ))
    found, cursor = [], ""
    while True:
        page = client.get(PATH, params={"limit": 2, "cursor": cursor}).json()
        found += page["sales"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert sorted(each["code"] for each in found) == [f"loja/{n}" for n in (1001, 1002, 1003, 1004, 2001)]
    partly = next(each for each in found if each["code"] == "loja/1004")
    assert (partly["state"], partly["amount"], partly["open_amount"]) == ("partly_billed", "390.00", "90.00")
    assert [item["invoice_id"] for item in partly["items"]] == [str(sold.invoice), None]


def test_filters_narrow_and_say_when_they_cannot_be(world: World, sold: Sold) -> None:
    ana = world.person("ana@exemplo.com.br", everywhere(Role.FINANCE))
    client = world.integrator(world.token(ana, Scope.READ))

    def codes(**params: object) -> set[str]:
        return {each["code"] for each in client.get(PATH, params=params).json()["sales"]}  # type: ignore[arg-type]

    assert codes(state="cancelled") == {"loja/1006"}
    assert codes(mode="contractual") == {"loja/1002"}
    assert codes(start="2026-02-01", end="2026-02-28") == {"loja/1003"}
    assert codes(search="1004") == {"loja/1004"}
    assert codes(customer=str(world.organisation.customers[1])) == {"loja/1004"}
    assert client.get(PATH, params={"state": "gone"}).status_code == 422
    assert client.get(PATH, params={"start": "2026-03-02", "end": "2026-03-01"}).status_code == 422
    assert client.get(PATH, params={"cursor": "x"}).status_code in (400, 422)


def test_a_token_of_one_company_sees_no_sale_of_another(world: World, sold: Sold) -> None:
    ana = world.person("ana@exemplo.com.br", everywhere(Role.FINANCE))
    token = world.token(ana, Scope.READ, companies=frozenset({world.organisation.company}))
    client = world.integrator(token)
    assert "loja/2001" not in client.get(PATH).text
    assert client.get(f"{PATH}/{sold.foreign}").status_code == 404
    assert client.get(f"{PATH}/{UUID(int=1)}").status_code == 404
    assert client.get(f"{PATH}/{sold.open}").json()["code"] == "loja/1001"
