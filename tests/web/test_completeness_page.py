"""/auditoria/completude: asks for a check, shows how far it is, and names what nothing accounts for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from application.completeness.audit import Completeness
from application.completeness.findings import Asked, Finding, Kind, Reason, Tally
from application.completeness.keeping import Checks
from domain.user.roles import Role
from projections.companies.query import AutomaticBillingCompanies
from projections.invoice_grid.shown import ShownInvoicesQuery
from tests.web.portfolio import Portfolio
from tests.web.test_listing import text
from tests.web.world import World, everywhere, within
from web.wording.completeness import WORDS

PAGE = "/auditoria/completude"
BIA, CAIO = "bia@exemplo.com.br", "caio@exemplo.com.br"


@pytest.fixture
def checks(world: World) -> Checks:
    world.person(BIA, everywhere(Role.AUDITOR))
    return Checks(world.lastro.database)


def run_asked(world: World) -> Tally:
    """What the worker's process does."""
    checks, database = Checks(world.lastro.database), world.lastro.database
    taken = checks.take(world.clock())
    assert taken is not None
    audit = Completeness(
        world.lastro, world.clock, ShownInvoicesQuery(database), AutomaticBillingCompanies(database)
    )
    with checks.keeping(taken.check_id, world.clock) as keeper:
        tally = audit.run(taken.asked, keeper.add, keeper.report)
        keeper.finish(tally)
    return tally


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)


def test_it_is_for_auditors_and_administrators(world: World, checks: Checks) -> None:
    world.person(CAIO, everywhere(Role.FINANCE))
    caio = world.browser(CAIO)
    assert caio.get(PAGE).status_code == 403
    assert caio.post(PAGE).status_code == 403
    assert world.browser().get(PAGE).status_code == 303
    assert "Nenhuma verificação ainda" in world.browser(BIA).get(PAGE).text
    assert checks.newest() is None


def test_a_check_is_asked_for_run_and_shown(world: World, portfolio: Portfolio, checks: Checks) -> None:
    bia = world.browser(BIA)
    assert bia.post(PAGE, data={"ate": "31/03/2026"}).headers["location"] == PAGE
    waiting = bia.get(PAGE)
    assert "Verificação até 31/03/2026 pedida. Começa em instantes." in text(waiting.text)
    assert 'hx-trigger="every 2s"' in waiting.text
    tally = run_asked(world)
    assert tally.of(Kind.GAP) == tally.of(Kind.READ_MODEL) == 0
    told = text(bia.get(PAGE).text)
    assert "Última verificação Completo" in told
    assert "Em erro, à espera de correção" in told
    assert "Valor pendente" in told
    assert "Cancelado sem liberar o período" in told
    assert 'hx-trigger="every 2s"' not in bia.get(PAGE).text


def test_gaps_lead_to_contract_and_facts(world: World, portfolio: Portfolio, checks: Checks) -> None:
    world.clock.forward(days=20)
    bia = world.browser(BIA)
    bia.post(PAGE, data={"ate": ""})
    run_asked(world)
    html = bia.get(PAGE).text
    assert "Há lacunas" in html
    assert "Vencido e não faturado" in html
    assert f"/contratos/{portfolio.contract}" in html or "/contratos/" in html
    assert f"/auditoria?registro={portfolio.pending[0]}" in html


@pytest.mark.parametrize("typed", ["amanhã de manhã", "31/02/2026", "01/01/2099", "0"])
def test_a_date_that_is_none_is_told(world: World, checks: Checks, typed: str) -> None:
    answer = world.browser(BIA).post(PAGE, data={"ate": typed})
    assert answer.status_code == 422
    assert "f-ate-problema" in answer.text
    assert checks.newest() is None


