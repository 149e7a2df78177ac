"""/auditoria: who may ask, what cannot be read, whose facts are found, what a look at people leaves."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM, operator
from application.app import RecordedEvent
from domain.kernel import EVENT_TYPES
from domain.personal_reading.events import PersonalDataRead
from domain.user.roles import Role
from projections.audit.query import AuditPage, audit_page
from projections.progress import wait_for
from tests.web.portfolio import Portfolio
from tests.web.world import World, everywhere, within
from web import audit_reading
from web.audit_listing import PATH, AuditListing
from web.cursors import CursorSigner

RUI, BIA, EVA = "rui@exemplo.com.br", "bia@exemplo.com.br", "eva@exemplo.com.br"


@pytest.fixture
def rui(world: World, portfolio: Portfolio) -> TestClient:
    """An auditor of every company."""
    world.person(RUI, everywhere(Role.AUDITOR), name="Rui Castro")
    return at_the_end(world, world.browser(RUI))


@pytest.fixture
def bia(world: World, portfolio: Portfolio) -> TestClient:
    """An auditor of the second company alone."""
    world.person(BIA, within(Role.AUDITOR, portfolio.other_company), name="Bia Lima")
    return at_the_end(world, world.browser(BIA))


def at_the_end(world: World, client: TestClient) -> TestClient:
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ["audit"])
    return client


def facts(world: World, *topics: str) -> list[RecordedEvent]:
    return world.lastro.read(0, 10_000, list(topics) or None)


def first(world: World, topic: str) -> RecordedEvent:
    return facts(world, topic)[0]


def listed(client: TestClient, query: str = "") -> list[dict[str, object]]:
    """Every fact of an answer, as its file has it."""
    answer = client.get(f"{PATH}/arquivo.jsonl?{query}")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize(
    "path", ["", "/arquivo.csv", "/arquivo.jsonl", f"/correlacoes/{UUID(int=1)}", f"/fatos/{UUID(int=1)}"]
)
def test_it_takes_the_permission(world: World, path: str) -> None:
    world.person(EVA, everywhere(Role.FINANCE))
    assert world.browser().get(PATH + path).status_code == 303
    finance = world.browser(EVA)
    assert finance.get(PATH + path).status_code == 403
    assert 'href="/auditoria"' not in finance.get("/contratos").text


def test_everything_is_found_and_no_list_shows_personal_data(rui: TestClient, world: World) -> None:
    page = rui.get(PATH)
    assert page.status_code == 200
    assert 'href="/auditoria"' in page.text
    assert len(listed(rui)) == len(facts(world))
    for text in (page.text, rui.get(f"{PATH}/arquivo.jsonl").text, rui.get(f"{PATH}/arquivo.csv").text):
        assert "s1:" not in text
        assert "Cliente C0" not in text
        assert "52998224725" not in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("registro=abc", "Não é um identificador"),
        ("correlacao=00000000", "Não é um identificador"),
        ("cliente=%00", ""),
        ("valor=1,234,5", "Digite o valor"),
        ("valor=-5", "Digite o valor"),
        ("valor=NaN", "Digite o valor"),
        ("ocorrido_de=32/01/2026", "Digite como dd/mm/aaaa"),
        ("ocorrido_de=01/01/2026 25:00", "Digite como dd/mm/aaaa"),
        ("registrado_de=02/01/2026&registrado_ate=01/01/2026", "anterior ao início"),
        ("fato=invoice.nada.v1", "não existe"),
        ("empresa=1", "A empresa “1” não existe."),
        ("quem=ana", "O filtro “quem” não existe."),
        ("ordem=xyz", "“xyz” não é uma opção de Ordem."),
        ("linhas=77", "“77” não é uma opção de Linhas."),
    ],
)
def test_what_cannot_be_read_is_told_and_nothing_is_looked_for(
    rui: TestClient, query: str, words: str
) -> None:
    answer = rui.get(f"{PATH}?{query}")
    assert answer.status_code == (422 if words else 200)
    assert words in answer.text
    assert rui.get(f"{PATH}/arquivo.csv?{query}").status_code == answer.status_code


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE event; --",
        "<script>alert(1)</script>",
        "\ud800",
        "％" * 200,
        "109/00000001-6\x00",
        "%_",
    ],
)
def test_hostile_texts_find_nothing_and_are_shown_as_they_stand(rui: TestClient, text: str) -> None:
    typed = quote(text.encode("utf-8", "surrogatepass"))
    for name in ("documento", "autor"):
        answer = rui.get(f"{PATH}?{name}={typed}")
        assert answer.status_code == 200, name
        assert "<script>alert" not in answer.text


def test_pages_follow_each_other_without_a_gap(rui: TestClient, world: World) -> None:
    seen: list[str] = []
    address = f"{PATH}?ordem=antigos"
    while address:
        text = rui.get(address).text
        seen += [part.split('"')[0] for part in text.split('id="e-')[1:]]
        after = text.split('id="proxima" href="')
        address = after[1].split('"')[0].replace("&amp;", "&") if len(after) > 1 else ""
    assert seen == [str(event.event_id) for event in facts(world)]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "a" * 700])
def test_a_cursor_of_somebody_s_own_making_is_refused(rui: TestClient, cursor: str) -> None:
    assert rui.get(f"{PATH}?cursor={cursor}").status_code in (400, 422)


def test_a_cursor_of_one_order_is_none_of_the_other(rui: TestClient, world: World) -> None:
    cursor = CursorSigner(world.services.signing_key).seal("audit recentes", [40])
    assert rui.get(f"{PATH}?cursor={cursor}").status_code == 200
    assert rui.get(f"{PATH}?cursor={cursor}&ordem=antigos").status_code in (400, 422)


def test_nobody_learns_of_another_company_by_any_way(
    bia: TestClient, world: World, portfolio: Portfolio
) -> None:
    """What is of no company is for those alone who see every one."""
    own = {str(e.event_id) for e in facts(world) if e.company_id == portfolio.other_company}
    assert {fact["event_id"] for fact in listed(bia)} == own
    boleto = first(world, "invoice.boleto_issued.v1")
    assert boleto.company_id != portfolio.other_company
    printed = (
        f"{boleto.state['portfolio']}/{boleto.state['nosso_numero']}-{boleto.state['nosso_numero_digit']}"
    )
    for query in (
        f"registro={boleto.stream_id}",
        f"correlacao={boleto.correlation_id}",
        f"cliente={boleto.state['customer_id']}",
        f"documento={quote(printed)}",
        f"documento={boleto.state['linha_digitavel']}",
        "documento=A-001",
        "documento=529.982.247-25",
        f"empresa={boleto.company_id}",
        "fato=invoice.boleto_issued.v1",
        "fato=customer.registered.v1",
        "fato=user.signed_in.v1",
        "valor=1.234.567,89",
    ):
        assert listed(bia, query) == [], query
    assert bia.get(f"{PATH}/correlacoes/{boleto.correlation_id}").text.count("audit-step depth") == 0
    for event in (boleto, first(world, "customer.registered.v1")):
        assert bia.get(f"{PATH}/fatos/{event.event_id}").status_code == 404
        assert bia.post(f"{PATH}/fatos/{event.event_id}/dados-pessoais").status_code == 404
    assert facts(world, PersonalDataRead.TOPIC) == []


def test_a_fact_that_is_not_there_is_not_found(rui: TestClient) -> None:
    assert rui.get(f"{PATH}/fatos/{UUID(int=5)}").status_code == 404
    assert rui.get(f"{PATH}/fatos/abc").status_code in (404, 422)
    assert "Nenhum fato com esta correlação" in rui.get(f"{PATH}/correlacoes/{UUID(int=5)}").text


def test_every_fact_opens_and_its_seal_agrees(rui: TestClient, world: World) -> None:
    for event in {event.topic: event for event in facts(world)}.values():
        text = rui.get(f"{PATH}/fatos/{event.event_id}").text
        assert "Selo confere" in text, event.topic
        assert "não pôde ser recomposto" not in text, event.topic
        assert "s1:" not in text


def test_before_and_after_are_shown(rui: TestClient, world: World, portfolio: Portfolio) -> None:
    world.organisation.commands.invoices.reschedule(
        SYSTEM, portfolio.pending[0], 1, world.services.today().replace(day=25)
    )
    moved = first(world, "invoice.installment_rescheduled.v1")
    text = rui.get(f"{PATH}/fatos/{moved.event_id}").text
    assert "Vencimento alterado" in text
    assert '<td data-label="Antes">10/03/2026</td>' in text


def test_a_fact_that_was_altered_in_the_database_is_shown_as_such(rui: TestClient, world: World) -> None:
    paid = first(world, "invoice.installment_paid.v1")
    with world.lastro.database.autocommit() as connection, connection.transaction():
        connection.execute("ALTER TABLE event DISABLE TRIGGER event_is_kept")
        connection.execute(
            'UPDATE event SET state = state || \'{"amount": "1.00", "paid_on": 7}\' WHERE position = %s',
            (paid.position,),
        )
        connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_kept")
    answer = rui.get(f"{PATH}/fatos/{paid.event_id}")
    assert answer.status_code == 200
    assert "Selo não confere" in answer.text
    assert rui.get(f"{PATH}?registro={paid.stream_id}").status_code == 200


def test_personal_data_is_shown_once_a_click_and_each_click_is_a_fact(rui: TestClient, world: World) -> None:
    registered = first(world, "customer.registered.v1")
    address = f"{PATH}/fatos/{registered.event_id}"
    assert "Cliente C0" not in rui.get(address).text
    assert rui.get(f"{address}/dados-pessoais").headers["location"] == address
    assert facts(world, PersonalDataRead.TOPIC) == []
    shown = rui.post(f"{address}/dados-pessoais", data={"motivo": "  protocolo\t17 "})
    assert "Cliente C0" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    (reading,) = facts(world, PersonalDataRead.TOPIC)
    assert reading.actor == f"user:{world.users.find(RUI)}"
    assert reading.state == {
        "subject_id": str(registered.stream_id),
        "event_ids": [str(registered.event_id)],
        "fields": ["address", "code", "document", "name"],
        "surface": "page",
        "reason": "protocolo 17",
    }
    rui.post(f"{address}/dados-pessoais")
    assert len(facts(world, PersonalDataRead.TOPIC)) == 2
    at_the_end(world, rui)
    assert PersonalDataRead.TOPIC in {
        fact["topic"] for fact in listed(rui, f"cliente={registered.stream_id}")
    }


def test_a_reading_that_cannot_be_recorded_shows_nothing(rui: TestClient, world: World) -> None:
    registered = first(world, "customer.registered.v1")
    address = f"{PATH}/fatos/{registered.event_id}/dados-pessoais"
    assert rui.post(address, data={"motivo": "x" * 301}).status_code == 422
    refused = rui.post(address, data={"motivo": "a\x07b"})
    assert refused.status_code == 409
    assert "Cliente C0" not in refused.text
    plain = first(world, "invoice.billing_requested.v1")
    assert rui.post(f"{PATH}/fatos/{plain.event_id}/dados-pessoais").status_code == 409
    assert facts(world, PersonalDataRead.TOPIC) == []


def test_who_was_forgotten_is_removed(rui: TestClient, world: World) -> None:
    registered = first(world, "customer.registered.v1")
    with world.lastro.database.connection() as connection:
        world.lastro.keyring.erase(connection, registered.stream_id, "subject", world.clock())
    address = f"{PATH}/fatos/{registered.event_id}"
    for answer in (rui.get(address), rui.post(f"{address}/dados-pessoais")):
        assert answer.status_code == 200
        assert "[removido]" in answer.text
        assert "não há mais o que mostrar" in answer.text
        for gone in ("oculto", "Cliente C0", "Mostrar dados pessoais", "leitura foi registrada"):
            assert gone not in answer.text
    assert facts(world, PersonalDataRead.TOPIC) == [], "nothing was read"


def test_the_payer_of_a_boleto_opens_after_the_person_was_forgotten(rui: TestClient, world: World) -> None:
    """Its own key outlives the customer's until the term of the tax law is over (LGPD art. 16, I)."""
    issued = first(world, "invoice.boleto_issued.v1")
    with world.lastro.database.connection() as connection:
        world.lastro.keyring.erase(connection, UUID(issued.state["customer_id"]), "subject", world.clock())
    address = f"{PATH}/fatos/{issued.event_id}"
    assert "oculto" in rui.get(address).text
    assert "[removido]" not in rui.post(f"{address}/dados-pessoais").text
    assert len(facts(world, PersonalDataRead.TOPIC)) == 1


