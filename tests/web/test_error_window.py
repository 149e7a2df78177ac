"""The ways out of an invoice in error: goods without a nota, one code for many, what stands in the way."""

from __future__ import annotations

from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM
from domain.user.roles import Role
from projections.progress import wait_for
from tests.web.portfolio import Portfolio
from tests.web.test_listing import row, text
from tests.web.world import World, everywhere

ANA = "ana@exemplo.com.br"


@pytest.fixture
def ana(world: World, portfolio: Portfolio) -> TestClient:
    world.person(ANA, everywhere(Role.FINANCE))
    return world.browser(ANA)


def failing(world: World, code: str, service: UUID, *more: UUID) -> list[UUID]:
    """The invoices of a contract of these, the first two billed and in error."""
    organisation = world.organisation
    items = tuple(organisation.item(service=each) for each in (service, *more))
    invoices = organisation.sign(code, items=items)
    organisation.commands.invoices.bill_now(SYSTEM, invoices[:2])
    shown(world)
    return invoices


def shown(world: World) -> None:
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 10)


def test_a_product_is_told_apart_and_asks_for_no_code(ana: TestClient, world: World) -> None:
    invoice, *_ = failing(world, "P-1", world.organisation.add_product("APO"))
    html = ana.get(f"/faturamento/{invoice}/erro").text
    told = text(html)
    assert "“APO Produto APO” é produto" in told
    assert "NF-e (modelo 55)" in told
    assert 'name="lc116"' not in html
    assert "faturar-agora/confirmar" not in html
    assert f"/faturamento/{invoice}/sem-nota" in html
    assert "Também na outra fatura com o mesmo erro" in told
    assert "próximas faturas do contrato P-1" in told


def test_a_product_without_nota_is_billed_and_its_boleto_stays(ana: TestClient, world: World) -> None:
    invoice, other, pending = failing(world, "P-1", world.organisation.add_product("APO"))
    before = text(ana.get(f"/faturamento/{invoice}/boleto").text)
    answer = ana.post(f"/faturamento/{invoice}/sem-nota")
    told = text(answer.text)
    assert "Faturadas 1 Com erro 0 Recusadas 0" in told
    assert "Faturada, sem nota" in told
    assert answer.headers["hx-trigger"] == "lastro:moved"
    assert text(ana.get(f"/faturamento/{invoice}/boleto").text) == before
    assert "Não gerar NFS-e" in text(ana.get(f"/faturamento/{invoice}/historico").text)
    assert "não tem erro agora" in text(ana.get(f"/faturamento/{invoice}/erro").text)
    assert "Falha na emissão" in text(ana.get(f"/faturamento/{other}/erro").text)
    assert world.organisation.commands.invoices.bill_now(SYSTEM, [pending])[0].outcome == "failed"


def test_those_alike_and_the_next_ones_of_the_contract_go_along(ana: TestClient, world: World) -> None:
    invoice, other, pending = failing(world, "P-1", world.organisation.add_product("APO"))
    told = text(
        ana.post(f"/faturamento/{invoice}/sem-nota", data={"iguais": "true", "contrato": "true"}).text
    )
    assert "Faturadas 2 Com erro 0 Recusadas 0" in told
    assert "Contrato P-1 As próximas faturas não geram nota" in told
    for each in (invoice, other):
        assert world.organisation.invoice(each).billed
    assert world.organisation.commands.invoices.bill_now(SYSTEM, [pending])[0].outcome == "billed"
    shown(world)
    assert "próximas faturas do contrato" not in text(ana.get(f"/faturamento/{pending}/erro").text)


def test_who_edits_no_billing_cannot_waive(world: World, portfolio: Portfolio) -> None:
    invoice, *_ = failing(world, "P-1", world.organisation.add_product("APO"))
    world.person("olhos@exemplo.com.br", everywhere(Role.VIEWER))
    viewer = world.browser("olhos@exemplo.com.br")
    html = viewer.get(f"/faturamento/{invoice}/erro").text
    assert "Peça a quem edita o faturamento" in html
    assert "sem-nota" not in html
    assert viewer.post(f"/faturamento/{invoice}/sem-nota").status_code == 403


