"""/faturamento by HTTP: what it shows, how its filters live in the address, what hostile addresses get."""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from domain.user.roles import Role
from projections.invoice_grid import query
from projections.invoice_grid.rows import GridPage
from tests.web.portfolio import LONG_NAME, Portfolio
from tests.web.world import World, everywhere, within
from web.pages import invoices

ANA = "ana@exemplo.com.br"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(scope="module")
def world(still_world: World) -> World:
    still_world.person(ANA, everywhere(Role.FINANCE))
    return still_world


@pytest.fixture
def portfolio(still_portfolio: Portfolio) -> Portfolio:
    return still_portfolio


@pytest.fixture(scope="module")
def ana(world: World) -> TestClient:
    return world.browser(ANA)


def rows(html: str) -> list[str]:
    return re.findall(r'<tr id="f-([0-9a-f-]{36})"', html)


def row(html: str, invoice_id: UUID) -> str:
    start = html.index(f'<tr id="f-{invoice_id}"')
    return html[start : html.index("</tr>", start)]


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_it_opens_on_what_is_due_this_month(ana: TestClient) -> None:
    page = ana.get("/faturamento")
    assert page.status_code == 200
    assert 'value="01/03/2026"' in page.text
    assert 'value="31/03/2026"' in page.text
    assert len(rows(page.text)) == 8
    assert len(rows(ana.get("/faturamento?de=01/04/2026&ate=30/04/2026").text)) == 8


def test_a_row_says_company_client_dates_value_and_states(ana: TestClient, portfolio: Portfolio) -> None:
    html = ana.get("/faturamento").text
    billed = row(html, portfolio.billed)
    assert 'data-tip="ACME Ltda · 11.222.333/0001-81"' in billed
    assert ">AC</span>" in billed
    assert "Cliente C0" in billed
    assert "529.982.247-25" in billed
    assert 'title="Data de execução">02/03/2026' in billed
    assert 'tag-green">Faturado' in billed
    assert "R$\u00a0150,00" in billed
    assert "Boleto: numerado, aguardando envio ao banco" in billed
    assert "NFS-e: aguardando envio" in billed


@pytest.mark.parametrize(
    ("which", "words", "tone"),
    [
        ("failed", "Erro", "red"),
        ("value_pending", "Valor Pendente", "orange"),
        ("cancelled", "Cancelado", "red"),
        ("paid", "Faturado", "green"),
    ],
)
def test_each_state_has_its_word_and_colour(
    ana: TestClient, portfolio: Portfolio, which: str, words: str, tone: str
) -> None:
    assert f'tag-{tone}">{words}' in row(ana.get("/faturamento").text, getattr(portfolio, which))


def test_what_waits_shows_its_forecast_and_what_failed_its_reason(
    ana: TestClient, portfolio: Portfolio
) -> None:
    html = ana.get("/faturamento").text
    assert 'title="Data prevista do faturamento"' in row(html, portfolio.pending[0])
    failed = row(html, portfolio.failed)
    assert "Falha na emissão da NFS-e: O serviço “CON Serviço CON” não tem o código da LC 116" in unescape(
        failed
    )
    assert 'title="Quitado"' in row(html, portfolio.paid)


def test_names_are_text_and_a_missing_document_is_told(ana: TestClient, portfolio: Portfolio) -> None:
    odd = row(ana.get("/faturamento").text, portfolio.pending[1])
    assert "<Filhos>" not in odd
    assert "João D’Ávila &amp; Cia &lt;Filhos&gt;" in odd
    assert "Documento não cadastrado" in odd


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("situacao=error", 1),
        ("situacao=error&situacao=cancelled", 2),
        ("parcela=paid", 1),
        ("tipo=renegotiation", 0),
        ("valor=recurring", 8),
        ("data=faturamento", 2),
        ("data=envio", 0),
        ("data=criacao", 24),
        ("q=aguas+CLARAS", 1),
        ("q=529.982", 2),
        ("pesquisa=documento&q=19131243", 1),
        ("pesquisa=cliente&q=d’avila", 1),
        ("pesquisa=boleto&q=00000001", 1),
        ("pesquisa=observacao&q=telefone", 1),
        ("departamento=Comercial", 1),
        ("departamento=-", 7),
        ("q=nada+disto", 0),
        ("de=11/3&ate=fim", 0),
        ("de=10/3&ate=10/3", 8),
        ("situacao=&empresa=&linhas=&data=&pesquisa=&departamento=", 8),
    ],
)
def test_every_filter_narrows_and_its_count_agrees(ana: TestClient, query: str, count: int) -> None:
    html = ana.get(f"/faturamento?{query}").text
    assert len(rows(html)) == count
    told = text(ana.get(f"/faturamento/contagem?{query}").text)
    assert told == f"{count} {'fatura' if count == 1 else 'faturas'}"


