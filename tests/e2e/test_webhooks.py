"""A webhook at the screen: registered, tested, failing, its message skipped, its secret changed, paused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from domain.user.roles import Role
from projections.progress import wait_for
from tests.e2e.conftest import Person
from tests.e2e.server import served
from tests.producers.webhooks.house import House
from tests.producers.webhooks.receiver import Receiver, Reply, await_that, receiver
from tests.web.world import World, everywhere, services_on

pytestmark = pytest.mark.e2e

ANA = "ana@exemplo.com.br"
SECRET = re.compile(r"^whsec_[A-Za-z0-9+/]{43}=$")


@pytest.fixture
def house(world: World) -> House:
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    _ = world.organisation.company
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ["companies"])
    return House.on(world.lastro)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Served with webhooks that may lead to this machine."""
    with served(services_on(world.lastro, world.clock, allow_private=True)) as url:
        yield url


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def both_widths(person: Person) -> None:
    for width in (390, 1280):
        person.page.set_viewport_size({"width": width, "height": 900})
        person.require_accessible()
        person.require_no_sideways_scroll()


def test_a_webhook_is_registered_and_tested(person: Person, house: House, told: Receiver) -> None:
    person.sign_in(ANA)
    page = person.page
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text("Nenhum webhook")).to_be_visible()
    both_widths(person)
    page.get_by_role("link", name="Novo webhook").first.click()
    person.expected.add("422")
    page.get_by_role("button", name="Cadastrar").click()
    expect(page.get_by_text("Dê um nome ao webhook.")).to_be_visible()
    both_widths(person)
    page.get_by_role("textbox", name="Nome").fill("ERP do grupo")
    page.get_by_role("textbox", name="Endereço").fill(told.url())
    page.locator("input[value='billing.companies.v1']").check()
    page.get_by_text("Desde o início do registro").click()
    page.get_by_role("button", name="Cadastrar").click()
    expect(page.locator("#segredo")).to_have_value(SECRET)
    both_widths(person)
    page.get_by_role("link", name="Copiei, continuar").click()
    with house.delivering():
        page.get_by_role("button", name="Enviar teste").click()
        expect(page.get_by_text("Teste entregue. HTTP 204")).to_be_visible()
        expect(page.get_by_text("Empresa cadastrada")).to_be_visible()
    expect(page.get_by_text("Em dia")).to_be_visible()
    both_widths(person)


def test_a_failing_webhook_is_helped_and_paused(person: Person, house: House, told: Receiver) -> None:
    told.replies = [Reply(422, body=b'{"error": "unknown field"}')]
    shown = house.register(told.url(), name="ERP")
    with house.delivering():
        await_that(lambda: house.endpoint(shown.endpoint_id).place.tries > 0)
    person.sign_in(ANA)
    page = person.page
    page.goto(f"{person.address}/integracoes/webhooks/{shown.endpoint_id}")
    expect(page.get_by_text("Falhando")).to_be_visible()
    page.get_by_role("button", name="Pular mensagem").click()
    expect(page.get_by_role("heading", name="Pular mensagem")).to_be_visible()
    both_widths(person)
    page.get_by_label("Motivo").fill("o ERP não conhece o campo")
    page.get_by_role("button", name="Pular esta mensagem").click()
    expect(page.get_by_text("A mensagem foi pulada")).to_be_visible()
    page.get_by_role("button", name="Fechar", exact=True).last.click()
    expect(page.get_by_text("Pulada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Trocar segredo").click()
    page.locator("#modal").get_by_role("button", name="Trocar segredo").click()
    expect(page.locator("#segredo")).to_have_value(SECRET)
    both_widths(person)
    page.get_by_role("button", name="Copiei").click()
    page.get_by_role("button", name="Pausar").click()
    page.get_by_label("Motivo").fill("manutenção")
    page.locator("#modal").get_by_role("button", name="Pausar").click()
    expect(page.get_by_text("O webhook está pausado.")).to_be_visible()
    page.get_by_role("button", name="Fechar", exact=True).last.click()
    expect(page.get_by_role("button", name="Retomar")).to_be_visible()
    page.get_by_role("link", name="Webhooks").first.click()
    expect(page.get_by_text("Pausado")).to_be_visible()
    both_widths(person)