def test_an_auditor_of_one_company_sees_no_other_s_sums(
    world: World, portfolio: Portfolio, checks: Checks
) -> None:
    bia = world.browser(BIA)
    bia.post(PAGE, data={"ate": "31/12/2026"})
    run_asked(world)
    world.person(CAIO, within(Role.AUDITOR, portfolio.other_company))
    caio = world.browser(CAIO)
    nightly = text(caio.get(PAGE).text)
    assert "olhou também outras empresas: aqui está só o que achou nas suas" in nightly
    assert "Períodos esperados" not in nightly
    assert "Lacunas" in nightly
    assert "A-001" not in nightly
    world.clock.forward(seconds=1)
    caio.post(PAGE)
    assert run_asked(world).contracts == 1
    own = text(caio.get(PAGE).text)
    assert "Períodos esperados" in own
    assert "outras empresas" not in own


def test_findings_of_a_wider_check_are_counted_for_ones_own_companies(
    world: World, portfolio: Portfolio, checks: Checks
) -> None:
    now = world.clock()
    asked = Asked(until=now.date(), today=now.date())
    tally = Tally(asked=asked, position=1, started_at=now)
    others = [world.organisation.company] * 2 + [portfolio.other_company]
    with checks.keeping(checks.begin(asked, "cli", now), world.clock) as keeper:
        for company in others:
            for kind, reason in ((Kind.GAP, Reason.NOT_BILLED), (Kind.EXPLAINED, Reason.LEFT_OUT)):
                finding = Finding(kind=kind, reason=reason, company_id=company, due_on=now.date())
                tally.add(finding)
                keeper.add(finding)
        keeper.finish(tally)
    world.person(CAIO, within(Role.AUDITOR, portfolio.other_company))
    told = text(world.browser(CAIO).get(PAGE).text)
    assert "Lacunas: nada responde por estes períodos (1)" in told
    assert "Há lacunas" in told
    everything = text(world.browser(BIA).get(PAGE).text)
    assert "Lacunas: nada responde por estes períodos (3)" in everything
    assert "Não devidos: fora dos períodos esperados" in everything
    assert "Não faturados, com motivo conhecido" not in everything, "what is not owed stands apart"


def test_progress_and_what_went_wrong_are_told(world: World, checks: Checks) -> None:
    now = world.clock()
    asked = Asked(until=date(2026, 3, 31), today=now.date())
    check_id = checks.begin(asked, "cli", now)
    bia = world.browser(BIA)
    with checks.keeping(check_id, world.clock) as keeper:
        world.clock.forward(minutes=1)
        keeper.report(1000, 4000)
        assert "1.000 de 4.000 contratos, faltam cerca de 3 min" in text(bia.get(PAGE).text)
        world.clock.forward(minutes=3)
        assert "interrompida antes do fim" in bia.get(PAGE).text
    checks.begin(asked, "cli", world.clock())
    world.clock.forward(seconds=1)
    failing = checks.begin(asked, "cli", world.clock())
    with pytest.raises(ZeroDivisionError), checks.keeping(failing, world.clock):
        raise ZeroDivisionError
    assert "não chegou ao fim por um erro" in bia.get(PAGE).text


@pytest.mark.usefixtures("portfolio")
def test_many_gaps_say_how_to_get_them_all(world: World, checks: Checks) -> None:
    now = world.clock()
    asked = Asked(until=now.date(), today=now.date())
    tally = Tally(asked=asked, position=1, started_at=now)
    check_id = checks.begin(asked, "cli", now - timedelta(seconds=1))
    with checks.keeping(check_id, world.clock) as keeper:
        for number in range(2_100):
            finding = Finding(
                kind=Kind.GAP,
                reason=Reason.NOT_BILLED,
                company_id=None,
                contract_code="=A&B",
                ordinal=number + 1,
            )
            tally.add(finding)
            keeper.add(finding)
        keeper.finish(tally)
    assert len(checks.findings(check_id, Kind.GAP, None, 5_000)) == 2_000
    told = text(world.browser(BIA).get(PAGE).text)
    assert "Lacunas: nada responde por estes períodos (2.100)" in told
    assert "As primeiras 200." in told
