"""An address that is only a part of a page never leaves anybody in front of that part alone."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from domain.user.roles import Role
from tests.web.portfolio import Portfolio
from tests.web.world import PASSWORD, World, everywhere
from web.pages.routes import router

ANA = "ana@exemplo.com.br"
HERE = "http://127.0.0.1:8000"
STREAM = "/ao-vivo"
PATHS = sorted(
    {
        route.path
        for route in iter_route_contexts(router.routes)
        if route.path and "GET" in (route.methods or ()) and route.path != STREAM
    }
)
MADE_UP = str(UUID(int=5))
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def world(still_world: World) -> World:
    still_world.person(ANA, everywhere(Role.ADMINISTRATOR))
    return still_world


@pytest.fixture(scope="module")
def ana(world: World) -> TestClient:
    return world.browser(ANA, htmx=False)


def test_the_addresses_are_found() -> None:
    assert {"/", "/contratos/{contract_id}", "/faturamento/{invoice_id}/historico"} <= set(PATHS)


def filled(path: str, portfolio: Portfolio) -> str:
    known = {"invoice_id": portfolio.failed, "contract_id": portfolio.contract}
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", str(known.get(name, MADE_UP)))
    return path


@pytest.mark.parametrize("path", PATHS)
def test_every_address_shows_a_whole_page_or_leads_to_one(
    ana: TestClient, still_portfolio: Portfolio, path: str
) -> None:
    answer = ana.get(filled(path, still_portfolio))
    if answer.status_code == 303:
        answer = ana.get(answer.headers["location"])
        assert answer.status_code == 200 or MADE_UP in str(answer.url)
    assert answer.text.startswith("<!doctype html>")


@pytest.mark.parametrize("window", ["", "/historico", "/boleto", "/erro"])
def test_a_window_opens_over_the_month_of_its_invoice(
    ana: TestClient, still_portfolio: Portfolio, window: str
) -> None:
    answer = ana.get(f"/faturamento/{still_portfolio.failed}{window}")
    html = ana.get(answer.headers["location"]).text
    assert f'hx-get="/faturamento/{still_portfolio.failed}{window}" hx-trigger="load"' in html
    assert f'<tr id="f-{still_portfolio.failed}"' in html


@pytest.mark.parametrize("window", ["x", "../sair", "//evil.example", f"{UUID(int=5)}/outra", '"><script>'])
def test_no_address_opens_what_is_no_window(ana: TestClient, window: str) -> None:
    html = ana.get("/faturamento", params={"janela": window}).text
    assert 'hx-trigger="load" hx-target="#modal"' not in html


@pytest.mark.parametrize("path", PATHS)
def test_who_must_sign_in_first_comes_back_to_the_page_that_was_open(
    world: World, still_portfolio: Portfolio, path: str
) -> None:
    if path in ("/", "/entrar"):
        return
    stranger = world.browser(htmx=False)
    viewed = "/faturamento?de=01/03/2026&ate=31/03/2026"
    answer = stranger.get(filled(path, still_portfolio), headers=HTMX | {"HX-Current-URL": f"{HERE}{viewed}"})
    assert answer.status_code == 401
    back = parse_qs(urlsplit(answer.headers["hx-redirect"]).query)["voltar"]
    assert back == [viewed]
    with world.services.database.connection() as connection:  # so many sign-ins from one address would wait
        connection.execute("DELETE FROM login_attempt")
    entered = stranger.post("/entrar", data={"login": ANA, "senha": PASSWORD, "voltar": back[0]})
    assert stranger.get(entered.headers["location"]).text.startswith("<!doctype html>")


def test_so_does_who_was_about_to_bill(world: World) -> None:
    answer = world.browser(htmx=False).post(
        "/faturamento/faturar-agora", headers=HTMX | {"HX-Current-URL": f"{HERE}/contratos?q=A"}
    )
    assert answer.headers["hx-redirect"] == "/entrar?voltar=%2Fcontratos%3Fq%3DA"


@pytest.mark.parametrize(
    "viewed",
    [
        "https://evil.example/faturamento",
        "//evil.example/faturamento",
        "http://127.0.0.1:8000//evil.example",
        "http://127.0.0.1:8000/\\evil.example",
        "http://[::1/faturamento",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_comes_back_to_another_site(world: World, viewed: str) -> None:
    answer = world.browser(htmx=False).get("/faturamento/contagem", headers=HTMX | {"HX-Current-URL": viewed})
    assert answer.headers["hx-redirect"] == "/entrar?voltar=%2Ffaturamento"


def test_a_filter_too_long_to_be_kept_is_left_out_whole(world: World) -> None:
    answer = world.browser(htmx=False).get("/faturamento", params={"q": "a" * 2_000})
    assert answer.headers["location"] == "/entrar?voltar=%2Ffaturamento"


def test_a_stream_without_a_session_is_refused_and_leads_nowhere(world: World) -> None:
    answer = world.browser(htmx=False).get(STREAM, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers.get("location")) == (401, None)