def test_the_file_for_a_spreadsheet_runs_nothing(rui: TestClient, world: World) -> None:
    answer = rui.get(f"{PATH}/arquivo.csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="auditoria-')
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == len(facts(world))
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t" and cell]
    assert {row["topic"] for row in rows} <= set(EVENT_TYPES)


def test_a_file_is_read_while_it_is_written(
    rui: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_reading, "_DOWNLOADED", 10)
    read: list[int] = []

    def counted(*args: Any, **kwargs: Any) -> AuditPage:
        page = audit_page(*args, **kwargs)
        read.append(len(page.events))
        return page

    monkeypatch.setattr(audit_reading, "audit_page", counted)
    principals = [operator("auditor"), operator("auditor"), None]
    found = audit_reading.all_of(world.services, AuditListing(), lambda: principals.pop(0))
    assert [next(found).position for _ in range(10)]
    assert read == [10]
    assert len(list(found)) == 10, "a right that is taken away ends the file"
    assert read == [10, 10]


def test_a_correlation_shows_every_effect_of_a_click(
    rui: TestClient, world: World, portfolio: Portfolio
) -> None:
    boleto = first(world, "invoice.boleto_issued.v1")
    together = [e for e in facts(world) if e.correlation_id == boleto.correlation_id]
    text = rui.get(f"{PATH}/correlacoes/{boleto.correlation_id}").text
    assert text.count('class="audit-step depth-') == len(together)
    assert "Números reservados" in text


def test_the_log_cannot_be_written_through_the_page(rui: TestClient) -> None:
    assert rui.post(PATH).status_code == 405
    assert rui.delete(f"{PATH}/fatos/{UUID(int=1)}").status_code == 405
