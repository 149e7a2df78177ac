"""/recebimentos: what waits comes first, everything is seen by whom it concerns, and a person places it."""

from __future__ import annotations

from html import unescape
from typing import get_args
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from psycopg.sql import SQL

from domain.settlement.events import SettlementEvent, Unknown
from domain.user.roles import Role
from projections.settlements import query
from projections.settlements.query import STATES, SettlementFilter
from tests.web.portfolio import Portfolio
from tests.web.receipts import SOURCE, Receipts, arrive, received, tell
from tests.web.test_listing import text
from tests.web.world import World, everywhere, within
from web.settlement_history import WORDINGS
from web.wording import settlements as words

PAGE = "/recebimentos"
ANA, CAIO, DANI = "ana@exemplo.com.br", "caio@exemplo.com.br", "dani@exemplo.com.br"


@pytest.fixture
def receipts(world: World, portfolio: Portfolio) -> Receipts:
    world.person(ANA, everywhere(Role.FINANCE))
    return arrive(world, portfolio)


def test_every_value_has_words() -> None:
    assert set(words.STATE) == set(words.STATE_HELP) == set(STATES)
    assert set(words.WHY) == set(get_args(Unknown.__value__))
    assert set(WORDINGS) == {fact.TOPIC for fact in get_args(SettlementEvent)}


def test_without_any_receipt_the_page_says_where_they_come_from(world: World, portfolio: Portfolio) -> None:
    world.person(ANA, everywhere(Role.FINANCE))
    ana = world.browser(ANA)
    told = text(ana.get(PAGE).text)
    assert "Nenhum recebimento ainda" in told
    assert told.index("Todos") < told.index("Não identificados")
    assert "Nada a identificar" in text(ana.get(f"{PAGE}?aba=nao-identificados").text)


def test_what_waits_opens_first_with_its_reason_and_who_is_said_to_have_paid(
    world: World, receipts: Receipts
) -> None:
    html = world.browser(ANA).get(PAGE).text
    told = text(html)
    assert "Não identificados (3) Todos" in told
    assert "Nenhum boleto nosso tem esse número" in told
    assert "Bia Pagadora 111.444.777-35" in told
    assert "Não identificado: 3 (R$ 377,10)" in told.replace("\xa0", " ")
    assert "<script>alert" not in html
    assert "E-1" not in told


def test_all_of_them_say_what_they_paid_and_what_came_back(world: World, receipts: Receipts) -> None:
    told = text(world.browser(ANA).get(f"{PAGE}?aba=todos").text).replace("\xa0", " ")
    assert "Identificado Pela fatura citada no aviso" in told
    assert "crédito R$ 100,00" in told
    assert "Devolvido cheque devolvido" in told
    assert "Estorno sem recebimento Pix devolvido" in told
    assert "Identificado: 2 (R$ 350,00)" in told


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("situacao=applied", "E-1 E-2"),
        ("situacao=reversed&situacao=awaited", "E-6 E-7"),
        ("credito=1", "E-2"),
        ("q=E-4", "E-4"),
        ("q=77,10", "E-4"),
        ("q=R$ 250,00", "E-2"),
        ("q=99999999", "E-3"),
        ("q=cliente c0", "E-1 E-6"),
        ("de=03/03/2026", ""),
        ("ate=02/03/2026&q=E-1", "E-1"),
        ("situacao=bobagem&q=E-1", "E-1"),
    ],
)
def test_filters(world: World, receipts: Receipts, query: str, found: str) -> None:
    told = text(world.browser(ANA).get(f"{PAGE}?aba=todos&{query}").text)
    assert {f"E-{n}" for n in range(1, 8) if f" E-{n} " in told} == set(found.split())


def test_a_day_that_cannot_be_read_is_told_and_nothing_is_shown(world: World, receipts: Receipts) -> None:
    ana = world.browser(ANA)
    assert "Digite a data como dd/mm/aaaa." in ana.get(f"{PAGE}?aba=todos&de=ontontem").text
    assert "O fim vem antes do início." in ana.get(f"{PAGE}?aba=todos&de=2/3/2026&ate=1/3/2026").text


def test_who_sees_one_company_sees_its_receipts_alone(world: World, receipts: Receipts) -> None:
    world.person(CAIO, within(Role.FINANCE, world.organisation.company))
    caio = world.browser(CAIO)
    told = text(caio.get(PAGE).text)
    assert "Não identificados (1)" in told
    assert "Bia Pagadora" in told
    assert "Sem Empresa" not in told
    for hidden in (receipts.nobodys, receipts.foreign, UUID(int=3)):
        assert caio.get(f"{PAGE}/{hidden}").status_code == 404
        assert caio.get(f"{PAGE}/{hidden}/identificar").status_code == 404
        assert caio.post(f"{PAGE}/{hidden}/desfazer", data={"motivo": "x"}).status_code == 404


def test_who_only_looks_places_nothing(world: World, portfolio: Portfolio, receipts: Receipts) -> None:
    world.person(DANI, everywhere(Role.VIEWER))
    dani = world.browser(DANI)
    assert "Identificar" not in text(dani.get(PAGE).text).replace("Não identificad", "")
    assert "Registrar devolução" not in dani.get(f"{PAGE}/{receipts.known}").text
    refused = dani.post(f"{PAGE}/{receipts.known}/identificar", data={"parcela": f"{portfolio.pending[0]}:1"})
    assert refused.status_code == 422
    assert "Seu perfil não permite" in refused.text


def test_the_window_opens_by_its_address(world: World, receipts: Receipts) -> None:
    plain = world.browser(ANA, htmx=False)
    address = plain.get(f"{PAGE}/{receipts.known}").headers["location"]
    assert address == f"{PAGE}?aba=todos&janela={receipts.known}"
    assert f'hx-get="{PAGE}/{receipts.known}"' in plain.get(address).text


