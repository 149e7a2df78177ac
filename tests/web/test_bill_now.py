"""*Faturar agora* and the correction that lets a nota go out: confirmation, outcomes, permission."""

from __future__ import annotations

from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from application.access import SYSTEM
from domain.user.roles import Role
from projections.progress import wait_for
from tests.web.portfolio import Portfolio
from tests.web.test_listing import row, text
from tests.web.world import World, everywhere, within

ANA = "ana@exemplo.com.br"


@pytest.fixture
def ana(world: World, portfolio: Portfolio) -> TestClient:
    world.person(ANA, everywhere(Role.FINANCE))
    return world.browser(ANA)


def joined(*ids: UUID) -> dict[str, str]:
    return {"ids": " ".join(str(each) for each in ids)}


def test_who_keeps_no_registries_is_sent_to_who_does(world: World, portfolio: Portfolio) -> None:
    world.person("olhos@exemplo.com.br", everywhere(Role.VIEWER))
    viewer = world.browser("olhos@exemplo.com.br")
    html = viewer.get(f"/faturamento/{portfolio.failed}/erro").text
    assert 'name="lc116"' not in html
    assert "Peça a quem mantém os cadastros" in html
    form = {"servico": str(world.organisation.uncoded), "lc116": "01.07"}
    assert viewer.post(f"/faturamento/{portfolio.failed}/codigo-fiscal", data=form).status_code == 403
    assert viewer.post("/faturamento/faturar-agora", data=joined(portfolio.pending[0])).status_code == 403
    assert viewer.post("/faturamento/faturar-agora/confirmar").status_code == 403
    assert "Faturar agora" not in viewer.get("/faturamento").text


def test_a_corrected_code_bills_again_and_leaves_the_boleto_alone(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    before = text(ana.get(f"/faturamento/{portfolio.failed}/boleto").text)
    form = {"servico": str(world.organisation.uncoded), "lc116": "1.07", "ctribnac": "010701"}
    answer = ana.post(f"/faturamento/{portfolio.failed}/codigo-fiscal", data=form)
    assert answer.status_code == 200
    assert answer.headers["hx-trigger"] == "lastro:moved"
    assert "Itens reprocessados com sucesso." in text(answer.text)
    assert 'tag-green">Faturado' in row(ana.get("/faturamento").text, portfolio.failed)
    assert text(ana.get(f"/faturamento/{portfolio.failed}/boleto").text) == before
    story = text(ana.get(f"/faturamento/{portfolio.failed}/historico").text)
    assert "Documentos a gerar NFS-e" in story
    assert "Ana Souza" in story


@pytest.mark.parametrize(
    ("lc116", "ctribnac", "problem"),
    [
        ("", "", "a forma 01.07"),
        ("107", "", "a forma 01.07"),
        ("41.01", "", "não tem o item 41.01"),
        ("01.07", "1", "seis dígitos"),
        ("01.07", "170101", "não pertence a este item"),
        ("<b>", "", "a forma 01.07"),
    ],
)
def test_a_wrong_code_is_explained_beside_what_was_typed(
    ana: TestClient, world: World, portfolio: Portfolio, lc116: str, ctribnac: str, problem: str
) -> None:
    form = {"servico": str(world.organisation.uncoded), "lc116": lc116, "ctribnac": ctribnac}
    answer = ana.post(f"/faturamento/{portfolio.failed}/codigo-fiscal", data=form)
    assert answer.status_code == 409
    assert problem in text(answer.text)
    assert f'value="{lc116.replace("<", "&lt;").replace(">", "&gt;")}"' in answer.text


def test_confirming_shows_count_sum_and_what_stays_out(ana: TestClient, portfolio: Portfolio) -> None:
    ids = (
        *portfolio.pending,
        portfolio.failed,
        portfolio.billed,
        portfolio.value_pending,
        portfolio.cancelled,
    )
    answer = ana.post("/faturamento/faturar-agora/confirmar", data=joined(*ids, UUID(int=5)))
    told = text(answer.text)
    assert "Faturas 3 Valor total R$ 1.234.867,89" in told
    for reason in ("1: já faturadas", "1: esperam o valor definitivo", "1: canceladas", "1: não encontradas"):
        assert reason in told
    assert "Faturar 3 faturas" in told
    assert str(portfolio.billed) not in answer.text


def test_billing_tells_an_outcome_for_each_and_the_listing_shows_it(
    ana: TestClient, portfolio: Portfolio
) -> None:
    ids = (*portfolio.pending, portfolio.failed, portfolio.value_pending, portfolio.cancelled, UUID(int=5))
    told = text(ana.post("/faturamento/faturar-agora", data=joined(*ids)).text)
    assert "Faturadas 2 Com erro 1 Recusadas 3" in told
    assert "Falha na emissão da NFS-e. O serviço “CON Serviço CON”" in told
    assert "Recusada. A fatura espera o valor definitivo." in told
    assert "Recusada. A fatura está cancelada" in told
    html = ana.get("/faturamento").text
    for invoice_id in portfolio.pending:
        assert 'tag-green">Faturado' in row(html, invoice_id)


def test_one_of_another_company_is_refused_as_if_it_did_not_exist(world: World, portfolio: Portfolio) -> None:
    world.person("beto@exemplo.com.br", within(Role.FINANCE, portfolio.other_company))
    beto = world.browser("beto@exemplo.com.br")
    confirmation = text(
        beto.post("/faturamento/faturar-agora/confirmar", data=joined(portfolio.pending[0])).text
    )
    assert "1: não encontradas" in confirmation
    outcome = text(beto.post("/faturamento/faturar-agora", data=joined(portfolio.pending[0])).text)
    assert "Faturadas 0 Com erro 0 Recusadas 1" in outcome
    assert "Fatura não encontrada" in outcome
    form = {"servico": str(world.organisation.uncoded), "lc116": "01.07"}
    assert beto.post(f"/faturamento/{portfolio.failed}/codigo-fiscal", data=form).status_code == 404
    assert beto.post(f"/faturamento/{portfolio.foreign}/codigo-fiscal", data=form).status_code in (404, 409)


@pytest.mark.parametrize("ids", ["", "x", "x " * 5000, "\x00", "' OR 1=1", "é" * 1000])
def test_nonsense_bills_nothing(ana: TestClient, ids: str) -> None:
    answer = ana.post("/faturamento/faturar-agora/confirmar", data={"ids": ids})
    assert "Nenhuma das faturas escolhidas pode ser faturada agora." in text(answer.text)
    assert "Faturadas 0 Com erro 0 Recusadas 0" in text(
        ana.post("/faturamento/faturar-agora", data={"ids": ids}).text
    )


def test_a_service_that_was_corrected_meanwhile_needs_no_form(
    ana: TestClient, world: World, portfolio: Portfolio
) -> None:
    world.organisation.commands.services.assign_fiscal_code(SYSTEM, world.organisation.uncoded, "01.07")
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 10)
    html = ana.get(f"/faturamento/{portfolio.failed}/erro").text
    assert "O serviço já tem o código 01.07." in html
    assert 'name="lc116"' not in html
    assert "faturar-agora/confirmar" in html
