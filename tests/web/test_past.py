"""/faturamento at a position of the past: the same filters over what was there, read-only, and said so."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.clock import SAO_PAULO
from domain.user.roles import Role
from projections.progress import wait_for
from projections.registry import projections
from tests.web.portfolio import Portfolio
from tests.web.world import World, everywhere

ANA = "ana@exemplo.com.br"
WINDOW = {"HX-Request": "true"}


def note_what_is_known(world: World) -> None:
    """A watermark by the world's own clock."""
    position = world.lastro.safe_position()
    names = [model.name for model in projections(world.lastro.keyring)]
    assert wait_for(world.lastro.database, position, 20, names)
    with world.lastro.database.connection() as connection:
        connection.execute(
            "INSERT INTO watermark (position, at) VALUES (%s, %s)"
            " ON CONFLICT (position) DO UPDATE SET at = excluded.at",
            (position, world.clock()),
        )


@pytest.fixture
def before(world: World, portfolio: Portfolio) -> str:
    """An hour after the portfolio was there; a day later one of its pending invoices is billed."""
    world.person(ANA, everywhere(Role.FINANCE))
    world.clock.forward(hours=1)
    note_what_is_known(world)
    then = typed(world.clock())
    world.clock.forward(days=1)
    world.services.invoices.bill_now(SYSTEM, [portfolio.pending[0]])
    note_what_is_known(world)
    world.clock.forward(hours=1)
    return then


def typed(instant: datetime) -> str:
    return f"{instant.astimezone(SAO_PAULO):%Y-%m-%dT%H:%M}"


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def situacoes(html: str) -> list[str]:
    return re.findall(r'<span class="tag tag-[a-z]+">(Pendente|Faturado|Erro|Cancelado|Valor Pendente)', html)


def row(html: str, invoice_id: UUID) -> str:
    start = html.index(f'<tr id="f-{invoice_id}"')
    return html[start : html.index("</tr>", start)]


def test_the_listing_is_as_it_was_and_says_so(world: World, portfolio: Portfolio, before: str) -> None:
    ana = world.browser(ANA)
    now, then = ana.get("/faturamento").text, ana.get(f"/faturamento?posicao={before}").text
    assert situacoes(row(now, portfolio.pending[0])) == ["Faturado"]
    assert situacoes(row(then, portfolio.pending[0])) == ["Pendente"]
    assert sorted(situacoes(now)) != sorted(situacoes(then))
    told = text(then)
    assert re.search(r"Posição de 02/03/2026 \d\d:\d\d, conhecida em 02/03/2026", told)
    assert "como estava na tela" in told
    assert "Posição de" not in text(now)


def test_nothing_can_be_done_to_the_past(world: World, portfolio: Portfolio, before: str) -> None:
    then = world.browser(ANA).get(f"/faturamento?posicao={before}").text
    for absent in ("faturar-agora", 'name="marcada"', "data-live", "lastro:moved", "marcar-pagina", "/erro"):
        assert absent not in then
    assert f"/faturamento/{portfolio.pending[0]}/historico?posicao={before}" in then


def test_filters_pages_and_the_count_keep_the_position(world: World, before: str) -> None:
    ana = world.browser(ANA)
    for query, wanted in (
        ("situacao=pending", "3 faturas"),
        ("situacao=billed", "2 faturas"),
        ("", "8 faturas"),
    ):
        page = ana.get(f"/faturamento?posicao={before}&{query}").text
        found = re.search(r'id="contagem"[^>]* hx-get="([^"]+)"', page)
        assert found is not None
        assert wanted in text(ana.get(unescape(found[1]), headers=WINDOW).text)
    chip = re.search(
        r'class="chip" href="([^"]+)"', ana.get(f"/faturamento?posicao={before}&conta={UUID(int=1)}").text
    )
    assert chip is not None
    assert parse_qs(urlsplit(unescape(chip[1])).query)["posicao"] == [before]


def test_the_windows_of_an_invoice_are_cut_at_the_position(
    world: World, portfolio: Portfolio, before: str
) -> None:
    ana, address = world.browser(ANA), f"/faturamento/{portfolio.pending[0]}"
    now = text(ana.get(f"{address}/historico", headers=WINDOW).text)
    then = text(ana.get(f"{address}/historico?posicao={before}", headers=WINDOW).text)
    assert "Fatura criada" in now
    assert "Fatura criada" in then
    assert "Faturamento iniciado" in now
    assert "Faturamento iniciado" not in then
    assert "posição de 02/03/2026" in then
    assert "Pendente" in text(ana.get(f"{address}?posicao={before}", headers=WINDOW).text)
    assert "Faturado" in text(ana.get(address, headers=WINDOW).text)
    boleto = f"{address}/boleto"
    assert "Linha digitável" in text(ana.get(boleto, headers=WINDOW).text)
    assert "Linha digitável" not in text(ana.get(f"{boleto}?posicao={before}", headers=WINDOW).text)


