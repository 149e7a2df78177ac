"""Signing in: one answer for every wrong try, a fresh token for every right one, an end for both."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM
from application.login_throttle import FREE_PER_ACCOUNT
from domain.user.events import UserSignedIn
from domain.user.roles import Role
from domain.user.user import project
from tests.web.world import PASSWORD, World, everywhere

ANA = "ana@exemplo.com.br"


@pytest.fixture
def ana(world: World) -> World:
    world.person(ANA, everywhere(Role.FINANCE))
    return world


def enter(client: TestClient, login: str = ANA, password: str = PASSWORD, back: str = "/contratos") -> int:
    answer = client.post("/entrar", data={"login": login, "senha": password, "voltar": back})
    return answer.status_code


def test_the_form_is_there_for_anybody(world: World) -> None:
    page = world.browser().get("/entrar")
    assert page.status_code == 200
    assert "<h1>Entrar</h1>" in page.text


def test_the_right_password_opens_a_session_that_scripts_cannot_read(ana: World) -> None:
    answer = ana.browser().post("/entrar", data={"login": ANA, "senha": PASSWORD, "voltar": "/contratos"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/contratos")
    cookie = answer.headers["set-cookie"]
    assert re.match(r"sid=[\w-]{43};", cookie)
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_bound_to_host_and_transport(ana: World) -> None:
    client = ana.browser()
    client.base_url = client.base_url.copy_with(scheme="https")
    answer = client.post("/entrar", data={"login": ANA, "senha": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-sid=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_plain_http_from_another_machine_takes_no_password(ana: World) -> None:
    client = TestClient(ana.app, base_url="http://10.0.0.5", client=("10.0.0.9", 5), follow_redirects=False)
    answer = client.post("/entrar", data={"login": ANA, "senha": PASSWORD})
    assert answer.status_code == 403
    assert "https" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("login", "password"),
    [(ANA, "outra senha bem longa"), ("ninguem@exemplo.com.br", PASSWORD), (ANA, ""), ("", "")],
)
def test_a_wrong_password_and_an_unknown_person_get_one_answer(ana: World, login: str, password: str) -> None:
    answer = ana.browser().post("/entrar", data={"login": login, "senha": password})
    assert answer.status_code == 401
    assert "E-mail ou senha não conferem." in answer.text
    assert "set-cookie" not in answer.headers


def test_a_disabled_person_is_out_at_once(ana: World) -> None:
    client = ana.browser(ANA)
    user_id = ana.users.find(ANA)
    assert user_id is not None
    assert client.get("/").status_code == 303
    ana.users.disable(SYSTEM, user_id, "saiu")
    assert client.get("/ao-vivo").status_code == 303
    assert enter(ana.browser()) == 401


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "/a\nb"]
)
def test_nobody_is_sent_to_another_site(ana: World, back: str) -> None:
    answer = ana.browser().post("/entrar", data={"login": ANA, "senha": PASSWORD, "voltar": back})
    assert answer.headers["location"] == "/faturamento"


def test_a_page_without_a_session_leads_to_the_form_and_back(world: World) -> None:
    answer = world.browser().get("/ao-vivo?desde=7")
    where = urlsplit(answer.headers["location"])
    assert (answer.status_code, where.path) == (303, "/entrar")
    assert parse_qs(where.query)["voltar"] == ["/ao-vivo?desde=7"]


def test_a_fragment_without_a_session_sends_the_whole_page_to_the_form(world: World) -> None:
    answer = world.browser().get("/ao-vivo", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/entrar?voltar=")


def test_guessing_is_slowed_down_and_the_wait_is_told(ana: World) -> None:
    for _ in range(FREE_PER_ACCOUNT):
        assert enter(ana.browser(), password="errada errada") == 401
    answer = ana.browser().post("/entrar", data={"login": ANA, "senha": PASSWORD})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 16
    assert "Muitas tentativas" in answer.text
    ana.clock.forward(seconds=16)
    assert enter(ana.browser()) == 303
    assert enter(ana.browser(), password="errada errada") == 401


def test_a_session_ends_when_it_is_idle_and_after_its_longest_time(ana: World) -> None:
    client = ana.browser(ANA)
    for _ in range(24):
        ana.clock.forward(minutes=29)
        assert client.get("/entrar").status_code == 200
        assert ana.services.sessions.find(client.cookies["sid"], ana.clock()) is not None
    ana.clock.forward(minutes=29)
    assert client.get("/ao-vivo").status_code == 303
    other = ana.browser(ANA)
    ana.clock.forward(minutes=31)
    assert other.get("/ao-vivo").status_code == 303


def test_signing_in_again_changes_the_token_and_ends_the_old_session(ana: World) -> None:
    client = ana.browser(ANA)
    before = client.cookies["sid"]
    enter(client)
    assert client.cookies["sid"] != before
    assert ana.services.sessions.find(before, ana.clock()) is None


def test_signing_out_ends_the_session_on_the_server(ana: World) -> None:
    client = ana.browser(ANA)
    token = client.cookies["sid"]
    answer = client.post("/sair")
    assert answer.headers["location"] == "/entrar"
    assert ana.services.sessions.find(token, ana.clock()) is None


def test_a_new_password_ends_the_sessions_before_it(ana: World) -> None:
    client = ana.browser(ANA)
    user_id = ana.users.find(ANA)
    assert user_id is not None
    ana.services.people.set_password(SYSTEM, user_id, "uma outra frase longa", ana.clock())
    assert client.get("/ao-vivo").status_code == 303
    assert enter(ana.browser()) == 401
    assert enter(ana.browser(), password="uma outra frase longa") == 303


def test_signing_in_is_a_stream_of_its_own_and_a_person_s_stays_short(ana: World) -> None:
    user_id = ana.users.find(ANA)
    assert user_id is not None
    before = ana.lastro.load(project, user_id)
    for _ in range(3):
        assert enter(ana.browser()) == 303
    assert ana.lastro.load(project, user_id) == before
    facts = ana.lastro.opened(ana.lastro.read(0, 1000, [UserSignedIn.TOPIC]))
    assert [getattr(fact, "user_id", None) for fact in facts] == [user_id] * 3
    assert len({fact.originator_id for fact in facts}) == 3


def test_the_token_itself_is_nowhere_in_the_database(ana: World) -> None:
    token = ana.browser(ANA).cookies["sid"]
    with ana.lastro.database.connection() as connection:
        rows = connection.execute("SELECT user_session::text FROM user_session").fetchall()
    assert rows
    assert all(token not in row[0] for row in rows)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_make_the_browser_write(ana: World, headers: dict[str, str]) -> None:
    answer = ana.browser().post("/entrar", data={"login": ANA, "senha": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://127.0.0.1:8000"}, {}],
)
def test_this_site_can(ana: World, headers: dict[str, str]) -> None:
    answer = ana.browser().post("/entrar", data={"login": ANA, "senha": PASSWORD}, headers=headers)
    assert answer.status_code == 303
