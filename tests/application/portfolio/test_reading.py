"""Portfolio files of every kind of goodness become rows, or a sentence that says what to do."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from application.portfolio.columns import COLUMNS, SHEETS, Kind
from application.portfolio.entries import parsed
from application.portfolio.problems import PortfolioFileError, Problem
from application.portfolio.reading import Row, read_rows
from web.portfolio_template import manual_tables, write_template
from web.wording.portfolio import COLUMN_HELP, file_problem_text, problem_text

HEADER = "tipo;codigo;nome;pessoa;documento"
MANUAL = Path(__file__).parents[3] / "docs" / "manual"


def rows_of(path: Path) -> tuple[list[Row], list[Problem]]:
    problems: list[Problem] = []
    return list(read_rows(path, problems.append)), problems


def written(tmp_path: Path, content: str | bytes, name: str = "carteira.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_come_in_the_order_of_import_whatever_theirs_in_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "tipo;codigo\ncontrato;K1\ncliente;C1\nempresa;E1\n")
    rows, problems = rows_of(path)
    assert [(row.kind, row.line) for row in rows] == [
        (Kind.COMPANY, 4),
        (Kind.CUSTOMER, 3),
        (Kind.CONTRACT, 2),
    ]
    assert not problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_delimiters_of_brazilian_spreadsheets(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = f"{HEADER}\ncliente;C1;Água Verde;fisica;\n".replace(";", delimiter)
    rows, problems = rows_of(written(tmp_path, text.encode(encoding)))
    assert rows == [Row(Kind.CUSTOMER, 2, {"codigo": "C1", "nome": "Água Verde", "pessoa": "fisica"})]
    assert not problems


def test_lines_are_counted_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = written(tmp_path, f'{HEADER}\ncliente;C1;"duas\nlinhas";fisica;\ncliente;C2;b;fisica;\n')
    assert [row.line for row in rows_of(path)[0]] == [2, 4]


def test_an_unknown_kind_is_reported_once_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\nfornecedor;F1;x;fisica;\ncliente;C1;x;fisica;\n")
    rows, problems = rows_of(path)
    assert [row.line for row in rows] == [3]
    assert [problem_text(problem) for problem in problems] == [
        "linha 2, coluna tipo: «fornecedor» não diz o que a linha é. "
        "Use um destes: empresa, conta, servico, cliente, contrato."
    ]


def test_more_cells_than_the_header_are_reported(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\ncliente;C1;x;fisica;;sobra\n")
    rows, problems = rows_of(path)
    assert not rows
    assert [problem.code for problem in problems] == ["too_many_cells"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "file_empty"),
        ("codigo;nome\n1;2\n", "header_without_kind"),
        ("tipo;nome;nome\ncliente;a;b\n", "column_repeated"),
        ("tipo;nome\ncliente;a\0b\n", "file_not_text"),
        ("tipo;" + ";".join(f"c{n}" for n in range(300)) + "\n", "too_many_columns"),
        ("tipo;nome\ncliente;" + "x" * 200_000 + "\n", "csv_broken"),
        ("tipo;nome\n" + "x" * 2_000_000, "line_too_long"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path: Path, content: str, code: str) -> None:
    with pytest.raises(PortfolioFileError) as refused:
        rows_of(written(tmp_path, content))
    assert refused.value.code == code
    assert file_problem_text(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF", "file_type_unknown"),
        ("a.xlsx", b"not a zip", "workbook_broken"),
        ("a.xlsx", b"", "workbook_broken"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with pytest.raises(PortfolioFileError) as refused:
        rows_of(written(tmp_path, content, name))
    assert refused.value.code == code
    assert file_problem_text(refused.value)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(PortfolioFileError, match="workbook_broken"):
        rows_of(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortfolioFileError, match="file_not_found"):
        rows_of(tmp_path / "nada.csv")


def test_a_workbook_gives_the_rows_that_a_csv_would(tmp_path: Path) -> None:
    path = tmp_path / "carteira.xlsx"
    write_template(path)
    book = openpyxl.load_workbook(path)
    names = [column.name for column in COLUMNS[Kind.CONTRACT]]
    typed = {"codigo": "K1", "data_inicio": date(2026, 1, 31), "valor_bruto": 1234.5, "parcelas": 12}
    book["Contratos"].append([typed.get(name) for name in names])
    book.save(path)
    rows, problems = rows_of(path)
    assert not problems
    expected = {"codigo": "K1", "data_inicio": "2026-01-31", "valor_bruto": "1234,5", "parcelas": "12"}
    assert rows == [Row(Kind.CONTRACT, 2, expected, "Contratos")]


def test_a_sheet_without_a_required_column_is_reported(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Clientes"
    sheet.append(["codigo", "pessoa"])
    sheet.append(["C1", "fisica"])
    path = tmp_path / "carteira.xlsx"
    book.save(path)
    rows, problems = rows_of(path)
    assert not rows
    assert [(problem.column, problem.code) for problem in problems] == [("nome", "column_missing")]


def test_every_wrong_cell_of_a_row_is_reported_with_what_to_do(tmp_path: Path) -> None:
    row = Row(Kind.CUSTOMER, 7, {"codigo": "C1", "pessoa": "robô", "uf": "ZZ"})
    problems: list[Problem] = []
    assert parsed(row, COLUMNS[row.kind], problems.append) is None
    assert [problem_text(problem) for problem in problems] == [
        "linha 7, coluna nome: está vazia. Preencha: Nome do cliente ou da conta.",
        "linha 7, coluna pessoa: «robô» não é uma das opções. Use: fisica, juridica.",
        "linha 7, coluna uf: «ZZ» não é a sigla de um estado.",
    ]


def test_every_column_is_explained_in_the_manual_and_the_template() -> None:
    assert {c.name for columns in COLUMNS.values() for c in columns} | {"tipo"} == set(COLUMN_HELP)
    assert manual_tables() in (MANUAL / "importacao.md").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(MANUAL / "modelo-carteira.xlsx")
    for kind, sheet in SHEETS.items():
        assert [cell.value for cell in book[sheet][1]] == [column.name for column in COLUMNS[kind]]
