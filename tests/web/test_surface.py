"""What every answer carries, how errors look, and what monitors are told."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from domain.user.roles import Role
from projections.registry import projections
from projections.runner import Runner, catch_up, configure
from tests.web.world import World, everywhere
from web.app import LARGEST_BODY
from web.assets import Assets


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with world.browser() as running:
        yield running


def read_models_at_the_end(world: World) -> None:
    with world.lastro.database.autocommit() as connection:
        configure(connection)
        catch_up(connection, [Runner(model) for model in projections(world.lastro.keyring)])


@pytest.mark.parametrize(
    "path", ["/entrar", "/nada", "/saude/viva", "/api/v1/events", "/static/app.css", "/faturamento"]
)
def test_every_answer_carries_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_pages_are_not_stored_and_hashed_files_are_for_a_year(client: TestClient) -> None:
    assert client.get("/entrar").headers["cache-control"] == "no-store"
    hashed = client.get(Assets().url("app.css"))
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/app.css").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"]
)
def test_nothing_but_static_files_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_unknown_page_says_so_in_portuguese(client: TestClient) -> None:
    answer = client.get("/nada")
    assert answer.status_code == 404
    assert "<h1>Não encontrado</h1>" in answer.text


def test_an_unknown_api_path_is_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404
    assert answer.json()["type"] == "urn:lastro:problem:not_found"


def test_a_wrong_method_is_told(client: TestClient) -> None:
    assert client.delete("/entrar").status_code == 405


def test_a_huge_body_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/entrar", content=b"x" * (LARGEST_BODY + 1))
    assert answer.status_code == 413


def test_a_mistake_of_ours_shows_a_reference_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("web.pages.sign_in.safe_return", broken)
    answer = world.browser().get("/entrar")
    assert answer.status_code == 500
    assert "Código para o suporte" in answer.text
    assert "42" not in answer.text.split("<main")[1].split("<code>")[0]
    assert "RuntimeError" not in answer.text


def test_alive_needs_no_database(client: TestClient) -> None:
    assert client.get("/saude/viva").text == "viva"


def test_ready_wants_read_models_and_says_why_not(client: TestClient, world: World) -> None:
    answer = client.get("/saude/pronta")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": ["read models missing"]})
    read_models_at_the_end(world)
    assert client.get("/saude/pronta").json() == {"ready": True, "reasons": []}


def test_what_is_not_built_yet_says_so_and_when_to_come_back(world: World) -> None:
    world.person("ana@lastro.example", everywhere(Role.FINANCE))
    page = world.browser("ana@lastro.example").get("/faturamento")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "ainda está sendo montada" in page.text


def test_not_ready_while_it_stops(client: TestClient, world: World) -> None:
    read_models_at_the_end(world)
    world.app.state.live.stop()
    answer = client.get("/saude/pronta")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["stopping"])


def test_metrics_count_requests_by_route_and_tell_the_lag(client: TestClient, world: World) -> None:
    read_models_at_the_end(world)
    world.person("ana@exemplo.com.br", everywhere(Role.VIEWER))
    client.get("/entrar")
    client.get("/static/app.css")
    client.get("/nada/123")
    text = client.get("/metrics").text
    assert 'lastro_http_requests_total{method="GET",route="/entrar",status="200"} 1.0' in text
    assert 'lastro_projection_lag_events{projection="invoice_grid"} 2.0' in text
    assert 'lastro_projection_parked_streams{projection="customers"} 0.0' in text
    assert "lastro_watermark_age_seconds" in text
    assert "/nada/123" not in text


def test_routes_are_counted_by_their_whole_template(client: TestClient) -> None:
    client.get(f"/api/v1/invoices/{UUID(int=1)}")
    client.get(f"/faturamento/{UUID(int=1)}/historico")
    client.delete("/api/v1/invoices/bill-now")
    text = client.get("/metrics").text
    for method, route, status in (
        ("GET", "/api/v1/invoices/{invoice_id}", 401),
        ("GET", "/faturamento/{invoice_id}/historico", 401),
        ("DELETE", "/api/v1/invoices/bill-now", 405),
    ):
        labels = f'method="{method}",route="{route}",status="{status}"'
        assert f"lastro_http_requests_total{{{labels}}} 1.0" in text