def test_filters_by_company_customer_and_account(ana: TestClient, portfolio: Portfolio, world: World) -> None:
    assert rows(ana.get(f"/faturamento?empresa={portfolio.other_company}").text) == [str(portfolio.foreign)]
    customer = world.organisation.customers[0]
    assert len(rows(ana.get(f"/faturamento?cliente={customer}").text)) == 2
    assert len(rows(ana.get(f"/faturamento?conta={world.organisation.account}").text)) == 7


def test_each_choice_has_a_chip_whose_link_takes_only_it_away(ana: TestClient) -> None:
    html = ana.get("/faturamento?situacao=error&situacao=pending&q=cliente").text
    chips = [unescape(link) for link in re.findall(r'class="chip" href="([^"]+)"', html)]
    assert len(chips) == 3
    left = [parse_qs(urlsplit(link).query).get("situacao") for link in chips]
    assert left == [["pending"], ["error"], ["error", "pending"]]
    assert "q" not in parse_qs(urlsplit(chips[2]).query)


def test_pages_follow_each_other_without_a_gap_both_ways(
    ana: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/faturamento?data=criacao&de=01/03/2026&ate=31/03/2026"
    whole = rows(ana.get(address).text)
    assert len(whole) == 24
    monkeypatch.setattr(invoices, "grid", SimpleNamespace(page=with_five_rows))
    forth = walked(ana, address, "next")
    assert [len(page) for page, _ in forth] == [5, 5, 5, 5, 4]
    assert [each for page, _ in forth for each in page] == whole
    back = walked(ana, forth[-1][1], "prev")
    assert [page for page, _ in back] == [page for page, _ in forth][::-1]


def with_five_rows(*args: Any, **kwargs: Any) -> GridPage:
    return query.page(*args, **(kwargs | {"size": 5}))


def walked(client: TestClient, address: str, rel: str) -> list[tuple[list[str], str]]:
    """The rows of each page, with its address, until there is no further one."""
    found: list[tuple[list[str], str]] = []
    while address:
        html = client.get(address).text
        found.append((rows(html), address))
        address = _link(html, rel)
    return found


def _link(html: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', html)
    return unescape(found[1]) if found else ""


def test_the_fragment_is_the_grid_alone_and_names_its_address(ana: TestClient) -> None:
    answer = ana.get("/faturamento?situacao=error&tipo=&q=", headers=PARTIAL)
    assert answer.text.lstrip().startswith('<section class="panel" id="grade"')
    assert answer.headers["hx-push-url"] == (
        "/faturamento?data=vencimento&de=01/03/2026&ate=31/03/2026&situacao=error"
    )
    itself = ana.get("/faturamento", headers=PARTIAL | {"HX-Source": "section#grade"})
    assert "hx-push-url" not in itself.headers


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("de=31/02/2026", "Digite a data como dd/mm/aaaa."),
        ("ate=ontem+mesmo", "Digite a data como dd/mm/aaaa."),
        ("de=10/3&ate=9/3", "O fim (09/03/2026) é anterior ao início (10/03/2026)."),
        ("situacao=error&situacao=xyz", "“xyz” não é uma opção de Situação."),
        ("empresa=abc", "“abc” não é uma opção de Empresas."),
        ("valor=10", "“10” não é uma opção de Tipo Valor."),
        ("data=ontem", "“ontem” não é uma opção de Tipo Data."),
        ("linhas=77", "“77” não é uma opção de Linhas."),
        ("foo=1", "O filtro “foo” não existe."),
        ("inicio=01/03/2026", "O filtro “inicio” não existe."),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_and_nothing_is_listed(
    ana: TestClient, query: str, problem: str
) -> None:
    answer = ana.get(f"/faturamento?{query}")
    assert answer.status_code == 422
    assert text(answer.text).count(problem) == 1
    assert rows(answer.text) == []
    for nothing in ("Nenhuma fatura", "contagem", "lastro:moved"):
        assert nothing not in answer.text
    partial = ana.get(f"/faturamento?{query}", headers=PARTIAL)
    assert problem in partial.text
    assert "hx-push-url" not in partial.headers


@pytest.mark.parametrize("cursor", ["x", "A" * 40, "=", "..", "é", "A" * 9000, "%00"])
def test_a_made_up_cursor_is_refused(ana: TestClient, cursor: str) -> None:
    answer = ana.get(f"/faturamento?cursor={cursor}")
    assert answer.status_code == 422
    assert "Volte ao início da lista" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "%25" * 50,
        "q=%27%3B--",
        "q=\\",
        "q=_____",
        "q=" + "x" * 5000,
        "q=%F0%9F%92%A9",
        "q=%ED%A0%80",
        "departamento=%00",
        "&".join(["situacao=error"] * 300),
        "&".join(f"cliente={UUID(int=number)}" for number in range(300)),
        "de=" + "9" * 3000,
        "linhas=-1",
        "linhas=99999999999999999999",
    ],
)
def test_hostile_filters_break_nothing(ana: TestClient, query: str) -> None:
    assert ana.get(f"/faturamento?{query}").status_code in (200, 422)
    assert ana.get(f"/faturamento/contagem?{query}").status_code == 200


