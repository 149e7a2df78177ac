"""Messages that were set aside, at the screen: found, opened on the record, corrected, applied, discarded."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from application.incoming.positions import PauseReason, Place
from application.sales_references import OrderReferenceUnknownError
from domain.user.roles import Role
from projections.progress import wait_for
from tests.consumers.letters import order, packed, read_up_to, set_aside
from tests.e2e.conftest import Person
from tests.web.world import SEAL, World, everywhere

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"


def photograph(person: Person, name: str) -> None:
    """Kept where somebody wants to look at it."""
    folder = os.environ.get("LASTRO_SCREENSHOTS")
    if folder:
        person.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")


@pytest.fixture
def shop(world: World) -> World:
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    assert world.organisation.customers
    database = world.lastro.database
    unknown = OrderReferenceUnknownError("no customer is registered", field="customer")
    value = packed(order(customer="C9", customer_document="123.456.789-09"))
    set_aside(database, SEAL, value, unknown, source_id="loja/1001", key=b"loja/1001")
    set_aside(database, SEAL, b"\xff\xfe", "Invalid JSON: expected value at line 1 column 1", offset=7)
    for partition in range(3):
        read_up_to(database, Place("lastro.orders", "sales.orders.v1", partition), 120, 121)
        read_up_to(database, Place("lastro.settlements", "payments.settlements.v1", partition), 88, 88)
    lost = (PauseReason.OFFSET_LOST, "the messages from offset 120 to 130 were deleted unread")
    read_up_to(database, Place("lastro.orders", "sales.orders.v1", 3), 120, 140, lost)
    assert wait_for(database, world.lastro.safe_position(), 20, ["accounts"])
    return world


def test_an_operator_corrects_a_message_and_applies_it(person: Person, shop: World) -> None:
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/operacao/mensagens")
    expect(page.get_by_text("Partição 3: Mensagens faltando")).to_be_visible()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        person.require_accessible()
        person.require_no_sideways_scroll()
        photograph(person, f"messages-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Abrir a mensagem loja/1001").click()
    expect(page.get_by_text("[oculto]").first).to_be_visible()
    person.require_accessible()
    photograph(person, "message-hidden")
    page.get_by_label("Motivo (opcional)").fill("chamado 12")
    page.get_by_role("button", name="Mostrar tudo e corrigir").click()
    text = page.get_by_label("Conteúdo a aplicar")
    expect(text).to_have_value(re.compile(r"123\.456\.789-09"))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        person.require_accessible()
        photograph(person, f"message-correct-{width}")
    page.get_by_label("Motivo da correção").fill("cliente certo")
    text.fill("{}")
    page.get_by_role("button", name="Guardar correção").click()
    expect(page.get_by_text("ainda não segue o contrato")).to_be_visible()
    page.get_by_label("Conteúdo a aplicar").fill(packed(order()).decode())
    page.get_by_role("button", name="Guardar correção").click()
    expect(page.get_by_text("A correção foi guardada")).to_be_visible()
    person.require_accessible()
    photograph(person, "message-replay")
    page.get_by_role("button", name="Reaplicar", exact=True).click()
    expect(page.get_by_text("A mensagem foi aplicada.")).to_be_visible()
    page.get_by_role("button", name="Fechar").last.click()
    expect(page.locator("#mensagens tbody tr")).to_have_count(1)


def test_an_operator_discards_a_message_with_a_reason(person: Person, shop: World) -> None:
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/operacao/mensagens?codigo=message_unreadable")
    expect(page.locator("#mensagens tbody tr")).to_have_count(1)
    page.locator("#mensagens").get_by_role("button", name="Descartar").click()
    expect(page.get_by_text("Não se desfaz")).to_be_visible()
    person.require_accessible()
    photograph(person, "message-discard")
    page.get_by_label("Motivo").last.fill("teste do fornecedor")
    page.locator("#modal").get_by_role("button", name="Descartar").click()
    expect(page.get_by_text("A mensagem foi descartada.")).to_be_visible()
    page.get_by_role("button", name="Fechar").last.click()
    expect(page.get_by_text("Nenhuma mensagem neste filtro")).to_be_visible()
