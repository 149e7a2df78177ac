"""/vendas: what is open by customer, for those whom it concerns; billed by hand as it was shown."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import get_args
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from application.access import SYSTEM
from application.accounts import AccountForm
from domain.invoice.situacao import Situacao
from domain.sale.events import SaleEvent, SaleMode
from domain.user.roles import Role
from projections.progress import wait_for
from tests.web.portfolio import Portfolio
from tests.web.sold import Sold, happen, order, sell, settled
from tests.web.test_listing import text
from tests.web.world import World, everywhere, within
from web.wording import sales as words

PAGE = "/vendas"
ANA, CAIO, DANI = "ana@exemplo.com.br", "caio@exemplo.com.br", "dani@exemplo.com.br"


@pytest.fixture
def sold(world: World, portfolio: Portfolio) -> Sold:
    world.person(ANA, everywhere(Role.FINANCE))
    return happen(world, portfolio)


def told(client: TestClient, address: str = PAGE) -> str:
    return text(client.get(address).text).replace("\xa0", " ")


def htmx(client: TestClient, address: str) -> str:
    return client.get(address, headers={"HX-Request": "true"}).text


def test_every_value_has_words() -> None:
    assert set(words.STATE) == set(words.STATE_HELP) == {"open", "partly_billed", "billed", "cancelled"}
    assert set(words.MODE) == set(get_args(SaleMode.__value__))
    assert set(words.WORDINGS) == {fact.TOPIC for fact in get_args(SaleEvent)}


def test_without_any_sale_the_page_says_where_they_come_from(world: World, portfolio: Portfolio) -> None:
    world.person(ANA, everywhere(Role.FINANCE))
    ana = world.browser(ANA)
    assert "Nada a faturar" in told(ana)
    assert "Nenhuma venda ainda" in told(ana, f"{PAGE}?aba=todas")
    assert "Nenhuma venda neste filtro" in told(ana, f"{PAGE}?q=ninguém")


def test_what_is_open_is_shown_by_customer_item_by_item(world: World, sold: Sold) -> None:
    page = told(world.browser(ANA))
    assert "4 vendas" not in page
    assert "5 vendas · em aberto R$ 1.650,00" in page
    assert "Venda loja/1001 Em aberto Avulsa vence 20/03/2026" in page
    assert "Visita técnica SUP 1,5 R$ 200,00 — R$ 300,00 em aberto" in page
    assert "Faturada em parte" in page
    assert "em aberto R$ 90,00" in page
    assert "loja/1005" not in page
    assert "vence 20/02/2026 (vencida)" in page


def test_all_of_them_say_what_became_of_them(world: World, sold: Sold) -> None:
    page = told(world.browser(ANA), f"{PAGE}?aba=todas")
    assert "Venda loja/1005 Faturada" in page
    assert "Venda loja/1006 Cancelada" in page
    assert "Venda loja/1007 Faturada Avulsa Sem documentos" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("aba=todas&situacao=cancelled", {"1006"}),
        ("modo=contractual", {"1002"}),
        ("de=01/02/2026&ate=28/02/2026", {"1003"}),
        ("q=1004", {"1004"}),
        ("q=águas claras", {"1003"}),
        ("q=529.982.247-25", {"1001", "1002", "2001"}),
        ("aba=todas&situacao=nada&q=1005", {"1005"}),
    ],
)
def test_each_filter_narrows(world: World, sold: Sold, query: str, found: set[str]) -> None:
    page = world.browser(ANA).get(f"{PAGE}?{query}").text
    assert set(re.findall(r"Venda loja/(\d+)", page)) == found


def test_a_filter_that_cannot_be_read_is_told_and_nothing_is_listed(world: World, sold: Sold) -> None:
    ana = world.browser(ANA)
    page = told(ana, f"{PAGE}?de=xx")
    assert "Digite a data como dd/mm/aaaa." in page
    assert "loja/1001" not in page
    assert "O fim vem antes do início." in told(ana, f"{PAGE}?de=10/03/2026&ate=01/03/2026")


def test_the_list_goes_on_over_pages_without_names_in_its_address(
    world: World, sold: Sold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.sales._SIZE", 2)
    ana, seen, address = world.browser(ANA), [], PAGE
    while address:
        page = ana.get(address).text
        seen += re.findall(r"Venda loja/(\d+)", page)
        following = re.search(r'id="proxima" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
        assert "cliente" not in address.lower()
    assert sorted(seen) == ["1001", "1002", "1003", "1004", "2001"]


def test_who_sees_one_company_sees_and_bills_nothing_of_another(world: World, sold: Sold) -> None:
    world.person(CAIO, within(Role.FINANCE, world.organisation.company))
    caio = world.browser(CAIO)
    assert "loja/2001" not in told(caio)
    assert "loja/2001" in told(world.browser(ANA))
    assert caio.get(f"{PAGE}/{sold.foreign}", headers={"HX-Request": "true"}).status_code == 404
    assert caio.post(f"{PAGE}/{sold.foreign}/cancelar", data={"motivo": "x"}).status_code == 404
    window = htmx(caio, f"{PAGE}/avulso?item={sold.foreign}:1")
    assert "Marque ao menos um item" in text(window)
    posted = caio.post(f"{PAGE}/avulso", data=form(world, f"{sold.foreign}:1"))
    assert posted.status_code == 422
    assert "não vê" in text(posted.text)


def test_who_only_looks_is_offered_nothing_to_do(world: World, sold: Sold) -> None:
    world.person(DANI, everywhere(Role.VIEWER))
    dani = world.browser(DANI)
    page = dani.get(PAGE).text
    assert "Faturar" not in text(page).replace("Faturamento", "").replace("Faturada", "")
    assert 'type="checkbox" name="item"' not in page
    assert "Cancelar a venda" not in text(htmx(dani, f"{PAGE}/{sold.open}"))
    refused = dani.post(f"{PAGE}/avulso", data=form(world, f"{sold.open}:1"))
    assert refused.status_code == 422
    assert "Seu perfil não permite" in text(refused.text)


def form(world: World, *items: str, **changes: object) -> dict[str, object]:
    return {
        "item": list(items),
        "conta": str(world.organisation.account),
        "forma": "boleto",
        "parcelas": "1",
        "primeiro": "20/03/2026",
        **changes,
    }


def test_the_window_shows_what_is_chosen_and_how_it_splits(world: World, sold: Sold) -> None:
    ana = world.browser(ANA)
    window = text(htmx(ana, f"{PAGE}/avulso?item={sold.open}:1&item={sold.more}:2")).replace("\xa0", " ")
    assert "Visita técnica loja/1001 R$ 300,00" in window
    assert "Troca de fonte loja/1002 R$ 90,00" in window
    assert "Total R$ 390,00" in window
    split = ana.post(f"{PAGE}/avulso/parcelas", data=form(world, f"{sold.open}:1", parcelas="7")).text
    amounts = re.findall(r"R\$\s[\d,]+", unescape(split).replace("\xa0", " "))
    assert amounts == ["R$ 42,85"] * 6 + ["R$ 42,90", "R$ 300,00"]
    assert "Documentos: Boleto, NFS-e, Fatura PDF e E-mail." in text(split)


def test_the_account_suggested_takes_the_payment_method(world: World, sold: Sold) -> None:
    company = world.organisation.company
    till = AccountForm(company_id=company, code="A1", name="Caixa da loja", kind="cash")
    world.organisation.commands.accounts.register(SYSTEM, till)
    database = world.lastro.database
    assert wait_for(database, world.lastro.safe_position(), 20, ["accounts"])
    window = htmx(world.browser(ANA), f"{PAGE}/avulso?item={sold.late}:1")
    assert "Caixa da loja" in window
    assert f'<option value="{world.organisation.account}" selected>' in window
    assert "recusada" not in window


def test_everything_open_of_the_sales_shown_is_chosen_at_once(world: World, sold: Sold) -> None:
    ana = world.browser(ANA)
    window = htmx(ana, f"{PAGE}/avulso?todos=1&venda={sold.partly}&venda={sold.open}")
    assert re.findall(r'name="item" value="[^"]+:(\d)"', window).count("1") == 1


def test_what_was_shown_is_made_and_the_list_follows(world: World, sold: Sold) -> None:
    ana = world.browser(ANA)
    days = ["20/03/2026", "02/04/2026"]
    asked = form(world, f"{sold.open}:1", f"{sold.more}:2", parcelas="2", vencimento=days, agora="1")
    done = ana.post(f"{PAGE}/avulso", data=asked)
    assert done.status_code == 200
    assert "Fatura criada e faturada." in text(done.text)
    sale = world.services.sales.load(SYSTEM, sold.open)
    invoice = world.organisation.invoice(sale.billed[1])
    assert invoice.situacao() is Situacao.BILLED
    assert [f"{each.due_on:%d/%m/%Y}" for each in invoice.instalments] == days
    assert "em aberto R$ 1.260,00" in told(ana)
    again = ana.post(f"{PAGE}/avulso", data=asked)
    assert again.status_code == 422
    assert "Um dos itens já está em uma fatura." in text(again.text)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"parcelas": "0"}, "De 1 a 120 parcelas."),
        ({"parcelas": "x"}, "De 1 a 120 parcelas."),
        ({"primeiro": "31/02/2026"}, "Digite as datas como dd/mm/aaaa."),
        ({"vencimento": ["xx"]}, "Digite as datas como dd/mm/aaaa."),
        ({"conta": ""}, "Escolha a conta e a forma de pagamento."),
        ({"forma": "permuta"}, "Escolha a conta e a forma de pagamento."),
        (
            {"parcelas": "2", "vencimento": ["20/03/2026", "19/03/2026"]},
            "Cada parcela vence depois da anterior",
        ),
    ],
)
def test_what_cannot_be_made_is_told_in_the_window(
    world: World, sold: Sold, changes: dict[str, object], problem: str
) -> None:
    refused = world.browser(ANA).post(f"{PAGE}/avulso", data=form(world, f"{sold.open}:1", **changes))
    assert refused.status_code == 422
    assert problem in text(refused.text)
    assert not world.services.sales.load(SYSTEM, sold.open).billed


def test_an_account_that_does_not_fit_is_told_before_anything_is_made(world: World, sold: Sold) -> None:
    split = world.browser(ANA).post(
        f"{PAGE}/avulso/parcelas", data=form(world, f"{sold.open}:1", forma="pix")
    )
    assert split.status_code == 200
    assert 'role="alert"' in split.text


def test_a_billing_that_fails_says_so_and_the_invoice_is_there(world: World, portfolio: Portfolio) -> None:
    world.person(ANA, everywhere(Role.FINANCE))
    items = tuple(each for each in order("9").items)
    (sale,) = sell(
        world, order("9", items=(items[0].__class__("CON", items[0].quantity, items[0].unit_price),))
    )
    done = world.browser(ANA).post(f"{PAGE}/avulso", data=form(world, f"{sale}:1", agora="1"))
    assert "A fatura foi criada, mas o faturamento falhou." in text(done.text)


def test_one_sale_shows_its_items_their_invoices_and_its_history(world: World, sold: Sold) -> None:
    window = htmx(world.browser(ANA), f"{PAGE}/{sold.partly}")
    words = text(window).replace("\xa0", " ")
    assert "Venda loja/1004" in words
    assert "Itens faturados" in words
    assert "Venda registrada" in words
    assert f"/faturamento/{sold.invoice}" in window
    assert "Cancelar a venda" not in words


def test_a_sale_is_cancelled_with_a_reason(world: World, sold: Sold) -> None:
    ana = world.browser(ANA)
    refused = ana.post(f"{PAGE}/{sold.partly}/cancelar", data={"motivo": "desistiu"})
    assert refused.status_code == 422
    assert "Cancele as faturas antes." in text(refused.text)
    done = ana.post(f"{PAGE}/{sold.open}/cancelar", data={"motivo": "desistiu"})
    assert "Venda cancelada." in text(done.text)
    assert "loja/1001" not in told(ana)


def test_the_history_of_an_invoice_names_the_sale_of_its_lines(world: World, sold: Sold) -> None:
    window = htmx(world.browser(ANA), f"/faturamento/{sold.invoice}/historico")
    assert "Venda loja/1004" in text(window)
    assert f"/vendas?aba=todas&amp;janela={sold.partly}" in window
    about = htmx(world.browser(ANA), f"/faturamento/{sold.invoice}")
    assert "Visita técnica Venda loja/1004" in text(about)


def test_a_window_opened_by_its_own_address_shows_the_page_behind_it(world: World, sold: Sold) -> None:
    ana = world.browser(ANA, htmx=False)
    behind = ana.get(f"{PAGE}/{sold.open}")
    assert behind.status_code == 303
    assert f'hx-get="/vendas/{sold.open}"' in ana.get(behind.headers["location"]).text
    assert ana.get(f"{PAGE}/avulso?item={sold.open}:1").headers["location"] == PAGE
    assert ana.get(f"{PAGE}/{UUID(int=1)}", headers={"HX-Request": "true"}).status_code == 404


def test_names_are_text(world: World, sold: Sold) -> None:
    sell(world, order("3001", "SEMDOC"))
    settled(world)
    page = world.browser(ANA).get(PAGE).text
    assert "<Filhos>" not in page
    assert "Documento não cadastrado" in text(page)


def test_a_sale_without_documents_is_a_receivable_and_no_row_of_the_listing(world: World, sold: Sold) -> None:
    ana = world.browser(ANA)
    (invoice,) = {*world.services.sales.load(SYSTEM, sold.silent).billed.values()}
    listing = ana.get("/faturamento").text
    assert str(sold.invoice) in listing
    assert str(invoice) not in listing
    window = text(htmx(ana, f"/faturamento/{invoice}"))
    assert "Venda sem documentos" in window
    with world.lastro.database.connection() as db:
        (owed,) = db.execute(
            "SELECT open_amount FROM receivables WHERE invoice_id = %s", [invoice]
        ).fetchall()
    assert owed == (Decimal("390.00"),)