def test_customers_are_found_by_part_of_name_or_document(ana: TestClient) -> None:
    found = text(ana.get("/faturamento/clientes?busca=parque+das+AGUAS").text)
    assert found == f"{LONG_NAME} · 19.131.243/0001-97"
    assert text(ana.get("/faturamento/clientes?busca=52998").text) == "Cliente C0 · 529.982.247-25"
    assert text(ana.get("/faturamento/clientes?busca=zzz").text) == "Nenhum cliente encontrado."
    assert text(ana.get("/faturamento/clientes?busca=C0%00").text) == "Cliente C0 · 529.982.247-25"
    assert text(ana.get("/faturamento/clientes").text) == "Digite para buscar."


def test_who_sees_one_company_sees_nothing_of_another(world: World, portfolio: Portfolio) -> None:
    world.person("beto@exemplo.com.br", within(Role.VIEWER, portfolio.other_company))
    beto = world.browser("beto@exemplo.com.br")
    html = beto.get("/faturamento").text
    assert rows(html) == [str(portfolio.foreign)]
    for secret in ("Cliente C0", "ACME", "ITAU"):
        assert secret not in html
    assert text(beto.get("/faturamento/contagem").text) == "1 fatura"
    foreign_filter = (
        f"/faturamento?empresa={world.organisation.company}&cliente={world.organisation.customers[0]}"
    )
    html = beto.get(foreign_filter).text
    assert rows(html) == []
    assert "Cliente C0" not in html
    assert text(beto.get("/faturamento/clientes?busca=cliente").text) == "Cliente ALHEIO · 862.883.667-57"
    assert text(beto.get("/faturamento/departamentos").text) == "Não informado"
    for path in ("", "/historico", "/erro", "/boleto"):
        assert beto.get(f"/faturamento/{portfolio.billed}{path}").status_code == 404
    assert beto.get(f"/contratos/{portfolio.contract}").status_code == 404
    assert "A-001" not in beto.get("/contratos").text
    assert "B-001" in beto.get("/contratos").text


def test_ones_own_customer_is_found_behind_those_of_other_companies(
    world: World, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_LOOKED_AT", "_TYPE_AHEAD"):
        monkeypatch.setattr(f"web.pages.invoices.{name}", 1)
    world.person("caio@exemplo.com.br", within(Role.VIEWER, portfolio.other_company))
    caio = world.browser("caio@exemplo.com.br")
    assert LONG_NAME < "Cliente"
    assert text(caio.get("/faturamento/clientes?busca=a").text) == "Cliente ALHEIO · 862.883.667-57"


def test_who_sees_no_billing_gets_no_page(world: World, portfolio: Portfolio) -> None:
    world.person("nada@exemplo.com.br")
    assert world.browser("nada@exemplo.com.br").get("/faturamento").status_code == 403


def test_departments_are_those_of_ones_own_contracts(ana: TestClient) -> None:
    assert text(ana.get("/faturamento/departamentos").text) == "Não informado Comercial"
    chosen = ana.get("/faturamento/departamentos?departamento=Comercial").text
    assert 'value="Comercial" checked' in chosen


@pytest.mark.parametrize(
    "query", ["q=00000001", "pesquisa=boleto&q=109/00000001", "q=00000001&situacao=cancelled"]
)
def test_a_boleto_outside_the_filter_is_told_with_the_way_to_it(ana: TestClient, query: str) -> None:
    html = ana.get(f"/faturamento?de=1/1/2030&ate=31/1/2030&{query}").text
    assert rows(html) == []
    assert "O boleto com este número existe, vence em 10/03/2026 – ver" in text(html)
    way = re.search(r'– <a href="([^"]+)"', html)
    assert way is not None
    assert len(rows(ana.get(unescape(way[1])).text)) == 1


def test_a_number_that_is_nowhere_is_not_told(ana: TestClient) -> None:
    for asked in ("q=99999999", "q=zzz", "pesquisa=cliente&q=00000001"):
        html = ana.get(f"/faturamento?de=1/1/2030&ate=31/1/2030&{asked}").text
        assert "Nenhuma fatura neste filtro" in html
        assert "existe, vence" not in html


def test_a_broken_cursor_leads_back_to_the_start_of_its_own_list(world: World, portfolio: Portfolio) -> None:
    world.person("rui@exemplo.com.br", everywhere(Role.ADMINISTRATOR))
    rui = world.browser("rui@exemplo.com.br")
    for path in ("/auditoria", "/contratos"):
        answer = rui.get(f"{path}?cursor=x")
        assert answer.status_code == 422
        assert f'href="{path}"' in answer.text
        assert 'href="/faturamento"' not in answer.text
