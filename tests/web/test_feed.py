"""The event feed: complete, in one order, from any position, without a name, within the token's companies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM
from application.api_tokens import Scope
from application.app import Context
from application.companies import Companies, CompanyForm
from application.customers import CustomerForm, Customers
from application.ids import new_id
from domain.account.account import Account
from domain.user.roles import Role
from tests.web.world import World, everywhere, lookups_on, within

NAME = "Maria da Conceição Gonçalves"


def company(world: World, code: str, cnpj: str) -> UUID:
    form = CompanyForm(
        code=code,
        legal_name=f"{code} Serviços Ltda",
        trade_name=code,
        cnpj=cnpj,
        city_ibge="3550308",
        tax_regime="simples",
    )
    lookups = lookups_on(world.lastro)
    return Companies(world.lastro, lookups, world.clock).register(SYSTEM, form).id


@pytest.fixture
def filled(world: World) -> World:
    """Two companies and a customer."""
    company(world, "ALFA", "11222333000181")
    company(world, "BETA", "11444777000161")
    customers = Customers(world.lastro, lookups_on(world.lastro), world.clock)
    customers.register(SYSTEM, CustomerForm(kind="person", name=NAME, document="52998224725"))
    return world


def companies_of(world: World) -> list[UUID]:
    events = world.lastro.read(0, 100, ["company.registered.v1"])
    return [event.stream_id for event in events]


@pytest.fixture
def reader(filled: World) -> TestClient:
    user = filled.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    return filled.integrator(filled.token(user, Scope.EVENTS))


def pages(client: TestClient, limit: int, after: str = "0") -> Iterator[list[dict[str, object]]]:
    more = True
    while more:
        answer = client.get("/api/v1/events", params={"after": after, "limit": limit}).json()
        after, more = answer["next"], answer["more"]
        yield answer["events"]


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_every_page_size_gives_the_same_events_in_the_same_order(
    filled: World, reader: TestClient, limit: int
) -> None:
    read = [event["event_id"] for page in pages(reader, limit) for event in page]
    assert read == [str(event.event_id) for event in filled.lastro.read(0, 1000)]


def test_nothing_personal_leaves_by_the_feed(filled: World, reader: TestClient) -> None:
    text = reader.get("/api/v1/events", params={"limit": 1000}).text
    assert "customer.registered.v1" in text
    for secret in (NAME, "52998224725", "ana@", "robo@exemplo.com.br", '"s1:'):
        assert secret not in text
    for event in json.loads(text)["events"]:
        if event["topic"] == "customer.registered.v1":
            assert event["data"] == {"kind": "person"}


def test_the_cursor_goes_on_where_it_stopped_and_waits_at_the_end(filled: World, reader: TestClient) -> None:
    last = reader.get("/api/v1/events", params={"limit": 1000}).json()["next"]
    answer = reader.get("/api/v1/events", params={"after": last}).json()
    assert answer == {"events": [], "next": last, "more": False}
    company(filled, "GAMA", "12ABC34501DE35")
    [event] = reader.get("/api/v1/events", params={"after": last}).json()["events"]
    assert event["data"]["code"] == "GAMA"
    assert event["position"] > int(last.split("-")[0])


def test_a_cursor_of_another_log_is_told_apart(reader: TestClient) -> None:
    position = reader.get("/api/v1/events").json()["next"].split("-")[0]
    answer = reader.get("/api/v1/events", params={"after": f"{position}-{UUID(int=7)}"})
    assert (answer.status_code, answer.json()["code"]) == (409, "feed_cursor_unknown")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("after", ["-1", "abc", "1-2", "9" * 40, "1e3", "٣", "\x00", f"5-{UUID(int=1)}x"])
def test_what_is_no_cursor_is_refused(reader: TestClient, after: str) -> None:
    answer = reader.get("/api/v1/events", params={"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1e9"])
def test_a_limit_is_a_number_from_one_to_a_thousand(reader: TestClient, limit: str) -> None:
    answer = reader.get("/api/v1/events", params={"limit": limit})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "limit"


def test_a_token_sees_its_companies_and_nothing_that_belongs_to_none(filled: World) -> None:
    alfa, beta = companies_of(filled)
    for company_id in (alfa, beta, alfa, beta):
        fact = Account.register(new_id(), company_id, "CX", "Caixa", "cash", filled.clock())
        filled.lastro.record(Context("test", new_id()), fact)
    user = filled.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    client = filled.integrator(filled.token(user, Scope.EVENTS, companies=frozenset({alfa})))
    read = [event for page in pages(client, 1) for event in page]
    assert {event["company_id"] for event in read} == {str(alfa)}
    assert sum(event["topic"] == "account.registered.v1" for event in read) == 2


def test_rights_are_the_smaller_of_the_users_and_the_tokens(filled: World) -> None:
    alfa, beta = companies_of(filled)
    user = filled.person("robo@exemplo.com.br", within(Role.INTEGRATOR, alfa))
    client = filled.integrator(filled.token(user, Scope.EVENTS, companies=frozenset({beta})))
    answer = client.get("/api/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


def test_who_may_not_read_events_gets_none(filled: World) -> None:
    viewer = filled.person("olhos@exemplo.com.br", everywhere(Role.VIEWER))
    answer = filled.integrator(filled.token(viewer)).get("/api/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    robot = filled.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    answer = filled.integrator(filled.token(robot, Scope.READ)).get("/api/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic YTpi", "Bearer fat_aaaaaaaaaa_" + "a" * 43])
def test_without_a_live_token_there_is_no_answer(filled: World, header: str) -> None:
    answer = filled.browser().get("/api/v1/events", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthorized"


def test_a_token_ends_by_revocation_by_time_and_with_its_user(filled: World) -> None:
    user = filled.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    first, second, third = (filled.token(user, Scope.EVENTS) for _ in range(3))
    filled.services.api_tokens.revoke(first.split("_")[1], filled.clock())
    assert filled.integrator(first).get("/api/v1/events").status_code == 401
    assert filled.integrator(second).get("/api/v1/events").status_code == 200
    filled.clock.forward(days=31)
    assert filled.integrator(second).get("/api/v1/events").status_code == 401
    assert filled.integrator(filled.token(user, Scope.EVENTS)).get("/api/v1/events").status_code == 200
    filled.users.disable(SYSTEM, user, "fim")
    assert filled.integrator(third).get("/api/v1/events").status_code == 401


def test_a_session_cookie_opens_no_api(filled: World) -> None:
    filled.person("ana@exemplo.com.br", everywhere(Role.ADMINISTRATOR))
    assert filled.browser("ana@exemplo.com.br").get("/api/v1/events").status_code == 401


def test_a_fact_names_the_release_that_recorded_it(filled: World, reader: TestClient) -> None:
    events = reader.get("/api/v1/events", params={"limit": 1000}).json()["events"]
    assert {event["release"] for event in events} == {version("lastro")}
