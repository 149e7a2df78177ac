"""A forgotten customer on every screen and in the API: [removido] or null, and found by no word any more."""

from __future__ import annotations

import pytest

from application.access import SYSTEM
from application.forgetting import Forgetter
from domain.user.roles import Role
from projections.customer_portfolio import CustomerPortfolioQuery
from projections.progress import wait_for
from tests.application.world import CPFS
from tests.web.portfolio import LONG_NAME, Portfolio
from tests.web.test_listing import text
from tests.web.world import World, everywhere, lookups_on

ANA = "ana@exemplo.com.br"
WORDS = (LONG_NAME, "Condomínio Residencial", "19131243000197", "19.131.243/0001-97", "Reajuste combinado")


@pytest.fixture
def forgotten(world: World, portfolio: Portfolio) -> Portfolio:
    """The customer of the contract with notes, whose invoices are pending, forgotten despite that."""
    database = world.lastro.database
    forgetter = Forgetter(
        world.lastro, lookups_on(world.lastro), world.clock, CustomerPortfolioQuery(database)
    )
    customer_id = world.organisation.customers[4]
    done = forgetter.forget(SYSTEM, customer_id, "protocolo 9", "titular", despite_open=True)
    assert done.position is not None
    assert wait_for(database, done.position, 20)
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    return portfolio


def test_no_page_names_the_person(world: World, forgotten: Portfolio) -> None:
    ana = world.browser(ANA)
    invoice = forgotten.pending[0]
    contract_id = world.organisation.invoice(invoice).contract_id
    pages = [
        "/faturamento?inicio=01/03/2026&fim=30/06/2026",
        "/contratos",
        f"/contratos/{contract_id}",
        f"/faturamento/{invoice}",
        f"/faturamento/{invoice}/historico",
        f"/auditoria?registro={world.organisation.customers[4]}",
        f"/auditoria?registro={contract_id}",
    ]
    for page in pages:
        answer = ana.get(page)
        assert answer.status_code == 200, page
        assert not any(word in answer.text for word in WORDS), page
    for page in (pages[0], pages[1], pages[2], pages[3]):
        assert "[removido]" in ana.get(page).text, page
    told = text(ana.get(pages[3]).text)
    assert "CPF/CNPJ [removido]" in told
    assert "E-mail de cobrança [removido]" in told
    assert "R$ 150,00" in told


@pytest.mark.parametrize("words", ["Associação", "19.131.243/0001-97", "Reajuste combinado"])
def test_no_word_finds_the_person(world: World, forgotten: Portfolio, words: str) -> None:
    ana = world.browser(ANA)
    assert "[removido]" not in ana.get("/contratos", params={"q": words}).text
    found = ana.get("/faturamento", params={"q": words, "inicio": "01/03/2026", "fim": "30/06/2026"})
    assert "[removido]" not in found.text


def test_the_api_says_null_and_that_it_is_for_good(world: World, forgotten: Portfolio) -> None:
    user_id = world.users.find(ANA)
    assert user_id is not None
    api = world.integrator(world.token(user_id))
    customer_id = world.organisation.customers[4]
    customer = api.get(f"/api/v1/customers/{customer_id}").json()
    assert (customer["name"], customer["document"], customer["code"]) == (None, None, None)
    assert customer["forgotten"] is True
    asked = {"customer_id": str(customer_id), "start": "2026-03-01", "end": "2026-06-30"}
    invoices = api.get("/api/v1/invoices", params=asked).json()["invoices"]
    assert invoices
    assert all(each["customer_name"] is None and each["customer_forgotten"] for each in invoices)
    other = api.get(f"/api/v1/customers/{world.organisation.customers[0]}").json()
    assert (other["forgotten"], other["document"]) == (False, CPFS[0])
    events = api.get("/api/v1/events").text
    assert "customer.forgotten.v1" in events
    assert not any(word in events for word in WORDS)
