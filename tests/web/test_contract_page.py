"""One contract on its page: what it charges, period by period, each with its own instalment and boleto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.database import Database
from domain.boleto.barcode import parse_linha_digitavel
from domain.user.roles import Role
from projections.contracts.query import schedule
from projections.progress import wait_for
from projections.receivables.query import receivables_of
from projections.shown import ON_PAGES
from tests.e2e.server import read_models
from tests.support.application import application_on
from tests.support.postgres import SCHEMA, Server
from tests.web.contracts import Signed, sign
from tests.web.test_listing import text
from tests.web.world import World, everywhere, world_on

ANA = "ana@exemplo.com.br"
type Told = Callable[[UUID], str]


@pytest.fixture(scope="module")
def world(postgres_server: Server, template_database: str) -> Iterator[World]:
    with (
        postgres_server.fresh(template_database) as url,
        Database(url, SCHEMA, 8) as database,
        application_on(database) as lastro,
        world_on(lastro) as made,
        read_models(lastro),
    ):
        yield made


@pytest.fixture(scope="module")
def signed(world: World) -> Signed:
    found = sign(world.organisation)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ON_PAGES)
    return found


@pytest.fixture(scope="module")
def ana(world: World) -> TestClient:
    world.person(ANA, everywhere(Role.FINANCE))
    return world.browser(ANA)


@pytest.fixture
def told(ana: TestClient) -> Told:
    return lambda contract_id: text(ana.get(f"/contratos/{contract_id}").text).replace("\u00a0", " ")


def test_each_period_of_a_single_nota_shows_its_own_instalment(
    world: World, signed: Signed, told: Told
) -> None:
    page = told(signed.single_nota)
    first, second, third = schedule(world.lastro.database, signed.single_nota)
    assert "10/03/2026 R$ 45,00 R$ 45,00 — Faturado Parcela 1 de 3 da mesma fatura" in page
    assert "10/04/2026 R$ 45,00 R$ 20,00 R$ 25,00 Faturado Parcela 2 de 3 da mesma fatura" in page
    assert "20/05/2026 R$ 60,00 — R$ 60,00 Faturado Parcela 3 de 3 da mesma fatura" in page
    assert "Total de 3 períodos R$ 150,00 R$ 65,00 R$ 85,00" in page
    assert len({first.nosso_numero, second.nosso_numero, third.nosso_numero}) == 3
    for period in (first, second, third):
        assert f"{period.nosso_numero} numerado, aguardando envio ao banco" in page
        assert period.linha_digitavel is not None
        assert period.due_on is not None
        assert parse_linha_digitavel(period.linha_digitavel).due_on(period.due_on) == period.due_on


def test_the_schedule_and_the_receivables_of_the_invoice_agree(world: World, signed: Signed) -> None:
    periods = schedule(world.lastro.database, signed.single_nota)
    found = receivables_of(world.lastro.database, signed.invoice)
    assert [
        (each.ordinal, each.open_amount, each.nosso_numero, each.linha_digitavel) for each in periods
    ] == [(each.ordinal, each.open_amount, each.nosso_numero, each.linha_digitavel) for each in found]
    assert [each.state for each in found] == ["paid", "partly_paid", "open"]


def test_a_first_period_begins_no_earlier_than_its_contract(signed: Signed, told: Told) -> None:
    page = told(signed.whole_first)
    assert "03/2026 01/03/2026 a 09/03/2026 valor inteiro, sem pro rata 10/03/2026 R$ 150,00" in page
    assert "Período 1: entre vencimentos, o período iria de 10/02/2026 a 09/03/2026." in page
    assert "04/2026 10/03/2026 a 09/04/2026 10/04/2026 R$ 150,00" in page


def test_pro_rata_says_how_many_days_are_charged(signed: Signed, told: Told) -> None:
    page = told(signed.pro_rata)
    assert "03/2026 01/03/2026 a 09/03/2026 pro rata 10/03/2026 R$ 48,21" in page
    assert "Período 1: cobrados 9 dos 28 dias entre vencimentos (pro rata)." in page


def test_a_contract_that_falls_due_on_its_first_day_claims_no_days_before(signed: Signed, told: Told) -> None:
    assert "03/2026 10/03/2026 vence na contratação 10/03/2026 R$ 150,00" in told(signed.due_at_once)


def test_gross_discount_and_net_stand_beside_each_other(signed: Signed, told: Told) -> None:
    page = told(signed.discounted)
    assert "2 R$ 150,00 R$ 300,00 10% R$ 30,00 R$ 270,00" in page
    assert "1 R$ 150,00 R$ 150,00 R$ 25,00 R$ 125,00" in page
    assert "Total por período R$ 450,00 R$ 55,00 R$ 395,00" in page
    assert "Valor por período R$ 395,00 Valor total do contrato R$ 1.185,00 em 3 períodos" in page


def test_a_split_contract_has_one_total_and_several_shares(signed: Signed, told: Told) -> None:
    page = told(signed.single_nota)
    assert "Total do contrato R$ 150,00 — R$ 150,00" in page
    assert "Valor por período R$ 45,00 a R$ 60,00 Valor total do contrato R$ 150,00 em 3 períodos" in page


def test_a_contract_without_end_says_what_was_generated(signed: Signed, told: Told) -> None:
    page = told(signed.endless)
    assert "Sem prazo; R$ 1.800,00 em 12 períodos até 10/02/2027" in page


def test_a_contract_without_items_shows_its_gross_value(signed: Signed, told: Told) -> None:
    page = told(signed.without_items)
    assert "Valor bruto por período R$ 1.234,50" in page
    assert "Quantidade" not in page


def test_a_customer_without_contact_for_charges_is_marked(signed: Signed, told: Told) -> None:
    assert "Sem contato de cobrança" in told(signed.without_contact)
    assert "Sem contato de cobrança" not in told(signed.endless)


def test_the_list_says_what_a_period_costs(ana: TestClient, signed: Signed) -> None:
    page = text(ana.get("/contratos").text).replace("\u00a0", " ")
    for part in ("R$ 45,00 a R$ 60,00", "R$ 395,00", "R$ 1.234,50"):
        assert part in page


def test_the_window_of_a_single_nota_shows_each_instalments_money_and_boleto(
    world: World, ana: TestClient, signed: Signed
) -> None:
    window = text(ana.get(f"/faturamento/{signed.invoice}").text).replace("\u00a0", " ")
    first, second, _ = receivables_of(world.lastro.database, signed.invoice)
    assert f"10/03/2026 10/03/2026 R$ 45,00 R$ 45,00 R$ 0,00 {first.nosso_numero}" in window
    assert f"10/04/2026 10/04/2026 R$ 45,00 R$ 20,00 R$ 25,00 {second.nosso_numero}" in window
