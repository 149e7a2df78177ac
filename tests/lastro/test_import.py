"""`lastro import`: exit codes, the table, the file of problems, the template."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from application.portfolio.columns import SHEETS
from tests.support.cli import Cli
from tests.support.portfolio import CUSTOMER, GOOD, Rows, write_csv


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "carteira.csv"


def people(count: int, **cells: object) -> Rows:
    return tuple(
        ("cliente", {"codigo": f"P{n}", "nome": f"Pessoa {n}", "pessoa": "física", **cells})
        for n in range(count)
    )


def problems_of(file: Path) -> list[list[str]]:
    with file.with_name(f"{file.name}.problemas.csv").open(encoding="utf-8-sig", newline="") as found:
        return list(csv.reader(found, delimiter=";"))


def test_a_clean_file_ends_with_zero_and_no_file_of_problems(cli: Cli, file: Path) -> None:
    said = cli("import", "portfolio", write_csv(file, GOOD), "--json")

    assert said.code == 0
    assert said.json["problem_count"] == 0
    assert [(row["kind"], row["new"]) for row in said.json["kinds"]] == [(word, 1) for word, _ in GOOD]
    assert not list(file.parent.glob("*.problemas.csv"))


def test_the_table_is_in_the_words_of_the_file(cli: Cli, file: Path) -> None:
    said = cli("import", "portfolio", write_csv(file, GOOD))

    lines = [line.split() for line in said.out.splitlines()]
    assert lines[0] == ["tipo", "novos", "corrigidos", "sem", "mudança", "recusados"]
    assert ["contrato", "1", "0", "0", "0"] in lines


def test_a_refused_row_ends_with_one_and_the_good_ones_are_in(cli: Cli, file: Path) -> None:
    said = cli("import", "portfolio", write_csv(file, (*GOOD, *people(1, uf="ZZ"))))

    assert said.code == 1
    assert "linha 7, coluna uf: «ZZ» não é a sigla de um estado." in said.err
    assert problems_of(file)[1:] == [["", "7", "uf", "ZZ", "não é a sigla de um estado.", "not_a_state"]]
    assert ["cliente", "1", "0", "0", "1"] in [line.split() for line in said.out.splitlines()]


def test_a_row_of_no_known_kind_is_counted_too_and_the_bar_ends_full(cli: Cli, file: Path) -> None:
    write_csv(file, (*GOOD, ("pessoa", {"codigo": "P1", "nome": "Ana"})))
    said, as_json = cli("import", "portfolio", file), cli("import", "portfolio", file, "--json").json

    assert said.out.splitlines()[-1].split()[-4:] == ["0", "0", "0", "1"]
    assert "(sem tipo ou com células a mais)" in said.out
    assert (as_json["rows_unread"], len(as_json["kinds"])) == (1, len(GOOD))
    assert "6/6" in said.err


def test_the_first_problems_are_printed_and_all_are_in_the_file(cli: Cli, file: Path) -> None:
    said = cli("import", "portfolio", write_csv(file, people(120, uf="ZZ")))

    assert said.err.count("não é a sigla de um estado") == 50
    assert "… e mais 70 problemas. Todos os problemas: " in said.err
    assert len(problems_of(file)) == 121


def test_a_file_that_is_corrected_loses_its_file_of_problems(cli: Cli, file: Path) -> None:
    cli("import", "portfolio", write_csv(file, people(1, uf="ZZ")))

    assert cli("import", "portfolio", write_csv(file, people(1))).code == 0
    assert not list(file.parent.glob("*.problemas.csv"))


def test_no_cell_of_the_file_of_problems_is_a_formula(cli: Cli, file: Path) -> None:
    rows = (("cliente", {**CUSTOMER, "documento": "=cmd|' /C calc'!A0", "uf": "@x", "cep": "-1+1"}),)
    cli("import", "portfolio", write_csv(file, rows))

    cells = [cell for row in problems_of(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'@x" in cells


@pytest.mark.parametrize(("name", "content"), [("a.csv", ""), ("a.xlsx", "no zip"), ("a.pdf", "%PDF")])
def test_an_unreadable_file_ends_with_one(cli: Cli, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")

    said = cli("import", "portfolio", tmp_path / name)

    assert said.code == 1
    assert "\nlastro: A" in said.err or "\nlastro: O" in said.err
    assert "Traceback" not in said.err
    assert cli("import", "portfolio", tmp_path / name, "--json").json["error"]


@pytest.mark.parametrize(
    "arguments", [["portfolio"], ["portfolio", "nowhere.csv"], ["template", "a.csv"], ["x"]]
)
def test_bad_usage_ends_with_two(cli: Cli, arguments: list[str]) -> None:
    assert cli("import", *arguments).code == 2


def test_the_template_can_be_written_and_imported_empty(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "modelo.xlsx"

    assert cli("import", "template", path).code == 0
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Leia-me", *SHEETS.values()]
    book.close()
    empty = cli("import", "portfolio", path)
    assert (empty.code, "só tem cabeçalho" in empty.err) == (1, True)


@pytest.mark.parametrize("content", ["", "\n", "tipo;codigo;nome\n", "tipo;codigo;nome\n;;\n"])
def test_a_file_without_a_row_is_told_and_ends_with_one(cli: Cli, file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")

    said = cli("import", "portfolio", file)

    assert said.code == 1
    assert "nada foi importado" in said.err
    assert said.out == ""


def test_problems_come_in_the_order_of_the_lines(cli: Cli, file: Path) -> None:
    """Rows are read in kind by kind, and what other rows lack is found later than a wrong cell."""
    bad_contract = {"codigo": "K1", "empresa": "NOWHERE", "cliente": "C1", "conta": "X"}
    rows = (
        ("contrato", bad_contract | {"data_inicio": "01/01/2035", "forma_pagamento": "boleto"}),
        *people(1, uf="ZZ"),
        ("conta", {**GOOD[1][1], "banco": "999"}),
        ("empresa", {**GOOD[0][1], "cnpj": "1"}),
    )
    said = cli("import", "portfolio", write_csv(file, rows), "--json").json

    assert [problem["line"] for problem in said["problems"]] == [2, 3, 4, 5]
    assert [row[1] for row in problems_of(file)[1:]] == ["2", "3", "4", "5"]


def test_what_an_import_says_is_portuguese(cli: Cli, file: Path) -> None:
    said = cli("import", "portfolio", write_csv(file, people(51, uf="ZZ")))

    assert not [word for word in ("import ", "importing", "problem:", "more", "every") if word in said.err]


def test_what_automatic_billing_is_about_to_bill_is_told(cli: Cli, file: Path) -> None:
    rows = [(kind, dict(cells)) for kind, cells in GOOD]
    rows[0][1]["faturamento_automatico"] = "sim"
    rows[4][1]["data_inicio"] = "01/01/2024"

    said = cli("import", "portfolio", write_csv(file, rows))

    assert said.code == 0
    assert "NIMBO tem faturamento automático, e 3 parcelas" in said.err
