"""/operacao and the marks of what is parked: who sees them, what they say, what a replay answers."""

from __future__ import annotations

from html import unescape
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.api_tokens import Scope
from domain.user.roles import Role
from tests.web.parked import park, poison
from tests.web.portfolio import Portfolio
from tests.web.test_listing import text
from tests.web.world import World, everywhere, within

ADMINISTRATOR, FINANCE = "ana@exemplo.com.br", "bia@exemplo.com.br"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def operator(world: World, portfolio: Portfolio) -> TestClient:
    world.person(ADMINISTRATOR, everywhere(Role.ADMINISTRATOR))
    return world.browser(ADMINISTRATOR)


@pytest.fixture
def finance(world: World, portfolio: Portfolio) -> TestClient:
    world.person(FINANCE, everywhere(Role.FINANCE))
    return world.browser(FINANCE)


def listing(client: TestClient) -> str:
    answer = client.get("/faturamento?de=2026-01-01&ate=2027-12-31")
    assert answer.status_code == 200
    return unescape(answer.text)


def test_while_nothing_is_parked_nothing_says_so(operator: TestClient) -> None:
    assert "Nada parado" in text(operator.get("/operacao").text)
    shown = listing(operator)
    assert "Desatualizada" not in shown
    assert 'class="alarm"' not in shown


def test_a_fact_that_cannot_be_applied_is_told_with_its_reason(
    world: World, operator: TestClient, portfolio: Portfolio
) -> None:
    position = poison(world.lastro.database, portfolio.pending[0])
    told = text(operator.get("/operacao").text)
    assert "Faturamento" in told
    assert f"invoice.billed.v1 posição {position}" in told
    assert "DatetimeFieldOverflow" in told or "InvalidDatetimeFormat" in told or "Error" in told
    assert f"/auditoria?registro={portfolio.pending[0]}" in operator.get("/operacao").text
    shown = listing(operator)
    assert 'class="alarm"' in shown
    assert f"/operacao?registro={portfolio.pending[0]}" in shown
    answer = operator.post("/operacao/reaplicar", headers=PARTIAL)
    again = text(answer.text)
    assert "falhou de novo" in again
    assert f"na posição {position}" in again
    assert answer.headers["hx-trigger"] == "lastro:parked"


def test_rows_windows_and_the_api_are_marked_for_everybody(
    world: World, finance: TestClient, portfolio: Portfolio
) -> None:
    invoice = portfolio.pending[0]
    park(world.lastro.database, "invoice_grid", invoice)
    shown = listing(finance)
    assert shown.count("tag-orange stale") == 1
    assert "Desatualizada: há alterações desta fatura" in shown
    assert "/operacao" not in shown
    for window in ("", "/historico", "/boleto"):
        assert "há alterações desta fatura" in unescape(
            finance.get(f"/faturamento/{invoice}{window}", headers=PARTIAL).text
        )
    park(world.lastro.database, "invoice_history", invoice)
    history = unescape(finance.get(f"/faturamento/{invoice}/historico", headers=PARTIAL).text)
    assert "há alterações desta fatura e do histórico" in history
    user = world.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    client = world.integrator(world.token(user, Scope.READ))
    assert client.get(f"/api/v1/invoices/{invoice}").json()["stale"] is True
    other = client.get(f"/api/v1/invoices/{portfolio.pending[1]}").json()
    assert other["stale"] is False


def test_what_a_row_shows_of_its_customer_marks_it_too(
    world: World, finance: TestClient, portfolio: Portfolio
) -> None:
    user = world.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    client = world.integrator(world.token(user, Scope.READ))
    customer = client.get(f"/api/v1/invoices/{portfolio.pending[0]}").json()["customer_id"]
    park(world.lastro.database, "customers", UUID(customer))
    assert "há alterações do cliente" in listing(finance)


def test_a_replay_takes_the_marks_away_and_says_what_it_did(
    world: World, operator: TestClient, portfolio: Portfolio
) -> None:
    for invoice in portfolio.pending[:2]:
        park(world.lastro.database, "invoice_grid", invoice)
    form = {"leitura": "invoice_grid", "registro": str(portfolio.pending[0])}
    one = operator.post("/operacao/reaplicar", data=form, headers=PARTIAL)
    assert "1 registro reaplicado, 1 evento aplicado." in text(one.text)
    assert str(portfolio.pending[1]) in one.text
    everything = operator.post("/operacao/reaplicar")
    assert "1 registro reaplicado" in text(everything.text)
    assert "Nada parado" in text(everything.text)
    assert "Não havia nada parado" in text(operator.post("/operacao/reaplicar").text)
    assert "Desatualizada" not in listing(operator)


def test_only_who_operates_every_company_comes_in(
    world: World, finance: TestClient, portfolio: Portfolio
) -> None:
    assert finance.get("/operacao").status_code == 403
    assert finance.post("/operacao/reaplicar").status_code == 403
    assert finance.get("/operacao/alarme").status_code == 403
    company = world.organisation.company
    world.person("cia@exemplo.com.br", within(Role.ADMINISTRATOR, company))
    partly = world.browser("cia@exemplo.com.br")
    assert partly.get("/operacao").status_code == 403
    assert "/operacao" not in listing(partly)
    assert world.browser().get("/operacao").status_code == 303


def test_the_metrics_count_streams_and_events(
    world: World, operator: TestClient, portfolio: Portfolio
) -> None:
    park(world.lastro.database, "invoice_grid", portfolio.pending[0])
    told = operator.get("/metrics").text
    assert 'lastro_projection_parked_streams{projection="invoice_grid"} 1.0' in told
    assert 'lastro_projection_parked_events{projection="invoice_grid"} 1.0' in told


def test_contracts_and_customers_say_so_too(world: World, operator: TestClient, portfolio: Portfolio) -> None:
    contract = portfolio.contract
    park(world.lastro.database, "contracts", contract)
    assert unescape(operator.get("/contratos").text).count("tag-orange stale") == 1
    page = unescape(operator.get(f"/contratos/{contract}").text)
    assert "há alterações do contrato que ainda não aparecem" in page
    assert f"/operacao?registro={contract}" in page
    user = world.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    client = world.integrator(world.token(user, Scope.READ))
    found = client.get(f"/api/v1/contracts/{contract}").json()
    assert (found["stale"], {period["stale"] for period in found["schedule"]}) == (True, {False})
    park(world.lastro.database, "receivables", UUID(found["schedule"][0]["invoice_id"]))
    again = client.get(f"/api/v1/contracts/{contract}").json()
    assert [period["stale"] for period in again["schedule"]][:2] == [True, False]
    assert "há alterações das parcelas" in unescape(operator.get(f"/contratos/{contract}").text)
    park(world.lastro.database, "customers", UUID(found["customer_id"]))
    assert client.get(f"/api/v1/customers/{found['customer_id']}").json()["stale"] is True
