"""/api/v1/settlements: the receipts that a token may see, without a word of who is said to have paid."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from application.api_tokens import Scope
from domain.user.roles import Role
from tests.web.portfolio import Portfolio
from tests.web.receipts import Receipts, arrive
from tests.web.world import World, everywhere

PATH = "/api/v1/settlements"


@pytest.fixture
def receipts(world: World, portfolio: Portfolio) -> Receipts:
    return arrive(world, portfolio)


@pytest.fixture
def api(world: World, receipts: Receipts) -> TestClient:
    user = world.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    return world.integrator(world.token(user, Scope.READ))


def get(client: TestClient, path: str = PATH, **params: Any) -> Any:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_receipt_says_what_it_paid_and_what_nothing_was_owed_for(
    api: TestClient, portfolio: Portfolio, receipts: Receipts
) -> None:
    found = get(api, f"{PATH}/{receipts.over}")
    assert (found["state"], found["amount"], found["excess"]) == ("applied", "250.00", "100.00")
    assert (found["invoice_id"], found["instalment"]) == (str(portfolio.pending[0]), 1)
    assert (found["found_by"], found["stale"]) == ("invoice", False)


def test_who_is_said_to_have_paid_is_not_given(api: TestClient, receipts: Receipts) -> None:
    answer = api.get(f"{PATH}/{receipts.known}")
    assert answer.json()["why"] == "boleto_unknown"
    assert answer.json()["named"]["nosso_numero"] == "99999999"
    assert "Pagadora" not in answer.text + api.get(PATH).text


def test_the_list_is_filtered_and_goes_on(api: TestClient, receipts: Receipts) -> None:
    def references(**params: Any) -> list[str]:
        return [each["reference"] for each in get(api, **params)["settlements"]]

    assert len(references()) == 7
    assert sorted(references(state=["applied", "awaited"])) == ["E-1", "E-2", "E-7"]
    assert references(search="77,10") == ["E-4"]
    assert references(start="2026-03-03") == []
    first = get(api, limit=4)
    rest = get(api, limit=4, cursor=first["next"])
    assert rest["next"] is None
    assert len({each["reference"] for each in first["settlements"] + rest["settlements"]}) == 7


@pytest.mark.parametrize(
    "params", [{"state": "lost"}, {"start": "2026-03-02", "end": "2026-03-01"}, {"stat": "void"}]
)
def test_what_cannot_be_meant_is_refused(api: TestClient, params: dict[str, str]) -> None:
    answer = api.get(PATH, params=params)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"


def test_a_token_of_one_company_sees_its_own_alone(world: World, receipts: Receipts) -> None:
    company = world.organisation.company
    user = world.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    narrow = world.integrator(world.token(user, Scope.READ, companies=frozenset({company})))
    assert {each["company_id"] for each in get(narrow)["settlements"]} == {str(company)}
    for hidden in (receipts.nobodys, receipts.foreign, receipts.awaited):
        assert narrow.get(f"{PATH}/{hidden}").status_code == 404
    assert world.browser().get(PATH).status_code == 401
