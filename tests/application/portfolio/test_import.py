"""Importing a portfolio: good rows go in once, and say the same however they are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.portfolio.columns import COLUMNS, Kind
from application.portfolio.entries import Values, parsed
from application.portfolio.forms import company_form
from application.portfolio.importer import Tally
from application.portfolio.reading import Row
from domain.contract.events import Terms
from domain.customer.events import (
    CustomerContactAdded,
    CustomerMoved,
    CustomerNameCorrected,
    CustomerRegistered,
)
from domain.invoice.events import InvoiceOpened
from domain.price_index.events import PriceIndexRegistered
from domain.service.events import ServicePriced
from domain.service.service import project as project_service
from tests.support.portfolio import (
    ACCOUNT,
    COMPANY,
    CONTRACT,
    CUSTOMER,
    GOOD,
    SERVICE,
    Desk,
    changed,
    signed,
    tallies,
    with_contract,
    write_csv,
    write_workbook,
)


def parsed_company(**cells: object) -> Values:
    row = Row(Kind.COMPANY, 2, {name: str(text) for name, text in changed(COMPANY, **cells).items()})
    found = parsed(row, COLUMNS[Kind.COMPANY], lambda problem: None)
    assert found is not None
    return found


def terms_of(desk: Desk, file: Path, **cells: object) -> Terms:
    """The terms that are signed for the contract with these cells."""
    desk.run(write_csv(file, with_contract(**cells)))
    assert desk.codes() == []
    return signed(desk).terms


def test_a_good_file_goes_in_whole(desk: Desk, file: Path) -> None:
    imported = desk.run(write_csv(file, GOOD))

    assert desk.codes() == []
    assert imported.problems == 0
    assert tallies(imported) == {kind.value: Tally(new=1) for kind in Kind}
    invoices = [event for event in desk.events() if isinstance(event, InvoiceOpened)]
    assert [invoice.instalments[0].due_on for invoice in invoices] == [
        date(2026, 1, 10),
        date(2026, 2, 10),
        date(2026, 3, 10),
    ]


def test_rows_may_stand_in_any_order(desk: Desk, file: Path) -> None:
    imported = desk.run(write_csv(file, GOOD[::-1]))

    assert tallies(imported) == {kind.value: Tally(new=1) for kind in Kind}


def test_the_same_file_twice_changes_nothing(desk: Desk, file: Path) -> None:
    write_csv(file, GOOD)
    desk.run(file)
    before = desk.lastro.safe_position()

    imported = desk.run(file)

    assert desk.codes() == []
    assert tallies(imported) == {kind.value: Tally(same=1) for kind in Kind}
    assert desk.lastro.safe_position() == before


def test_a_workbook_and_a_csv_of_the_same_content_give_the_same_facts(desk: Desk, tmp_path: Path) -> None:
    items = ("contrato", {"codigo": "K1", "empresa": "NIMBO", "servico": "ERP", "quantidade": "2"})
    desk.run(write_csv(tmp_path / "a.csv", (*GOOD, items)))
    before = desk.lastro.safe_position()

    imported = desk.run(write_workbook(tmp_path / "a.xlsx", (*GOOD, items)))

    assert desk.codes() == []
    assert tallies(imported) == {kind.value: Tally(same=1) for kind in Kind}
    assert desk.lastro.safe_position() == before


def test_dates_numbers_and_percentages_of_a_workbook_need_no_text(desk: Desk, tmp_path: Path) -> None:
    rows = with_contract(
        data_inicio=date(2026, 1, 1), parcelas=3, dia_vencimento=10, valor_unitario=1234.5, quantidade=2
    )
    desk.run(write_workbook(tmp_path / "a.xlsx", rows))

    terms = signed(desk).terms
    assert (terms.starts_on, terms.instalment_count, terms.due_day) == (date(2026, 1, 1), 3, 10)
    assert (terms.items[0].unit_price, terms.items[0].quantity) == (Decimal("1234.50"), Decimal("2.0000"))


def test_item_rows_belong_to_the_contract_above_them(desk: Desk, file: Path) -> None:
    below = {"codigo": "k1", "empresa": "nimbo", "descricao": "Visita", "valor_unitario": "50,00"}
    desk.run(write_csv(file, (*GOOD, ("contrato", below))))

    items = signed(desk).terms.items
    assert [(item.description, item.unit_price) for item in items] == [
        ("Licença do ERP", Decimal("349.90")),
        ("Visita", Decimal("50.00")),
    ]
    assert items[0].service_id is not None
    assert items[1].service_id is None


def test_a_contract_row_without_item_takes_its_items_from_below(desk: Desk, file: Path) -> None:
    below = {"codigo": "K1", "empresa": "NIMBO", "servico": "ERP"}
    desk.run(write_csv(file, (*with_contract(servico=""), ("contrato", below))))

    assert [item.description for item in signed(desk).terms.items] == ["Licença do ERP"]


@pytest.mark.parametrize(
    ("cells", "first_due_on", "due_day"),
    [
        ({"data_inicio": "15/09/2025", "dia_vencimento": "5"}, date(2025, 10, 5), 5),
        ({"data_inicio": "05/09/2025", "dia_vencimento": "5"}, date(2025, 9, 5), 5),
        ({"data_inicio": "15/09/2025", "dia_vencimento": ""}, date(2025, 9, 15), 15),
        (
            {"data_inicio": "15/09/2025", "dia_vencimento": "", "primeiro_vencimento": "20/10/2025"},
            date(2025, 10, 20),
            20,
        ),
        (
            {"data_inicio": "15/09/2025", "dia_vencimento": "31", "primeiro_vencimento": "20/10/2025"},
            date(2025, 10, 20),
            31,
        ),
        (
            {"data_inicio": "15/09/2025", "dia_vencimento": "", "periodicidade": "semanal"},
            date(2025, 9, 15),
            None,
        ),
    ],
)
def test_what_is_left_out_of_the_due_dates_is_suggested(
    desk: Desk, file: Path, cells: dict[str, str], first_due_on: date, due_day: int | None
) -> None:
    terms = terms_of(desk, file, **cells)

    assert (terms.first_due_on, terms.due_day) == (first_due_on, due_day)


def test_late_charges_left_out_are_those_of_the_account(desk: Desk, file: Path) -> None:
    terms = terms_of(desk, file)

    assert (terms.fine_percent, terms.interest_percent_month) == (Decimal("2.0000"), Decimal("1.0000"))


def test_late_charges_that_are_typed_go_before_the_account_s(desk: Desk, file: Path) -> None:
    terms = terms_of(desk, file, multa_percentual="1,5", juros_percentual_mes="0,5")

    assert (terms.fine_percent, terms.interest_percent_month) == (Decimal("1.5000"), Decimal("0.5000"))


def test_a_standard_index_is_registered_on_the_way_and_only_once(desk: Desk, file: Path) -> None:
    other = changed(CONTRACT, codigo="K2", indice="IGPM", parcelas="")
    rows = (*with_contract(indice="igp-m", parcelas=""), ("contrato", other))
    desk.run(write_csv(file, rows))

    indices = [event for event in desk.events() if isinstance(event, PriceIndexRegistered)]
    assert desk.codes() == []
    assert [(index.code, index.sgs_code) for index in indices] == [("IGPM", 189)]


def test_registries_are_corrected_where_the_row_says_otherwise(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))
    before = len(desk.events())

    imported = desk.run(
        write_csv(
            file,
            (
                ("servico", changed(SERVICE, preco="400,00")),
                (
                    "cliente",
                    changed(
                        CUSTOMER, nome="Padaria Nova Ltda.", cep="80010-001", contato_email="eva@x.example"
                    ),
                ),
            ),
        )
    )

    assert tallies(imported) == {"servico": Tally(corrected=1), "cliente": Tally(corrected=1)}
    assert {type(event) for event in desk.events()[before:]} == {
        ServicePriced,
        CustomerNameCorrected,
        CustomerMoved,
        CustomerContactAdded,
    }


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        ({"ctribnac": ""}, "010501"),
        ({"item_lc116": "", "ctribnac": ""}, "010501"),
        ({"item_lc116": "1.07"}, None),
    ],
)
def test_an_empty_fiscal_cell_leaves_the_code_as_it_is(
    desk: Desk, file: Path, again: dict[str, str], kept: str | None
) -> None:
    service = changed(SERVICE, ctribnac="010501")
    desk.run(write_csv(file, (GOOD[0], ("servico", service))))

    desk.run(write_csv(file, (GOOD[0], ("servico", changed(SERVICE, **again)))))

    assert desk.codes() == []
    (found,) = desk.registries.services.find_many(
        {(desk.registries.companies.find("NIMBO") or UUID(int=0), "ERP")}
    ).values()
    assert desk.lastro.load(project_service, found).ctribnac == kept


def test_codes_in_the_database_need_no_row_in_the_file(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))

    imported = desk.run(write_csv(file, (("contrato", changed(CONTRACT, codigo="K2", empresa="nimbo")),)))

    assert tallies(imported) == {"contrato": Tally(new=1)}


def test_codes_are_the_same_however_they_are_spelt(desk: Desk, file: Path) -> None:
    desk.registries.companies.register(SYSTEM, company_form(parsed_company(codigo="Nimbo São–1")))
    item = (
        "contrato",
        {"codigo": "k 1", "empresa": "NIMBO são-1", "descricao": "Visita", "valor_unitario": "1"},
    )
    imported = desk.run(
        write_csv(
            file,
            (
                ("empresa", changed(COMPANY, codigo="nimbo  são—1")),
                ("conta", changed(ACCOUNT, empresa="NIMBO SÃO-1")),
                ("cliente", CUSTOMER),
                (
                    "contrato",
                    changed(CONTRACT, codigo="K\u00a01", empresa="Nimbo São-1", cliente="c1", servico=""),
                ),
                item,
            ),
        )
    )

    assert desk.codes() == []
    assert tallies(imported)["empresa"] == Tally(same=1)
    assert tallies(imported)["contrato"] == Tally(new=1)


def test_personal_data_is_stored_sealed(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))

    with desk.lastro.database.connection() as db:
        stored = db.execute("SELECT string_agg(state::text, ' ') FROM event").fetchone()
    registered = [event for event in desk.events() if isinstance(event, CustomerRegistered)]
    assert stored is not None
    assert not any(word in stored[0] for word in ("Padaria", "12ABC345", "Acácias", "padaria.example"))
    assert registered[0].document == "12ABC34501DE35"
