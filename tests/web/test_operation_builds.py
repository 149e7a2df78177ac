"""/operacao/projecoes: who sees the builds, what may be done with them, and what a click answers."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from domain.user.roles import Role
from projections.builds import State, builds
from projections.invoice_grid.model import INVOICE_GRID
from projections.rebuild.operations import go_on
from tests.web.portfolio import Portfolio
from tests.web.test_listing import text
from tests.web.world import World, everywhere

ADMINISTRATOR, FINANCE = "ana@exemplo.com.br", "bia@exemplo.com.br"
PAGE = "/operacao/projecoes"
GRID = f"{PAGE}/invoice_grid"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def operator(world: World, portfolio: Portfolio) -> TestClient:
    world.person(ADMINISTRATOR, everywhere(Role.ADMINISTRATOR))
    return world.browser(ADMINISTRATOR)


def acts(client: TestClient, model: str = "invoice_grid") -> list[str]:
    return re.findall(rf'id="a-{model}-([a-z-]+)"', client.get(PAGE).text)


def do(client: TestClient, act: str) -> str:
    answer = client.post(f"{GRID}/{act}", headers=PARTIAL)
    assert answer.status_code == 200
    assert answer.headers["hx-trigger"] == "lastro:builds"
    return text(answer.text)


def test_each_read_model_is_listed_with_its_build(operator: TestClient) -> None:
    told = text(operator.get(PAGE).text)
    for name in ("Faturamento", "Contratos", "Clientes", "Em uso", "em dia"):
        assert name in told
    assert acts(operator) == ["reconstruir", "conferir"]


def test_whoever_does_not_operate_sees_and_does_nothing(world: World, portfolio: Portfolio) -> None:
    world.person(FINANCE, everywhere(Role.FINANCE))
    finance = world.browser(FINANCE)
    for path in (PAGE, f"{GRID}/reconstruir", f"{GRID}/1/comparacao"):
        assert finance.get(path, headers=PARTIAL).status_code == 403
    assert finance.post(f"{GRID}/reconstruir", headers=PARTIAL).status_code == 403


def test_a_click_says_first_what_it_would_do(operator: TestClient) -> None:
    told = text(operator.get(f"{GRID}/reconstruir", headers=PARTIAL).text)
    assert "Uma versão nova será construída ao lado" in told
    assert "Cancelar" in told
    assert operator.get(f"{GRID}/reconstruir", follow_redirects=False).headers["location"] == PAGE
    assert operator.get(f"{PAGE}/nonsense/reconstruir", headers=PARTIAL).status_code == 404
    assert operator.post(f"{GRID}/nonsense", headers=PARTIAL).status_code in (404, 422)


def test_a_rebuild_asked_for_here_is_made_by_the_worker_and_put_to_use_by_a_person(
    world: World, operator: TestClient
) -> None:
    database = world.lastro.database
    assert "A versão 2 será construída agora" in do(operator, "reconstruir")
    assert "Já há uma reconstrução" in do(operator, "reconstruir")
    shown = operator.get(PAGE).text
    assert "Pedida" in text(shown)
    assert 'hx-trigger="lastro:builds from:body, every 1s"' in shown
    assert acts(operator) == []
    assert go_on(database, INVOICE_GRID) is not None
    told = text(operator.get(PAGE).text)
    assert "Pronta" in told
    assert "Igual" in told
    assert acts(operator) == ["colocar-em-uso", "reconstruir", "conferir"]
    assert "As páginas mostram a versão 2; a versão 1 está guardada." in do(operator, "colocar-em-uso")
    assert acts(operator) == ["voltar", "reconstruir", "conferir"]
    assert "As páginas mostram a versão 1" in do(operator, "voltar")
    assert "Não há outra versão para mostrar" in do(operator, "colocar-em-uso")


def test_what_would_change_is_shown_before_anything_is_switched(world: World, operator: TestClient) -> None:
    database = world.lastro.database
    with database.autocommit() as connection:
        connection.execute("UPDATE invoice_grid__v1 SET amount = amount + 1 WHERE situacao = 'pending'")
    assert "A comparação começa agora" in do(operator, "conferir")
    assert go_on(database, INVOICE_GRID) is not None
    assert "Difere" in text(operator.get(PAGE).text)
    told = text(operator.get(f"{GRID}/1/comparacao", headers=PARTIAL).text)
    for words in ("não são iguais", "invoice_grid", "amount (", "R$", "Em uso", "Na nova"):
        assert words in told
    with database.autocommit() as connection:
        assert [build.state for build in builds(connection, ["invoice_grid"])] == [State.LIVE]
    assert operator.get(f"{GRID}/9/comparacao", headers=PARTIAL).status_code == 404


def test_a_build_beside_the_live_one_is_compared_again(world: World, operator: TestClient) -> None:
    do(operator, "reconstruir")
    go_on(world.lastro.database, INVOICE_GRID)
    do(operator, "conferir")
    assert "Comparando" in text(operator.get(PAGE).text)
    go_on(world.lastro.database, INVOICE_GRID)
    assert "Pronta" in text(operator.get(PAGE).text)


def test_what_failed_is_told_with_its_reason(world: World, operator: TestClient) -> None:
    do(operator, "reconstruir")
    with world.lastro.database.autocommit() as connection:
        connection.execute(
            "UPDATE projection_build SET state = 'failed', failure = 'position 7, invoice.billed.v1: X'"
            " WHERE version = 2"
        )
    told = text(operator.get(PAGE).text)
    assert "Falhou" in told
    assert "position 7, invoice.billed.v1: X" in told