def test_what_was_not_known_then_is_shown_when_one_asks_for_it(
    world: World, portfolio: Portfolio, before: str
) -> None:
    world.clock.forward(hours=-7)  # something that happened in the past is recorded now
    happened = world.clock()
    world.services.invoices.bill_now(SYSTEM, [portfolio.pending[1]])
    world.clock.forward(hours=8)
    note_what_is_known(world)
    ana = world.browser(ANA)
    instant = typed(happened + timedelta(minutes=1))
    shown = ana.get(f"/faturamento?posicao={instant}").text
    known = ana.get(f"/faturamento?posicao={instant}&conhecida=hoje").text
    assert situacoes(row(shown, portfolio.pending[1])) == ["Pendente"]
    assert situacoes(row(known, portfolio.pending[1])) == ["Faturado"]
    assert "conhecida hoje" in text(known)
    other = re.search(r'<a href="([^"]+)">Ver como estava na tela', known)
    assert other is not None
    assert situacoes(row(ana.get(unescape(other[1])).text, portfolio.pending[1])) == ["Pendente"]


def test_before_the_first_watermark_nothing_was_known(world: World, before: str) -> None:
    ana = world.browser(ANA)
    page = ana.get("/faturamento?posicao=2026-03-01T08:00").text
    assert "Até então nada havia sido registrado" in text(page)
    assert not situacoes(page)
    assert not situacoes(ana.get("/faturamento?posicao=2026-03-01T08:00&conhecida=hoje").text)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("posicao=2031-01-01T10:00", "Esta data e hora ainda não chegou."),
        ("posicao=ontem+de+manha", "Digite data e hora como dd/mm/aaaa hh:mm."),
        ("posicao=01/03/2026+25:00", "Digite data e hora como dd/mm/aaaa hh:mm."),
        ("posicao=01/03/2026&conhecida=nunca", "Digite data e hora como dd/mm/aaaa hh:mm."),
        ("conhecida=hoje", "Diga também de quando é a posição."),
        ("posicao=%00&conhecida=%F0%9F%92%A5", "Digite data e hora como dd/mm/aaaa hh:mm."),
    ],
)
def test_what_cannot_be_shown_is_explained(world: World, before: str, query: str, told: str) -> None:
    page = world.browser(ANA).get(f"/faturamento?{query}")
    assert page.status_code == 422
    assert told in text(page.text)
    assert not situacoes(page.text)


def test_a_boleto_is_found_only_once_it_was_numbered(world: World, portfolio: Portfolio, before: str) -> None:
    ana = world.browser(ANA)
    window = ana.get(f"/faturamento/{portfolio.pending[0]}/historico", headers=WINDOW).text
    number = re.search(r"109/(\d{8})", window)
    assert number is not None
    search = f"pesquisa=boleto&q={number[1]}"
    assert str(portfolio.pending[0]) in ana.get(f"/faturamento?{search}").text
    assert str(portfolio.pending[0]) not in ana.get(f"/faturamento?{search}&posicao={before}").text


def test_a_past_window_opened_alone_is_shown_over_the_past(
    world: World, portfolio: Portfolio, before: str
) -> None:
    ana = world.browser(ANA, htmx=False)
    answer = ana.get(f"/faturamento/{portfolio.pending[0]}/historico?posicao={before}")
    assert answer.status_code == 303
    page = ana.get(answer.headers["location"]).text
    assert f"/faturamento/{portfolio.pending[0]}/historico?posicao={before}" in page
    assert "Posição de" in text(page)


def test_the_api_shows_the_same_past(world: World, portfolio: Portfolio, before: str) -> None:
    user = world.person("robo@exemplo.com.br", everywhere(Role.FINANCE))
    api = world.integrator(world.token(user))
    month = {"start": "2026-03-01", "end": "2026-03-31"}
    then = f"{before}:00-03:00"

    def asked(path: str, **instants: str) -> Any:
        answer = api.get(f"/api/v1{path}", params={**month, **instants} if path == "/invoices" else instants)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listed(**instants: str) -> dict[str, str]:
        return {each["invoice_id"]: each["situacao"] for each in asked("/invoices", **instants)["invoices"]}

    invoice = str(portfolio.pending[0])
    assert listed()[invoice] == "billed"
    assert listed(as_of=then)[invoice] == "pending"
    assert listed(known_at=then)[invoice] == "pending"
    assert asked(f"/invoices/{invoice}", as_of=then)["situacao"] == "pending"
    told = [fact["topic"] for fact in asked(f"/invoices/{invoice}/history", as_of=then)["facts"]]
    assert told == ["invoice.opened.v1"]
    assert len(asked(f"/invoices/{invoice}/history")["facts"]) > len(told)
    future = api.get("/api/v1/invoices", params={**month, "as_of": "2031-01-01T00:00:00-03:00"})
    assert future.status_code == 422
    assert future.json()["code"] == "instant_in_future"
    assert api.get(f"/api/v1/invoices/{invoice}", params={"as_of": "2026-03-01T00:00"}).status_code == 422
    for long_ago in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        for name in ("as_of", "known_at"):
            assert listed(**{name: long_ago}) == {}
