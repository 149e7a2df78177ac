"""Importing a portfolio: good rows go in once, every other row is named with what keeps it out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.portfolio.columns import COLUMNS, Kind
from application.portfolio.entries import Values, parsed
from application.portfolio.forms import company_form
from application.portfolio.importer import Tally
from application.portfolio.reading import Row
from domain.account.events import AccountBoletoAgreementSet
from domain.contract.events import ContractSigned, Terms
from domain.customer.events import (
    CustomerContactAdded,
    CustomerMoved,
    CustomerNameCorrected,
    CustomerRegistered,
)
from domain.invoice.events import InvoiceOpened
from domain.price_index.events import PriceIndexRegistered
from domain.service.events import ServicePriced
from tests.support.portfolio import (
    ACCOUNT,
    COMPANY,
    CONTRACT,
    CUSTOMER,
    GOOD,
    SERVICE,
    Cells,
    Desk,
    Rows,
    desk_on,
    tallies,
    write_csv,
    write_workbook,
)
from web.wording.portfolio import problem_text

RATES = {"multa_percentual": "2", "juros_percentual_mes": "1"}
SPLIT = {"tipo_pagamento": "parcelado"}
BOTH_DISCOUNTS = {"desconto_percentual": "10", "desconto_valor": "1"}


@pytest.fixture
def desk(lastro: Lastro) -> Desk:
    return desk_on(lastro)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "carteira.csv"


def changed(cells: Cells, **others: object) -> Cells:
    return {**cells, **others}


def parsed_company(**cells: object) -> Values:
    row = Row(Kind.COMPANY, 2, {name: str(text) for name, text in changed(COMPANY, **cells).items()})
    found = parsed(row, COLUMNS[Kind.COMPANY], lambda problem: None)
    assert found is not None
    return found


def with_contract(**cells: object) -> Rows:
    return (*GOOD[:4], ("contrato", changed(CONTRACT, **cells)))


def signed(desk: Desk) -> ContractSigned:
    (fact,) = [event for event in desk.events() if isinstance(event, ContractSigned)]
    return fact


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


def test_an_index_that_nobody_knows_is_reported(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, with_contract(indice="IPCAA", parcelas="")))

    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 6, coluna indice: «IPCAA» não está cadastrado. "
        "Use IGPDI, IGPM, INPC, IPCA, ou cadastre o índice antes."
    ]


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


def test_a_contract_with_other_terms_is_reported_and_left_alone(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))
    before = desk.lastro.safe_position()

    imported = desk.run(write_csv(file, with_contract(parcelas="6", departamento="Sul")))

    assert tallies(imported)["contrato"] == Tally(refused=1)
    assert desk.lastro.safe_position() == before
    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 6, coluna parcelas: «6» já está cadastrado com outros dados (parcelas, departamento). "
        "Altere na tela ou corrija a linha."
    ]


def test_a_company_that_says_otherwise_is_reported(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))

    desk.run(write_csv(file, (("empresa", changed(COMPANY, razao_social="Outra S.A.")),)))

    assert desk.codes() == [(2, "razao_social", "differs")]


def test_a_document_of_another_customer_is_reported(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))

    desk.run(write_csv(file, (("cliente", changed(CUSTOMER, codigo="C2")),)))

    assert desk.codes() == [(2, "documento", "key_taken")]


def test_two_customers_with_one_document_in_one_file(desk: Desk, file: Path) -> None:
    imported = desk.run(write_csv(file, (*GOOD, ("cliente", changed(CUSTOMER, codigo="C2")))))

    assert desk.codes() == [(7, "documento", "key_taken")]
    assert tallies(imported)["cliente"] == Tally(new=1, refused=1)


def test_a_code_that_stands_twice_is_reported_with_its_first_line(desk: Desk, file: Path) -> None:
    other = ("contrato", changed(CONTRACT, codigo="K2"))
    imported = desk.run(write_csv(file, (*GOOD, ("cliente", CUSTOMER), other, ("contrato", CONTRACT))))

    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 7, coluna codigo: «C1» já apareceu na linha 5. Cada código aparece uma vez só; "
        "os itens de um contrato vêm na linha logo abaixo dele.",
        "linha 9, coluna codigo: «K1» já apareceu na linha 6. Cada código aparece uma vez só; "
        "os itens de um contrato vêm na linha logo abaixo dele.",
    ]
    assert tallies(imported)["contrato"] == Tally(new=2, refused=1)


def test_a_contract_row_pasted_twice_is_not_charged_twice(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, (*GOOD, ("contrato", CONTRACT))))

    assert desk.codes() == [(7, "codigo", "row_repeated")]


def test_an_item_row_may_repeat_its_contract_but_not_contradict_it(desk: Desk, file: Path) -> None:
    second = changed(CONTRACT, servico="", descricao="Visita", valor_unitario="50,00")
    desk.run(write_csv(file, (*GOOD, ("contrato", second))))
    assert (desk.codes(), len(signed(desk).terms.items)) == ([], 2)

    other = changed(second, codigo="K2", conta="BB")
    desk.run(write_csv(file, (("contrato", changed(CONTRACT, codigo="K2")), ("contrato", other))))
    assert desk.codes() == [(3, "conta", "item_row_differs")]


def test_a_code_that_nothing_has_is_told_apart_from_one_that_was_refused(desk: Desk, file: Path) -> None:
    rows = (
        *GOOD[:3],
        ("cliente", changed(CUSTOMER, documento="11.222.333/0001-80")),
        ("contrato", CONTRACT),
        ("contrato", changed(CONTRACT, codigo="K2", cliente="C9")),
        ("contrato", changed(CONTRACT, codigo="K3", empresa="OUTRA")),
    )
    imported = desk.run(write_csv(file, rows))

    assert desk.codes() == [
        (5, "documento", "cnpj_invalid"),
        (6, "cliente", "row_refused"),
        (7, "cliente", "code_unknown"),
        (8, "empresa", "code_unknown"),
    ]
    assert tallies(imported)["contrato"] == Tally(refused=3)


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


def test_a_bad_item_row_keeps_its_contract_out_and_is_named_itself(desk: Desk, file: Path) -> None:
    key = {"codigo": "K1", "empresa": "NIMBO"}
    rows = (
        *GOOD,
        ("contrato", {**key, "servico": "NADA"}),
        ("contrato", changed(CONTRACT, codigo="K2")),
        ("contrato", {**key, "codigo": "K2", "servico": "ERP", "quantidade": "0"}),
        ("contrato", changed(CONTRACT, codigo="K3")),
        ("contrato", {**key, "codigo": "K3", "valor_unitario": "dez"}),
    )
    imported = desk.run(write_csv(file, rows))

    assert desk.codes() == [
        (11, "valor_unitario", "not_a_number"),
        (7, "servico", "code_unknown"),
        (9, "quantidade", "contract_item_invalid.quantity_not_positive"),
    ]
    assert tallies(imported)["contrato"] == Tally(refused=3)


@pytest.mark.parametrize(
    ("row", "cells", "column", "code"),
    [
        (1, {"carteira": ""}, None, None),
        (1, {"carteira": "109", "agencia": ""}, "agencia", "needed_for_boletos"),
        (1, {"conta_digito": "1"}, "conta_digito", "boleto_agreement_invalid.check_digit"),
        (1, {"banco": "999"}, "banco", "boleto_agreement_invalid.unsupported"),
        (1, {"tipo_conta": "caixa"}, "tipo_conta", "boleto_account_not_bank"),
        (1, {"juros_percentual_mes": ""}, "juros_percentual_mes", "late_charges_apart"),
        (1, {"multa_percentual": "3"}, "multa_percentual", "late_rates_unlawful.too_high"),
        (2, {"item_lc116": "", "ctribnac": "010501"}, "item_lc116", "lc116_missing"),
        (2, {"ctribnac": "020501"}, "ctribnac", "fiscal_code_invalid.mismatch"),
        (2, {"natureza": "produto"}, "item_lc116", "fiscal_code_unfit"),
        (3, {"cidade": ""}, "cidade", "needed_for_address"),
        (3, {"municipio_ibge": "3550308"}, "municipio_ibge", "place_invalid.state"),
        (3, {"contato_email": "", "contato_nome": "Ana"}, "contato_email", "contact_empty"),
        (3, {"pessoa": "física"}, "documento", "cpf_invalid"),
        (4, {"forma_pagamento": "pix"}, "conta", "account_unfit.account_without_pix_key"),
        (4, {"valor_bruto": "10"}, "valor_bruto", "gross_amount_beside_items"),
        (4, {"servico": ""}, "valor_bruto", "gross_amount_missing"),
        (4, {"data_termino": "01/01/2025"}, "data_termino", "end_not_after_start"),
        (4, {"primeiro_vencimento": "01/12/2025"}, "primeiro_vencimento", "first_due_before_start"),
        (4, {"periodicidade": "semanal"}, "dia_vencimento", "due_day_unused"),
        (4, {**RATES, "multa_percentual": "5"}, "multa_percentual", "fine_percent_unlawful"),
        (4, {**RATES, "juros_percentual_mes": "2"}, "juros_percentual_mes", "interest_percent_unlawful"),
        (4, {"indice": "IPCA"}, "indice", "adjustment_term_unlawful"),
        (4, {"indice": "IPCA", "reajuste_meses": "6"}, "reajuste_meses", "adjustment_period_unlawful"),
        (4, {"divisao": "50% / 50%"}, "divisao", "recurring_option"),
        (4, {**SPLIT, "divisao": "50% / 40%"}, "divisao", "split_parts_mismatch"),
        (4, {**SPLIT, "divisao": "50%/30%/10%"}, "divisao", "split_invalid.percent_sum"),
        (4, {**SPLIT, "valor_variavel": "sim"}, "valor_variavel", "split_option"),
        (4, {"pro_rata_desde": "20/02/2026"}, "pro_rata_desde", "pro_rata_outside_first_period"),
        (4, BOTH_DISCOUNTS, "desconto_valor", "contract_item_invalid.both_discounts"),
        (4, {"data_inicio": "01/01/1990", "parcelas": "999"}, "parcelas", "term_too_long"),
    ],
)  # fmt: skip
def test_what_the_domain_refuses_is_told_by_column(
    desk: Desk, file: Path, row: int, cells: dict[str, str], column: str | None, code: str | None
) -> None:
    kind, good = GOOD[row]
    rows = [*GOOD]
    rows[row] = (kind, changed(good, **cells))
    desk.run(write_csv(file, rows))

    told = [problem for problem in desk.problems if problem.line == row + 2]
    assert [(problem.column, problem.code) for problem in told] == ([(column, code)] if code else [])
    assert all("–" not in problem_text(problem) for problem in told)


def test_personal_data_is_stored_sealed(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))

    with desk.lastro.database.connection() as db:
        stored = db.execute("SELECT string_agg(state::text, ' ') FROM event").fetchone()
    registered = [event for event in desk.events() if isinstance(event, CustomerRegistered)]
    assert stored is not None
    assert not any(word in stored[0] for word in ("Padaria", "12ABC345", "Acácias", "padaria.example"))
    assert registered[0].document == "12ABC34501DE35"


def test_an_account_without_carteira_issues_no_boletos(desk: Desk, file: Path) -> None:
    account = changed(ACCOUNT, carteira="", chave_pix="financeiro@nimbo.example")
    desk.run(write_csv(file, (GOOD[0], ("conta", account), *GOOD[2:])))

    assert not [event for event in desk.events() if isinstance(event, AccountBoletoAgreementSet)]
    assert desk.codes() == [(6, "conta", "account_unfit.account_without_agreement")]


def test_a_row_that_cannot_be_stored_leaves_the_rows_beside_it(desk: Desk, file: Path) -> None:
    customers = tuple(
        ("cliente", {"codigo": f"C{n}", "nome": f"Cliente {n}", "pessoa": "física"}) for n in range(1, 1200)
    )
    bad = ("cliente", {"codigo": "X", "nome": "Y", "pessoa": "física", "contato_telefone": "9" * 61})
    imported = desk.run(write_csv(file, (*customers[:600], bad, *customers[600:])))

    assert tallies(imported) == {"cliente": Tally(new=1199, refused=1)}
    assert desk.codes() == [(602, "contato_telefone", "text_invalid.too_long")]
