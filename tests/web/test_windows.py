"""The windows of an invoice and the pages of contracts: what they say, and to whom."""

from __future__ import annotations

from html import unescape
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from domain.user.roles import Role
from tests.web.portfolio import Portfolio
from tests.web.test_listing import text
from tests.web.world import World, everywhere

ANA = "ana@exemplo.com.br"


@pytest.fixture
def portfolio(still_portfolio: Portfolio) -> Portfolio:
    return still_portfolio


@pytest.fixture(scope="module")
def ana(still_world: World) -> TestClient:
    still_world.person(ANA, everywhere(Role.FINANCE))
    return still_world.browser(ANA)


def test_the_history_tells_who_did_what_in_order(ana: TestClient, portfolio: Portfolio) -> None:
    told = text(ana.get(f"/faturamento/{portfolio.failed}/historico").text)
    titles = ["Falha na emissão da NFS-e", "Boleto numerado", "Faturamento iniciado", "Fatura criada"]
    places = [told.index(title) for title in titles]
    assert places == sorted(places)
    assert "· Sistema" in told
    assert "109/00000002-4" in told
    assert "Conta ITAU" in told


def test_the_boleto_shows_its_numbers_or_that_there_is_none(ana: TestClient, portfolio: Portfolio) -> None:
    told = text(ana.get(f"/faturamento/{portfolio.billed}/boleto").text)
    assert "34191.09008 00000.160051 71234.570001 1 13810000015000" in told
    assert "109/00000001-6" in told
    assert "ainda aguardando envio ao banco" in told
    pending = text(ana.get(f"/faturamento/{portfolio.pending[0]}/boleto").text)
    assert "O boleto ainda não foi gerado." in pending


def test_the_invoice_shows_lines_instalments_and_documents(ana: TestClient, portfolio: Portfolio) -> None:
    told = text(ana.get(f"/faturamento/{portfolio.paid}").text)
    assert "Suporte mensal 1 R$ 150,00 R$ 0,00 R$ 150,00" in told
    assert "1 10/03/2026 10/03/2026 R$ 150,00 R$ 150,00 R$ 0,00 —" in told
    assert "E-mail: aguardando envio" in told


def test_the_error_says_what_to_do_and_keeps_the_boleto(ana: TestClient, portfolio: Portfolio) -> None:
    html = ana.get(f"/faturamento/{portfolio.failed}/erro").text
    told = text(html)
    assert "O serviço “CON Serviço CON” não tem o código da LC 116" in told
    assert "O que já foi gerado continua válido: Boleto." in told
    assert 'name="lc116"' in html
    assert "não tem erro agora" in text(ana.get(f"/faturamento/{portfolio.billed}/erro").text)


@pytest.mark.parametrize("path", ["", "/historico", "/erro", "/boleto"])
@pytest.mark.parametrize("invoice_id", ["x", "0", str(UUID(int=5)), "%00", "1' OR '1'='1"])
def test_what_is_no_invoice_is_not_found(ana: TestClient, invoice_id: str, path: str) -> None:
    assert ana.get(f"/faturamento/{invoice_id}{path}").status_code in (404, 422)


def test_a_contract_shows_its_terms_and_each_periods_state(ana: TestClient, portfolio: Portfolio) -> None:
    told = text(ana.get(f"/contratos/{portfolio.contract}").text)
    for part in ("Contrato A-001", "Vigente", "Mensal", "3 parcelas", "2%", "1% ao mês", "SUP Serviço SUP"):
        assert part in told
    assert "1 03/2026 01/03/2026 a 09/03/2026 valor inteiro, sem pro rata 10/03/2026 R$ 150,00 —" in told
    assert "3 05/2026 10/04/2026 a 09/05/2026 10/05/2026 R$ 150,00 — R$ 150,00 Pendente" in told


@pytest.mark.parametrize(
    ("search", "codes"),
    [("", 8), ("A-00", 7), ("A-003", 1), ("parque das águas", 1), ("telefone", 1), ("nada", 0), ("%", 0)],
)
def test_contracts_are_found_by_code_customer_and_notes(ana: TestClient, search: str, codes: int) -> None:
    html = unescape(ana.get("/contratos", params={"q": search}).text)
    assert html.count('data-key="Enter"') == codes


@pytest.mark.parametrize("cursor", ["x", "A" * 60, "é"])
def test_a_made_up_cursor_of_contracts_is_refused(ana: TestClient, cursor: str) -> None:
    assert ana.get("/contratos", params={"cursor": cursor}).status_code == 422


def test_the_gallery_is_only_for_people(still_world: World) -> None:
    assert still_world.browser().get("/dev/componentes").status_code == 303
