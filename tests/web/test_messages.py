"""/operacao/mensagens: what was set aside is seen by operators, opened on the record, corrected, applied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM
from application.incoming.positions import PauseReason, Place
from application.sales_references import OrderReferenceUnknownError
from domain.personal_reading.events import MessageRead
from domain.sale.events import SaleRecorded
from domain.user.roles import Role
from projections.progress import wait_for
from tests.consumers.letters import order, packed, read_up_to, receipt, set_aside
from tests.e2e.server import read_models
from tests.web.world import SEAL, World, everywhere, within

CPF = "123.456.789-09"
UNKNOWN = OrderReferenceUnknownError("no customer is registered", field="customer")
PATH = "/operacao/mensagens"
HX = {"HX-Request": "true"}


@pytest.fixture
def ana(world: World) -> TestClient:
    world.person("ana@exemplo.com.br", everywhere(Role.ADMINISTRATOR))
    return world.browser("ana@exemplo.com.br")


@pytest.fixture
def refused(world: World) -> UUID:
    """An order of a customer whom nobody knows."""
    value = packed(order(customer="C9", customer_document=CPF, department="Recife"))
    return set_aside(world.lastro.database, SEAL, value, UNKNOWN, source_id="loja/1001", key=b"loja/1001")


@pytest.fixture
def shop(world: World) -> Iterator[None]:
    """What the orders name, on read models that follow the log."""
    assert world.organisation.customers
    with read_models(world.lastro):
        assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ["accounts"])
        yield


def facts(world: World, topic: str) -> list[object]:
    return list(world.lastro.read(0, 1_000, [topic]))


def test_the_page_says_what_waits_and_why(ana: TestClient, world: World, refused: UUID) -> None:
    set_aside(world.lastro.database, SEAL, b"\xff", "Invalid JSON", offset=1)
    page = ana.get(PATH).text
    assert "2 à espera" in page
    assert "Não há cadastro para o cliente." in page
    assert "não segue o contrato" in page
    assert CPF not in page
    assert f"m-{refused}" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"loja/1", "loja/2"}),
        ("?q=loja/1", {"loja/1"}),
        ("?codigo=order_reference_unknown", {"loja/1", "loja/2"}),
        ("?codigo=message_unreadable", set()),
        ("?topico=payments.settlements.v1", {"banco/1"}),
        ("?estado=discarded", {"loja/3"}),
    ],
)
def test_filters_narrow_the_list(ana: TestClient, world: World, query: str, shown: set[str]) -> None:
    database = world.lastro.database
    for number in (1, 2, 3):
        set_aside(database, SEAL, b"{}", UNKNOWN, offset=number, source_id=f"loja/{number}")
    third = set_aside(database, SEAL, b"{}", UNKNOWN, offset=3, source_id="loja/3")
    world.services.messages.discard(SYSTEM, third, "teste")
    if "topico" in query:
        set_aside(
            database, SEAL, b"{}", UNKNOWN, topic="payments.settlements.v1", offset=9, source_id="banco/1"
        )
    found = set(re.findall(r"(?:loja|banco)/\d", ana.get(PATH + query).text.partition("<tbody hx")[2]))
    assert found == shown


def test_many_messages_come_in_pages(ana: TestClient, world: World) -> None:
    for number in range(53):
        set_aside(world.lastro.database, SEAL, b"{}", UNKNOWN, offset=number, source_id=f"loja/{number:03}")
    first = ana.get(PATH).text
    following = re.search(r'href="(/operacao/mensagens\?pagina=[^"]+)"', first)
    assert following is not None
    second = ana.get(following[1]).text
    seen = [set(re.findall(r'id="m-([0-9a-f-]+)"', page)) for page in (first, second)]
    assert (len(seen[0]), len(seen[1])) == (50, 3)
    assert not seen[0] & seen[1]


def test_a_message_opens_without_what_may_name_somebody(ana: TestClient, world: World, refused: UUID) -> None:
    window = ana.get(f"{PATH}/{refused}", headers=HX).text
    assert "[oculto]" in window
    assert CPF not in window
    assert "100.00" in window
    assert facts(world, MessageRead.TOPIC) == []


def test_all_that_it_says_is_shown_on_the_record(ana: TestClient, world: World, refused: UUID) -> None:
    window = ana.post(f"{PATH}/{refused}/conteudo", data={"motivo": "chamado 12"}, headers=HX).text
    assert CPF in window
    (reading,) = world.lastro.opened(world.lastro.read(0, 1_000, [MessageRead.TOPIC]))
    assert isinstance(reading, MessageRead)
    assert (reading.dead_letter_id, reading.surface, reading.reason) == (refused, "page", "chamado 12")


@pytest.mark.parametrize("role", [Role.FINANCE, Role.VIEWER, Role.AUDITOR, Role.INTEGRATOR])
def test_it_is_an_operator_s_page(world: World, refused: UUID, role: Role) -> None:
    world.person("bia@exemplo.com.br", everywhere(role))
    bia = world.browser("bia@exemplo.com.br")
    for address in (PATH, f"{PATH}/posicoes", f"{PATH}/{refused}", f"{PATH}/{refused}/reaplicar"):
        assert bia.get(address, headers=HX).status_code == 403, address
    for act in ("conteudo", "corrigir", "reaplicar", "descartar"):
        answer = bia.post(f"{PATH}/{refused}/{act}", data={"motivo": "x"}, headers=HX)
        assert answer.status_code == 403, act
    assert facts(world, MessageRead.TOPIC) == []


def test_an_operator_of_one_company_alone_is_none(world: World, refused: UUID) -> None:
    world.person("rui@exemplo.com.br", within(Role.ADMINISTRATOR, world.organisation.company))
    assert world.browser("rui@exemplo.com.br").get(PATH).status_code == 403


@pytest.mark.usefixtures("shop")
def test_a_correction_is_applied_with_the_same_identity(ana: TestClient, world: World, refused: UUID) -> None:
    corrected = packed(order()).decode()
    answer = ana.post(
        f"{PATH}/{refused}/corrigir", data={"texto": corrected, "motivo": "código do cliente"}, headers=HX
    )
    assert "A correção foi guardada" in answer.text
    assert "foi aplicada" in ana.post(f"{PATH}/{refused}/reaplicar", headers=HX).text
    assert len(facts(world, SaleRecorded.TOPIC)) == 1
    again = ana.post(f"{PATH}/{refused}/reaplicar", headers=HX).text
    assert "já foi aplicada ou descartada" in again
    assert len(facts(world, SaleRecorded.TOPIC)) == 1
    window = ana.get(f"{PATH}/{refused}", headers=HX).text
    assert "código do cliente" in window
    assert "Aplicada" in window


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "não segue o contrato"),
        (packed(order("1002")).decode(), "fala de outro pedido"),
        (packed(receipt("1")).decode(), "não segue o contrato"),
    ],
)
def test_a_correction_that_is_none_is_told_beside_it(
    ana: TestClient, refused: UUID, text: str, words: str
) -> None:
    answer = ana.post(f"{PATH}/{refused}/corrigir", data={"texto": text, "motivo": "x"}, headers=HX).text
    assert words in answer
    assert "Conteúdo a aplicar" in answer


def test_a_correction_wants_a_reason(ana: TestClient, refused: UUID) -> None:
    corrected = packed(order()).decode()
    answer = ana.post(f"{PATH}/{refused}/corrigir", data={"texto": corrected, "motivo": " "}, headers=HX)
    assert "notice-danger" in answer.text


@pytest.mark.usefixtures("shop")
def test_what_is_refused_again_stays_with_its_new_reason(
    ana: TestClient, world: World, refused: UUID
) -> None:
    said = ana.post(f"{PATH}/{refused}/reaplicar", headers=HX).text
    assert "Continua separada" in said
    assert "cliente" in said
    assert "à espera" in ana.get(PATH).text


def test_discarding_wants_a_reason_and_is_for_good(ana: TestClient, refused: UUID) -> None:
    assert "notice-danger" in ana.post(f"{PATH}/{refused}/descartar", data={"motivo": ""}, headers=HX).text
    assert "descartada" in ana.post(f"{PATH}/{refused}/descartar", data={"motivo": "teste"}, headers=HX).text
    page = ana.get(PATH).text
    assert "Nenhuma mensagem separada" in page
    assert "teste" in ana.get(f"{PATH}/{refused}", headers=HX).text
    assert "já foi aplicada" in ana.post(f"{PATH}/{refused}/reaplicar", headers=HX).text


@pytest.mark.usefixtures("shop")
def test_all_of_a_filter_are_replayed_the_oldest_first(ana: TestClient, world: World) -> None:
    for number in range(3):
        value = packed(order(f"{number}"))
        set_aside(world.lastro.database, SEAL, value, UNKNOWN, offset=number, source_id=f"loja/{number}")
    assert "3 mensagens" in ana.get(f"{PATH}/reaplicar", headers=HX).text
    assert "3 mensagens aplicadas" in ana.post(f"{PATH}/reaplicar", headers=HX).text
    sales = world.lastro.opened(world.lastro.read(0, 1_000, [SaleRecorded.TOPIC]))
    assert [each.order for each in sales if isinstance(each, SaleRecorded)] == ["0", "1", "2"]


def test_topics_say_how_far_they_are_read_and_what_is_paused(ana: TestClient, world: World) -> None:
    database = world.lastro.database
    read_up_to(database, Place("lastro.orders", "sales.orders.v1", 0), 10, 13)
    lost = (PauseReason.OFFSET_LOST, "offset 5 is beyond the end of the topic, 3: it lost messages")
    read_up_to(database, Place("lastro.orders", "sales.orders.v1", 1), 5, 5, lost)
    part = ana.get(f"{PATH}/posicoes", headers=HX).text
    assert "Pedidos de venda" in part
    assert "3 mensagens" in part
    assert "Partição 1: Mensagens faltando" in part
    assert "beyond the end" in part


def test_a_part_opened_by_its_address_leads_to_the_page(ana: TestClient, refused: UUID) -> None:
    for address in (f"{PATH}/{refused}", f"{PATH}/posicoes", f"{PATH}/{refused}/reaplicar"):
        answer = ana.get(address, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, PATH)


def test_a_broken_page_token_is_told(ana: TestClient) -> None:
    assert ana.get(f"{PATH}?pagina=xyz").status_code in (400, 422)


def test_operators_are_told_on_every_page_that_messages_wait(
    ana: TestClient, world: World, refused: UUID
) -> None:
    lost = (PauseReason.OFFSET_LOST, "beyond")
    read_up_to(world.lastro.database, Place("lastro.orders", "sales.orders.v1", 1), 5, 5, lost)
    alarm = ana.get("/operacao/alarme", headers=HX).text
    assert "1 partição de mensagens parada e 1 mensagem separada à espera." in alarm
    world.services.messages.discard(SYSTEM, refused, "teste")
    assert "separada" not in ana.get("/operacao/alarme", headers=HX).text
