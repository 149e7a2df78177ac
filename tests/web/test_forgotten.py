"""A forgotten customer on every screen and in the API: [removido] or null, and found by no word any more."""

from __future__ import annotations

import pytest

from application.access import SYSTEM
from application.forgetting import Forgetter
from application.incoming.erasing import KeptMessages
from domain.user.roles import Role
from projections.customer_portfolio import CustomerPortfolioQuery
from projections.progress import wait_for
from tests.application.world import CPFS
from tests.web.portfolio import LONG_NAME, Portfolio
from tests.web.test_listing import text
from tests.web.world import SEAL, World, everywhere, lookups_on

ANA = "ana@exemplo.com.br"
WORDS = (LONG_NAME, "Condomínio Residencial", "19131243000197", "19.131.243/0001-97", "Reajuste combinado")


def forget(world: World, customer: int) -> None:
    database = world.lastro.database
    forgetter = Forgetter(
        world.lastro,
        lookups_on(world.lastro),
        world.clock,
        CustomerPortfolioQuery(database),
        KeptMessages(SEAL),
    )
    customer_id = world.organisation.customers[customer]
    done = forgetter.forget(SYSTEM, customer_id, "protocolo 9", "titular", despite_open=True)
    assert done.position is not None
    assert wait_for(database, done.position, 20)


@pytest.fixture
def forgotten(world: World, portfolio: Portfolio) -> Portfolio:
    """The customer of the contract with notes, whose invoices are pending, forgotten despite that."""
    forget(world, 4)
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    return portfolio


def test_no_page_names_the_person(world: World, forgotten: Portfolio) -> None:
    ana = world.browser(ANA)
    invoice = forgotten.pending[0]
    contract_id = world.organisation.invoice(invoice).contract_id
    pages = [
        "/faturamento?de=01/03/2026&ate=30/06/2026",
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
    found = ana.get("/faturamento", params={"q": words, "de": "01/03/2026", "ate": "30/06/2026"})
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


def test_the_window_of_an_error_names_no_way_that_leads_nowhere(world: World, portfolio: Portfolio) -> None:
    commands, nameless = world.organisation.commands, 5
    invoice = world.organisation.sign("A-008", nameless)[0]
    commands.invoices.bill_now(SYSTEM, [invoice])
    world.person(ANA, everywhere(Role.ADMINISTRATOR))
    ana = world.browser(ANA)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20)
    assert "importe de novo a linha do cliente" in ana.get(f"/faturamento/{invoice}/erro").text
    forget(world, nameless)
    window = ana.get(f"/faturamento/{invoice}/erro").text
    assert "importe de novo" not in window
    told = text(window)
    assert "Os dados da pessoa foram eliminados a pedido" in told
    assert "não há mais boleto nem nota para esta fatura" in told
    assert "Cancele-a ou receba de outra forma." in told
    assert "faturar-agora/confirmar" not in window
    stored = world.organisation.invoice(invoice)
    assert stored.failed, "what was recorded stays"
