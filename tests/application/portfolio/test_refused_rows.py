"""A row that does not go in is named with its line, its column, and what keeps it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from application.portfolio.importer import Tally
from domain.account.events import AccountBoletoAgreementSet
from tests.support.portfolio import (
    ACCOUNT,
    COMPANY,
    CONTRACT,
    CUSTOMER,
    GOOD,
    Desk,
    changed,
    signed,
    tallies,
    with_contract,
    write_csv,
)
from web.wording.portfolio import problem_text

RATES = {"multa_percentual": "2", "juros_percentual_mes": "1"}
SPLIT = {"tipo_pagamento": "parcelado"}
BOTH_DISCOUNTS = {"desconto_percentual": "10", "desconto_valor": "1"}


def test_an_index_that_nobody_knows_is_reported(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, with_contract(indice="IPCAA", parcelas="")))

    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 6, coluna indice: «IPCAA» não está cadastrado. "
        "Use IGPDI, IGPM, INPC, IPCA, ou cadastre o índice antes (lastro index register)."
    ]


def test_a_contract_with_other_terms_is_reported_and_left_alone(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, GOOD))
    before = desk.lastro.safe_position()

    imported = desk.run(write_csv(file, with_contract(parcelas="6", departamento="Sul")))

    assert tallies(imported)["contrato"] == Tally(refused=1)
    assert desk.lastro.safe_position() == before
    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 6, coluna parcelas: «6» já está cadastrado com outros dados (parcelas, departamento). "
        "A importação não muda isso: corrija a linha para o que está cadastrado."
    ]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"banco": "999"}, "banco", "not_a_bank"),
        ({"banco": "000"}, "banco", "not_a_bank"),
        ({"banco": "237"}, "banco", "boleto_agreement_invalid.unsupported"),
        ({"agencia": ""}, "agencia", "needed_for_bank_account"),
        ({"agencia": "", "carteira": "", "conta_digito": ""}, "agencia", "needed_for_bank_account"),
        ({"banco": "", "carteira": "", "conta_digito": ""}, "banco", "needed_for_bank_account"),
        ({"conta_numero": "", "carteira": ""}, "conta_numero", "needed_for_bank_account"),
    ],
)
def test_a_bank_account_says_its_bank_branch_and_number(
    desk: Desk, file: Path, cells: dict[str, str], column: str, code: str
) -> None:
    desk.run(write_csv(file, (GOOD[0], ("conta", changed(ACCOUNT, **cells)))))

    assert desk.codes() == [(3, column, code)]


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


def test_a_code_of_another_company_is_said_to_be_so(desk: Desk, file: Path) -> None:
    other = {**GOOD[0][1], "codigo": "ATLAS", "razao_social": "Atlas Ltda.", "cnpj": "19.131.243/0001-97"}
    rows = (
        *GOOD[:4],
        ("empresa", other),
        (
            "conta",
            changed(GOOD[1][1], empresa="ATLAS", codigo="ATLAS-1", conta_numero="53678", conta_digito=""),
        ),
        ("contrato", changed(CONTRACT, empresa="ATLAS")),
        ("contrato", changed(CONTRACT, codigo="K2", empresa="ATLAS", conta="ATLAS-1")),
        ("contrato", changed(CONTRACT, codigo="K3", conta="NENHUMA")),
    )
    desk.run(write_csv(file, rows))

    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 8, coluna conta: «ITAU» é da empresa NIMBO, não da empresa desta linha. "
        "Corrija o código ou a coluna `empresa`.",
        "linha 9, coluna servico: «ERP» é da empresa NIMBO, não da empresa desta linha. "
        "Corrija o código ou a coluna `empresa`.",
        "linha 10, coluna conta: «NENHUMA» não está cadastrado. "
        "Inclua a linha dele no arquivo ou corrija o código.",
    ]


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
        (1, {"carteira": "", "convenio": "1238798"}, "carteira", "needed_for_boletos"),
        (1, {"conta_digito": "1"}, "conta_digito", "boleto_agreement_invalid.check_digit"),
        (1, {"banco": "237"}, "banco", "boleto_agreement_invalid.unsupported"),
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
