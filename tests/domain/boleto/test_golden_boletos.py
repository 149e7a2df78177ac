"""Every case of Itaú and Banco do Brasil that other implementations agree on."""

from collections.abc import Callable
from datetime import date

import pytest

from domain.account.events import BoletoAgreement
from domain.boleto.barcode import (
    format_linha_digitavel,
    linha_digitavel,
    parse_barcode,
    parse_linha_digitavel,
)
from domain.boleto.check_digits import banco_do_brasil_digit, mod10
from domain.boleto.due_factor import due_factor
from domain.boleto.numbering import (
    BoletoNumbers,
    boleto_numbers,
    format_branch_and_account,
    format_nosso_numero,
)
from tests.domain.boleto.golden import Case, agreement_of, amount_of, golden

GOLDEN = golden()
OURS = [case for case in GOLDEN["cases"] if case["bank"] in ("001", "341") and case["kind"] != "parse"]
WITH_BARCODE = [
    case
    for case in GOLDEN["cases"]
    if {"codigo_barras", "linha_digitavel"} <= {*case["inputs"], *case["expected"]}
]
PARSED = [case for case in GOLDEN["cases"] if case["kind"] == "parse"]

pytestmark = pytest.mark.skipif(not GOLDEN["cases"], reason="no golden cases beside the repository")


def case_id(case: Case) -> str:
    return str(case.get("id", ""))


def numbers_of(case: Case) -> BoletoNumbers:
    given = case["inputs"]
    due_on = date.fromisoformat(given["data_vencimento"]) if given.get("data_vencimento") else None
    seu_numero = str(given["seu_numero"]) if "seu_numero" in given else None
    return boleto_numbers(agreement_of(case), int(given["nosso_numero"]), due_on, amount_of(case), seu_numero)


def printed_nosso_numero(case: Case) -> str:
    numbers = numbers_of(case)
    return format_nosso_numero(
        case["bank"], str(case["inputs"]["carteira"]), numbers.nosso_numero, numbers.nosso_numero_digit
    )


def itau_account_digit(agreement: BoletoAgreement) -> str:
    return str(mod10(agreement.branch.zfill(4) + agreement.account_number.zfill(5)))


FOUND: dict[str, Callable[[Case], str]] = {
    "campo_livre": lambda case: numbers_of(case).campo_livre,
    "codigo_barras": lambda case: numbers_of(case).barcode,
    "linha_digitavel": lambda case: format_linha_digitavel(numbers_of(case).linha_digitavel),
    "nosso_numero_dv": lambda case: numbers_of(case).nosso_numero_digit,
    "nosso_numero_boleto": printed_nosso_numero,
    "agencia_conta_boleto": lambda case: format_branch_and_account(agreement_of(case)),
    "agencia_dv": lambda case: banco_do_brasil_digit(agreement_of(case).branch),
    "conta_corrente_dv": lambda case: banco_do_brasil_digit(agreement_of(case).account_number),
    "agencia_conta_corrente_dv": lambda case: itau_account_digit(agreement_of(case)),
}


@pytest.mark.parametrize("case", OURS, ids=case_id)
def test_a_boleto_has_the_numbers_that_others_give_it(case: Case) -> None:
    expected = {name: str(value) for name, value in case["expected"].items()}
    assert {name: FOUND[name](case) for name in expected} == expected


@pytest.mark.parametrize("case", GOLDEN["fator_vencimento"], ids=lambda case: str(case["data"]))
def test_a_due_date_has_the_factor_that_febraban_gives_it(case: Case) -> None:
    assert due_factor(date.fromisoformat(case["data"]) if case["data"] else None) == case["fator"]


@pytest.mark.parametrize("case", WITH_BARCODE, ids=case_id)
def test_barcode_and_linha_of_any_bank_are_read_as_one_another(case: Case) -> None:
    known = case["inputs"] | case["expected"]
    from_linha = parse_linha_digitavel(known["linha_digitavel"])
    assert from_linha == parse_barcode(known["codigo_barras"])
    assert linha_digitavel(known["codigo_barras"]) == from_linha.linha_digitavel
    if "." in known["linha_digitavel"]:
        assert format_linha_digitavel(from_linha.linha_digitavel) == known["linha_digitavel"]


@pytest.mark.parametrize("case", PARSED, ids=case_id)
def test_a_boleto_met_in_the_wild_is_read(case: Case) -> None:
    given, expected = case["inputs"], case["expected"]
    if "linha_digitavel" in given:
        read = parse_linha_digitavel(given["linha_digitavel"])
    else:
        read = parse_barcode(given["codigo_barras"])
    found = {
        "valor": str(read.amount),
        "fator_vencimento": read.due_factor,
        "codigo_barras": read.digits,
        "campo_livre": read.campo_livre,
    }
    assert {name: found[name] for name in expected} == expected