def test_the_nota_of_a_service_is_not_waived_by_a_stale_window(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    version = world.organisation.invoice(portfolio.failed).version
    assert 'name="lc116"' in ana.post(f"/faturamento/{portfolio.failed}/sem-nota").text
    assert world.organisation.invoice(portfolio.failed).version == version


def test_beside_a_service_the_product_does_not_hold_the_nota_up(ana: TestClient, world: World) -> None:
    organisation = world.organisation
    invoices = organisation.sign(
        "P-2",
        items=(organisation.item(), organisation.item(service=organisation.add_product("APO"))),
    )
    told = text(ana.post("/faturamento/faturar-agora", data={"ids": str(invoices[0])}).text)
    assert "Faturadas 1 Com erro 0 Recusadas 0" in told


def test_after_a_correction_the_others_alike_are_offered_and_told_one_by_one(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    failing(world, "S-1", world.organisation.uncoded)
    html = ana.get(f"/faturamento/{portfolio.failed}/erro").text
    assert "2 outras têm o mesmo erro" in text(html)
    form = {"servico": str(world.organisation.uncoded), "lc116": "1.07"}
    html = ana.post(f"/faturamento/{portfolio.failed}/codigo-fiscal", data=form).text
    assert "Faturar as outras 2 faturas com o mesmo erro" in text(html)
    ids = html.split('name="ids" value="')[1].split('"')[0]
    assert "Faturas 2" in text(ana.post("/faturamento/faturar-agora/confirmar", data={"ids": ids}).text)
    told = text(ana.post("/faturamento/faturar-agora", data={"ids": ids}).text)
    assert "Faturadas 2 Com erro 0 Recusadas 0" in told
    assert "com o mesmo erro" not in told


def test_a_window_opened_after_the_correction_offers_the_others_too(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    first, second, _ = failing(world, "S-1", world.organisation.uncoded)
    world.organisation.commands.services.assign_fiscal_code(SYSTEM, world.organisation.uncoded, "01.07")
    shown(world)
    html = ana.get(f"/faturamento/{first}/erro").text
    assert "O serviço já tem o código 01.07." in html
    assert "Faturar as outras 2 faturas com o mesmo erro" in text(html)
    assert f"{second}" in html
    assert f"{portfolio.failed}" in html


def test_an_item_without_a_service_can_go_without_nota(ana: TestClient, world: World) -> None:
    organisation = world.organisation
    item = organisation.item().model_copy(update={"service_id": None})
    (invoice, *_) = organisation.sign("L-1", items=(item,))
    organisation.commands.invoices.bill_now(SYSTEM, [invoice])
    shown(world)
    told = text(ana.get(f"/faturamento/{invoice}/erro").text)
    assert "não está ligado a um serviço" in told
    assert "próximas faturas do contrato" not in told
    ana.post(f"/faturamento/{invoice}/sem-nota")
    assert 'tag-green">Faturado' in row(ana.get("/faturamento").text, invoice)


def test_the_history_tells_the_correction_in_its_place_and_none_of_later_ones(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    uncoded = world.organisation.uncoded
    form = {"servico": str(uncoded), "lc116": "1.07", "ctribnac": "010701"}
    ana.post(f"/faturamento/{portfolio.failed}/codigo-fiscal", data=form)
    world.organisation.commands.services.assign_fiscal_code(SYSTEM, uncoded, "17.01")
    told = text(ana.get(f"/faturamento/{portfolio.failed}/historico").text)
    titles = ["Faturado", "Faturamento iniciado", "Código fiscal informado", "Falha na emissão da NFS-e"]
    places = [told.index(title) for title in titles]
    assert places == sorted(places)
    correction = told[places[2] : places[3]]
    assert "· Ana Souza No cadastro do serviço “CON Serviço CON”." in correction
    assert "Item da LC 116 antes: sem código → depois: 01.07" in correction
    assert "Código nacional antes: sem código → depois: 010701" in correction
    assert "17.01" not in told


def test_a_correction_is_told_while_the_invoice_waits_to_be_billed_again(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    services = world.organisation.commands.services
    for code in ("17.01", "01.07"):
        services.assign_fiscal_code(SYSTEM, world.organisation.uncoded, code)
    told = text(ana.get(f"/faturamento/{portfolio.failed}/historico").text)
    assert told.index("antes: 17.01 → depois: 01.07") < told.index("antes: sem código → depois: 17.01")
    other = text(ana.get(f"/faturamento/{portfolio.billed}/historico").text)
    assert "Código fiscal informado" not in other