def test_the_candidates_are_those_of_the_payer_and_those_of_the_amount(
    world: World, portfolio: Portfolio, receipts: Receipts
) -> None:
    ana = world.browser(ANA)
    told = text(ana.get(f"{PAGE}/{receipts.known}/identificar").text)
    assert "Pagador Bia Pagadora" in told
    first, second = told.split("Sugestões: mesmo valor, vencimento próximo")
    assert "Cliente C1" in first
    assert "mesmo valor" in second
    assert "Cliente C1" not in second
    found = ana.get(f"{PAGE}/{receipts.known}/identificar?busca=longo").text
    assert "<fieldset" in found
    assert "modal-head" not in found
    assert "Nenhuma parcela em aberto para" in ana.get(f"{PAGE}/{receipts.known}/identificar?busca=zzz").text
    assert "não espera mais" in ana.get(f"{PAGE}/{receipts.paid}/identificar").text


def test_a_person_places_it_undoes_it_and_gives_it_back(
    world: World, portfolio: Portfolio, receipts: Receipts
) -> None:
    ana, at = world.browser(ANA), f"{PAGE}/{receipts.known}"
    choice = {"parcela": f"{portfolio.paid}:1", "busca": ""}
    confirmed = text(ana.post(f"{at}/identificar/confirmar", data=choice).text)
    assert "Nada está em aberto nesta parcela" in confirmed
    choice = {"parcela": f"{portfolio.failed}:1"}
    confirmed = text(ana.post(f"{at}/identificar/confirmar", data=choice).text).replace("\xa0", " ")
    assert "Principal R$ 150,00 Total recebido R$ 150,00" in confirmed
    assert "continua com R$ 1.234.417,89 em aberto" in confirmed
    done = ana.post(f"{at}/identificar", data=choice)
    assert done.headers["HX-Trigger"] == "lastro:moved"
    assert "Recebimento identificado" in done.text
    assert "Cliente C1" in text(done.text)
    again = ana.post(f"{at}/identificar", data=choice)
    assert (again.status_code, "já pagou uma parcela" in again.text) == (422, True)
    undone = ana.post(f"{at}/desfazer", data={"motivo": "fatura errada"})
    assert "Identificação desfeita: fatura errada" in text(undone.text)
    assert ana.post(f"{at}/devolver", data={"motivo": " "}).status_code == 422
    back = text(ana.post(f"{at}/devolver", data={"motivo": "cheque sem fundos"}).text)
    assert "Devolução registrada." in back
    history = back[back.index("Histórico") :]
    told = [
        "Devolvido",
        "Identificação desfeita",
        "Identificado por uma pessoa",
        "Recebido, não identificado",
    ]
    places = [history.index(each) for each in told]
    assert places == sorted(places)
    assert history.count("· Ana Souza") == 3


@pytest.mark.parametrize("choice", ["", "x", "0:1", "x:y"])
def test_without_a_choice_the_person_is_asked_for_one(world: World, receipts: Receipts, choice: str) -> None:
    ana = world.browser(ANA)
    for act in ("identificar/confirmar", "identificar"):
        answer = ana.post(f"{PAGE}/{receipts.known}/{act}", data={"parcela": choice})
        assert answer.status_code == 422
        assert "Escolha a parcela" in answer.text


def test_an_instalment_that_cannot_be_paid_is_refused_in_words(
    world: World, portfolio: Portfolio, receipts: Receipts
) -> None:
    ana, at = world.browser(ANA), f"{PAGE}/{receipts.known}/identificar/confirmar"
    elsewhere = ana.post(at, data={"parcela": f"{portfolio.foreign}:1"})
    assert "entrou em outra empresa" in elsewhere.text
    pending = ana.post(at, data={"parcela": f"{portfolio.value_pending}:1"})
    assert "espera o valor definitivo" in pending.text
    assert "não tem esta parcela" in ana.post(at, data={"parcela": f"{portfolio.billed}:9"}).text


def test_the_invoice_s_history_leads_to_the_receipt(
    world: World, portfolio: Portfolio, receipts: Receipts
) -> None:
    ana = world.browser(ANA)
    html = ana.get(f"/faturamento/{portfolio.billed}/historico").text
    assert f"Recebido pela integração {SOURCE}, liquidação E-1" in unescape(html)
    assert f'href="/recebimentos?aba=todos&amp;janela={receipts.paid}"' in html
    assert "liquidação E-6" in unescape(html)
    assert "Integração (payments.settlements.v1)" in text(html)


def test_what_takes_too_long_to_sum_is_not_summed(
    world: World, receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_SUMMED_WITHIN", "1ms")
    monkeypatch.setattr(query, "_conditions", lambda _: [SQL("pg_sleep(0.1) IS NOT NULL")])
    assert query.totals(world.lastro.database, SettlementFilter(companies=None)) is None


def test_pages_go_on_where_they_ended(world: World, portfolio: Portfolio) -> None:
    world.person(ANA, everywhere(Role.FINANCE))
    tell(world, *(received(f"P-{number:03d}", "1.00") for number in range(60)))
    ana = world.browser(ANA)
    first = ana.get(PAGE).text
    address = unescape(first.split('id="proxima" href="')[1].split('"')[0])
    second = ana.get(address, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    seen = [{n for n in range(60) if f"P-{n:03d}<" in page} for page in (first, second)]
    assert (len(seen[0]), len(seen[1])) == (50, 10)
    assert seen[0] | seen[1] == set(range(60))
    assert ana.get(f"{PAGE}?cursor=x").status_code == 422


def test_it_takes_a_session(world: World) -> None:
    client: TestClient = world.browser()
    assert client.get(PAGE).status_code == 303
