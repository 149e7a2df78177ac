"""/integracoes/webhooks: administrators register, watch and switch; a secret is on one screen, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM
from domain.user.roles import Role
from projections.progress import wait_for
from tests.e2e.server import read_models
from tests.producers.webhooks.house import House
from tests.producers.webhooks.receiver import Receiver, Reply, await_that, receiver
from tests.web.conftest import followed
from tests.web.world import World, everywhere, within
from web.wording import webhooks as words

ANA = "ana@exemplo.com.br"
LIST = "/integracoes/webhooks"
HTMX = {"HX-Request": "true"}
PARTIAL = {**HTMX, "HX-Request-Type": "partial"}
URL = "https://erp.exemplo.com.br/lastro"


@pytest.fixture
def ana(world: World) -> Iterator[TestClient]:
    """An administrator of everything, on read models that follow the log."""
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    with read_models(world.lastro):
        assert wait_for(world.lastro.database, 0, 20, ["companies"])
        yield world.browser(ANA)


@pytest.fixture
def house(world: World) -> House:
    return House.on(world.lastro)


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def key_of(browser: TestClient) -> str:
    found = re.search(r'name="chave" value="([0-9a-f-]{36})"', browser.get(f"{LIST}/novo").text)
    assert found is not None
    return found[1]


def filled(browser: TestClient, **changes: Any) -> dict[str, Any]:
    form = {"chave": key_of(browser), "nome": "ERP", "endereco": URL, "topico": ["billing.invoices.v1"]}
    return {**form, **changes}


def registered(browser: TestClient, **changes: Any) -> UUID:
    answer = browser.post(LIST, data=filled(browser, **changes))
    assert answer.status_code == 200, answer.text
    found = re.search(r'href="/integracoes/webhooks/([0-9a-f-]{36})"', answer.text)
    assert found is not None
    return UUID(found[1])


def test_a_new_webhook_shows_its_secret_once(ana: TestClient) -> None:
    form = filled(ana)
    answer = ana.post(LIST, data=form)
    assert ">whsec_" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    again = ana.post(LIST, data=form)
    assert (again.status_code, again.headers["location"]) == (303, f"{LIST}/{form['chave']}")
    page = ana.get(f"{LIST}/{form['chave']}").text
    assert "whsec_" not in page + ana.get(LIST).text
    assert ana.get(LIST).text.count(f'href="{LIST}/{form["chave"]}"') == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nome": " "}, "Dê um nome ao webhook."),
        ({"nome": "x" * 81}, "No máximo 80 caracteres."),
        ({"endereco": ""}, "Digite o endereço que recebe as mensagens."),
        ({"endereco": "http://erp.exemplo.com.br/"}, "O endereço precisa começar por https://."),
        ({"endereco": "https://10.0.0.1/"}, "O endereço precisa ser público"),
        ({"endereco": "https://ana:x@erp.exemplo.com.br/"}, "O endereço não pode levar usuário nem senha."),
        ({"endereco": "https://erp.exemplo.com.br:22/"}, "Só as portas 443 e 8443 são aceitas."),
        ({"topico": []}, "Escolha ao menos um tópico."),
        ({"topico": ["billing.gossip.v1"]}, "Um dos tópicos não existe mais."),
        ({"alcance": "algumas"}, "Escolha ao menos uma empresa."),
        ({"alcance": "algumas", "empresa": [str(UUID(int=4))]}, "Uma das empresas não está entre as suas."),
        (
            {"topico": ["billing.customers_personal.v1"]},
            "Confirme que este destino pode receber dados pessoais",
        ),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(ana: TestClient, changes: dict[str, Any], said: str) -> None:
    answer = ana.post(LIST, data=filled(ana, **changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text or "p-topicos" in answer.text or "p-alcance" in answer.text
    assert "Nenhum webhook" in ana.get(LIST).text


def test_what_was_typed_is_shown_again_as_text(ana: TestClient) -> None:
    answer = ana.post(LIST, data=filled(ana, nome='<b>"ERP"</b>', endereco="javascript:alert(1)"))
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert 'href="javascript' not in answer.text


def test_a_webhook_is_changed(ana: TestClient, house: House) -> None:
    endpoint_id = registered(ana)
    form = {
        "nome": "ERP 2",
        "endereco": f"{URL}/2",
        "topico": ["billing.contracts.v1", "billing.invoices.v1"],
        "mensagem": ["billing.invoice.billed.v1", "billing.service.priced.v1"],
    }
    answer = ana.post(f"{LIST}/{endpoint_id}/alterar", data=form)
    assert answer.status_code == 303
    webhook = house.endpoint(endpoint_id).webhook
    assert (webhook.name, webhook.url) == ("ERP 2", f"{URL}/2")
    assert webhook.subscription.types == ("billing.invoice.billed.v1",)
    page = ana.get(f"{LIST}/{endpoint_id}/alterar").text
    assert re.search(r'value="billing.invoice.billed.v1" checked', page)
    assert "Contratos" in ana.get(f"{LIST}/{endpoint_id}").text


@pytest.mark.parametrize("role", [Role.FINANCE, Role.VIEWER, Role.AUDITOR, Role.INTEGRATOR])
def test_only_administrators_see_webhooks(world: World, house: House, role: Role) -> None:
    endpoint_id = house.register(URL).endpoint_id
    world.person("bia@exemplo.com.br", everywhere(role))
    bia = world.browser("bia@exemplo.com.br")
    for address in (LIST, f"{LIST}/novo", f"{LIST}/{endpoint_id}", f"{LIST}/{endpoint_id}/alterar"):
        assert bia.get(address).status_code == 403
    for address in ("/testar", "/tentar", "/acoes/pausar", "/acoes/trocar-segredo", "/alterar"):
        assert bia.post(f"{LIST}/{endpoint_id}{address}", headers=HTMX).status_code == 403
    assert LIST not in bia.get("/faturamento").text


def test_an_administrator_of_one_company_sees_its_webhooks_alone(world: World, house: House) -> None:
    company = world.organisation.company
    theirs = house.register(URL, name="de todas").endpoint_id
    house.register(URL, name="da minha", companies=(company,))
    world.person("bia@exemplo.com.br", within(Role.ADMINISTRATOR, company))
    with followed(world):
        bia = world.browser("bia@exemplo.com.br")
        page = bia.get(LIST).text
        assert "da minha" in page
        assert "de todas" not in page
        assert bia.get(f"{LIST}/{theirs}").status_code == 404
        assert bia.post(f"{LIST}/{theirs}/acoes/retomar", headers=HTMX).status_code == 404
        form = bia.get(f"{LIST}/novo").text
        assert 'value="todas"' not in form
        assert "billing.customers_personal.v1" not in form
        refused = bia.post(LIST, data=filled(bia, alcance="todas"))
        assert (refused.status_code, "não alcança todas as empresas" in refused.text) == (422, True)
        assert bia.post(LIST, data=filled(bia, alcance="algumas", empresa=[str(company)])).status_code == 200


def test_it_is_paused_and_resumed_with_a_question_first(ana: TestClient, house: House) -> None:
    endpoint_id = registered(ana)
    acts = f"{LIST}/{endpoint_id}/acoes"
    assert "Nada mais é enviado" in ana.get(f"{acts}/pausar", headers=HTMX).text
    assert "Diga por quê." in ana.post(f"{acts}/pausar", data={"motivo": " "}, headers=HTMX).text
    done = ana.post(f"{acts}/pausar", data={"motivo": "manutenção"}, headers=HTMX)
    assert (done.status_code, done.headers["HX-Trigger"]) == (200, "lastro:webhook")
    assert house.endpoint(endpoint_id).webhook.disabled
    page = ana.get(f"{LIST}/{endpoint_id}").text
    assert "Pausado" in page
    assert "/acoes/retomar" in page
    ana.post(f"{acts}/retomar", headers=HTMX)
    assert not house.endpoint(endpoint_id).webhook.disabled
    assert ana.get(f"{acts}/pausar").status_code == 303


def test_a_rotated_secret_is_shown_once(ana: TestClient) -> None:
    endpoint_id = registered(ana)
    acts = f"{LIST}/{endpoint_id}/acoes/trocar-segredo"
    assert "Um segredo novo passa a assinar" in ana.get(acts, headers=HTMX).text
    done = ana.post(acts, data={"horas": "24"}, headers=HTMX).text
    assert ">whsec_" in done
    page = ana.get(f"{LIST}/{endpoint_id}").text
    assert "whsec_" not in page
    assert "Segredos" in page
    assert ana.post(acts, data={"horas": "900"}, headers=HTMX).status_code == 422


def test_a_failing_webhook_says_what_it_waits_for_and_can_skip_it(
    world: World, ana: TestClient, house: House, told: Receiver
) -> None:
    _ = world.organisation.company
    shown = house.register(told.url())
    told.always = Reply(422, body=b"<script>alert(1)</script>")
    with house.delivering():
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries > 0)
    page = ana.get(f"{LIST}/{shown.endpoint_id}").text
    assert "Falhando" in page
    assert "HTTP 422" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "As mensagens seguintes só vão depois desta." in page
    assert f'hx-post="{LIST}/{shown.endpoint_id}/tentar"' in page
    again = ana.post(f"{LIST}/{shown.endpoint_id}/tentar", headers=HTMX)
    assert (again.status_code, again.headers["HX-Trigger"]) == (204, "lastro:webhook")
    page = ana.get(f"{LIST}/{shown.endpoint_id}").text
    assert "a próxima agora." in page
    head = house.endpoint(shown.endpoint_id).place.head
    assert head is not None
    acts = f"{LIST}/{shown.endpoint_id}/acoes/pular"
    window = ana.get(acts, headers=HTMX).text
    assert f'name="posicao" value="{head.position}"' in window
    late = ana.post(acts, data={"posicao": str(head.position + 1), "motivo": "x"}, headers=HTMX)
    assert (late.status_code, "já não é a que espera" in late.text) == (422, True)
    ana.post(acts, data={"posicao": str(head.position), "motivo": "o ERP recusa"}, headers=HTMX)
    assert "Pulada" in ana.get(f"{LIST}/{shown.endpoint_id}?resultado=puladas").text


def test_the_log_is_filtered_and_paged_both_ways(
    world: World, ana: TestClient, house: House, told: Receiver
) -> None:
    world.organisation.sign("CT-1", instalment_count=24)
    world.organisation.sign("CT-2", instalment_count=24)
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    assert len(expected) > 100
    with house.delivering():
        told.wait_for(len(expected))
        await_that(lambda: len(house.log_of(shown.endpoint_id)) == len(expected))
    page, seen = ana.get(f"{LIST}/{shown.endpoint_id}").text, list[str]()
    while True:
        seen += re.findall(r'<tr id="e-([0-9a-f-]{36})"', page)
        older = re.search(r'id="proxima" href="([^"]+)"', page)
        if older is None:
            break
        page = ana.get(older[1].replace("&amp;", "&")).text
    assert seen == [str(each.delivery_id) for each in reversed(house.log_of(shown.endpoint_id))]
    back = re.search(r'id="anterior" href="([^"]+)"', page)
    assert back is not None
    newer = re.findall(r'<tr id="e-([0-9a-f-]{36})"', ana.get(back[1].replace("&amp;", "&")).text)
    assert newer == seen[len(seen) - len(seen) % 50 - 50 : len(seen) - len(seen) % 50]
    one = told.received[3].message
    only = ana.get(f"{LIST}/{shown.endpoint_id}?posicao={int(one['sequence'])}").text
    assert only.count('<tr id="e-') == 1
    assert "Nenhuma entrega com este filtro" in ana.get(f"{LIST}/{shown.endpoint_id}?resultado=falhas").text
    assert ana.get(f"{LIST}/{shown.endpoint_id}?cursor=abc").status_code == 422
    assert ana.get(f"{LIST}/{shown.endpoint_id}?resultado=x").status_code == 422


def test_a_test_message_tells_what_came_of_it(
    world: World, ana: TestClient, house: House, told: Receiver
) -> None:
    shown = house.register(told.url(), from_position=None)
    asked = ana.post(f"{LIST}/{shown.endpoint_id}/testar", headers=HTMX).text
    found = re.search(r'hx-get="([^"]+/testes/[^"]+)"', asked)
    assert found is not None
    assert "Enviando o teste" in ana.get(found[1], headers=HTMX).text
    with house.delivering():
        told.wait_for(1)
        await_that(lambda: len(house.log_of(shown.endpoint_id)) == 1)
    done = ana.get(found[1], headers=HTMX)
    assert "Teste entregue. HTTP 204 em" in done.text
    assert done.headers["HX-Trigger"] == "lastro:webhook"


def test_a_test_that_nobody_sends_says_so(world: World, ana: TestClient, house: House) -> None:
    shown = house.register(URL)
    world.clock.now = house.clock()
    ana = world.browser(ANA)
    found = re.search(
        r'hx-get="([^"]+/testes/[^"]+)"', ana.post(f"{LIST}/{shown.endpoint_id}/testar", headers=HTMX).text
    )
    assert found is not None
    world.clock.forward(seconds=40)
    assert "lastro worker" in ana.get(found[1], headers=HTMX).text


def test_operators_are_told_of_what_the_system_disabled(ana: TestClient, house: House) -> None:
    shown = house.register(URL)
    assert "desligado pelo sistema" not in ana.get("/operacao").text
    house.webhooks.auto_disable(SYSTEM, shown.endpoint_id, "gone", None, 1, 410)
    assert "1 webhook desligado pelo sistema." in ana.get("/operacao").text
    listed = ana.get(LIST, headers=PARTIAL).text
    assert "Desligado pelo sistema" in listed
    assert "410" in listed
    numbers = ana.get("/metrics").text
    assert 'lastro_webhook_endpoints{state="auto_disabled"} 1.0' in numbers
    house.webhooks.enable(SYSTEM, shown.endpoint_id)
    assert "desligado pelo sistema" not in ana.get("/operacao").text
    assert f'lastro_webhook_lag_positions{{endpoint="{shown.endpoint_id}"}}' in ana.get("/metrics").text


def test_every_topic_and_message_has_words(house: House) -> None:
    offer = house.webhooks.offer
    assert set(words.TOPICS) == set(offer.topics)
    for topic in offer.topics.values():
        for message in topic.types:
            assert words.message_words(message) != message
