"""Files made to do harm, or spoilt on the way: refused with a sentence, or read as plain text."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import NamedStyle

from application.portfolio.columns import COLUMNS, Kind
from application.portfolio.importer import Tally
from application.portfolio.problems import PortfolioFileError, Problem, shown
from application.portfolio.reading import Row, read_rows
from domain.customer.events import CustomerRegistered
from tests.support.portfolio import CONTRACT, GOOD, Desk, Rows, tallies, write_csv, write_workbook
from web.portfolio_template import write_template
from web.wording.portfolio import file_problem_text, problem_text

PERSON = {"codigo": "C1", "nome": "Ana", "pessoa": "física"}


CUSTOMERS = "xl/worksheets/sheet4.xml"
"""The member that holds the fourth sheet."""


def names(desk: Desk) -> list[str | None]:
    return [event.name for event in desk.events() if isinstance(event, CustomerRegistered)]


def person(**cells: object) -> Rows:
    return (("cliente", {**PERSON, **cells}),)


def workbook(tmp_path: Path) -> Path:
    return write_workbook(tmp_path / "carteira.xlsx", person())


def repacked(path: Path, **members: bytes) -> Path:
    """The workbook with some of its members replaced or added."""
    with zipfile.ZipFile(path) as old:
        held = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in {**held, **members}.items():
            new.writestr(name, content)
    return path


def refused(path: Path) -> PortfolioFileError:
    with pytest.raises(PortfolioFileError) as error:
        list(read_rows(path, lambda problem: None))
    assert file_problem_text(error.value)
    return error.value


@pytest.mark.parametrize(
    "name",
    [
        "=SOMA(A1:A9)",
        "@rroba",
        "+55 Telefonia",
        "-menos",
        "<script>alert(1)</script>",
        "'; DROP TABLE event;--",
    ],
)
def test_formulas_and_code_are_names_like_any_other(desk: Desk, tmp_path: Path, name: str) -> None:
    desk.run(write_csv(tmp_path / "a.csv", person(nome=name)))

    assert (names(desk), desk.codes()) == ([name], [])


def test_direction_marks_and_invisible_characters_do_not_make_another_name(
    desk: Desk, tmp_path: Path
) -> None:
    desk.run(
        write_csv(tmp_path / "a.csv", person(codigo="\u202eC1\u200b", nome="\u200fAna\ufeff \u2066Sá\u2069"))
    )
    again = desk.run(write_csv(tmp_path / "a.csv", person(nome="Ana Sá")))

    assert names(desk) == ["Ana Sá"]
    assert tallies(again) == {"cliente": Tally(same=1)}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a\x1b[2Jb", "control_character"),
        ("\u200b", "nothing_visible"),
        ("#REF!", "spreadsheet_error"),
        ("Jos\ufffd", "undecodable"),
    ],
)
def test_text_that_is_no_name_is_refused(desk: Desk, tmp_path: Path, name: str, code: str) -> None:
    desk.run(write_csv(tmp_path / "a.csv", person(nome=name)))

    assert desk.codes() == [(2, "nome", code)]
    assert "\x1b" not in problem_text(desk.problems[0])


def edited(path: Path, old: bytes, new: bytes) -> Path:
    """The workbook with a change in the sheet of customers."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read(CUSTOMERS)
    assert old in content
    return repacked(path, **{CUSTOMERS: content.replace(old, new)})


def test_half_a_character_of_a_workbook_is_refused_like_any_wrong_cell(desk: Desk, tmp_path: Path) -> None:
    imported = desk.run(edited(workbook(tmp_path), b"<t>Ana</t>", b"<t>Ana _xD800_</t>"))

    assert tallies(imported) == {"cliente": Tally(refused=1)}
    assert desk.codes() == [(2, "nome", "control_character")]


def test_a_line_break_of_a_cell_is_a_blank(desk: Desk, tmp_path: Path) -> None:
    desk.run(edited(workbook(tmp_path), b"<t>Ana</t>", b"<t>Ana_x000D_\nSilva</t>"))

    assert names(desk) == ["Ana Silva"]


def test_a_file_of_old_windows_keeps_its_accents(desk: Desk, tmp_path: Path) -> None:
    desk.run(write_csv(tmp_path / "a.csv", person(nome="João & Irmãos – Açaí"), encoding="cp1252"))

    assert names(desk) == ["João & Irmãos – Açaí"]


def test_letters_that_no_encoding_has_are_not_guessed(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"tipo;codigo;nome;pessoa\ncliente;C1;Jo\x81o;fisica\n")
    desk.run(path)

    assert desk.codes() == [(2, "nome", "undecodable")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        ("tipo;codigo\ncliente;C1\n".encode("utf-16"), "file_not_text"),
        (b"tipo;nome\ncliente;a\0b\n", "file_not_text"),
        (b"tipo;nome\n" + b"x" * 2_000_000, "line_too_long"),
        (b'tipo;nome\ncliente;"' + b"x\n" * 100_000, "csv_broken"),
        (b"PK\x03\x04" + b"\x9c" * 5_000, "header_without_kind"),
    ],
)
def test_what_is_no_csv_is_refused_before_anything_goes_in(
    desk: Desk, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(PortfolioFileError, match=code):
        desk.run(path)

    assert desk.events() == []


def test_a_broken_line_at_the_end_keeps_the_whole_csv_out(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", GOOD)
    path.write_bytes(path.read_bytes() + b"x" * 2_000_000)
    with pytest.raises(PortfolioFileError, match="line_too_long"):
        desk.run(path)

    assert desk.events() == []


def test_a_header_that_is_only_noise_is_cut_where_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"tipo;codigo;{'x' * 5_000}\x1b[2J\ncliente;C1;\n", encoding="utf-8")
    problems: list[Problem] = []
    list(read_rows(path, problems.append))

    assert [(problem.code, len(problem.column or "")) for problem in problems] == [("column_unknown", 80)]


def test_what_is_shown_of_a_cell_cannot_steer_a_terminal() -> None:
    assert shown("a\x1b[31mb\u202ec\ud800" + "x" * 100) == "a·[31mb·c·" + "x" * 70


def test_a_code_copied_down_a_whole_sheet_is_one_problem(desk: Desk, tmp_path: Path) -> None:
    item = {"codigo": "K1", "empresa": "NIMBO", "descricao": "x"}
    items = tuple(("contrato", {**item, "valor_unitario": f"{n},00"}) for n in range(1, 1_000))
    imported = desk.run(write_csv(tmp_path / "a.csv", (*GOOD, *items)))

    assert tallies(imported)["contrato"] == Tally(refused=1)
    assert desk.codes() == [(6, "codigo", "too_many_items")]


def test_a_zip_that_swells_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = repacked(workbook(tmp_path), **{"xl/sharedStrings.xml": b" " * (257 * 1024**2)})

    assert path.stat().st_size < 1_000_000
    assert refused(path).code == "workbook_too_large"


def test_entities_that_swell_are_refused(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    declared = f'<!DOCTYPE worksheet [<!ENTITY e0 "lol">{entities}]><worksheet'.encode()
    path = edited(workbook(tmp_path), b"<t>Ana</t>", b"<t>&e29;</t>")

    assert refused(edited(path, b"<worksheet", declared)).code == "workbook_broken"


MEMBERS = ["xl/workbook.xml", "xl/worksheets/sheet4.xml", "xl/styles.xml", "[Content_Types].xml"]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("content", [b"", b"\0" * 50, b"<a><b></a>", b"<a/>"])
def test_a_damaged_workbook_is_refused_or_read_but_never_fails(
    tmp_path: Path, member: str, content: bytes
) -> None:
    path = repacked(workbook(tmp_path), **{member: content})
    try:
        list(read_rows(path, lambda problem: None))
    except PortfolioFileError as error:
        assert file_problem_text(error)  # noqa: PT017 - either outcome is right


def test_a_workbook_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])

    assert refused(path).code == "workbook_broken"


def test_a_sheet_that_lies_about_its_size_is_read_to_its_end(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", (*person(), *person(codigo="C2")))
    with zipfile.ZipFile(path) as archive:
        told = archive.read(CUSTOMERS).partition(b"<dimension ")[2].partition(b"/>")[0]
    edited(path, told, b'ref="A1:A1"')

    assert [row.cells["codigo"] for row in read_rows(path, lambda problem: None)] == ["C1", "C2"]


def test_a_percentage_of_a_spreadsheet_is_what_its_cell_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_template(path)
    book = openpyxl.load_workbook(path)
    style = NamedStyle("percent", number_format="0.00%")
    columns = [column.name for column in COLUMNS[Kind.CONTRACT]]
    sheet = book["Contratos"]
    sheet.cell(row=2, column=columns.index("codigo") + 1, value="K1")
    for name, value in {"multa_percentual": 0.02, "juros_percentual_mes": 0.0033}.items():
        sheet.cell(row=2, column=columns.index(name) + 1, value=value).style = style
    book.save(path)

    assert list(read_rows(path, lambda problem: None)) == [
        Row(
            Kind.CONTRACT,
            2,
            {"codigo": "K1", "multa_percentual": "2%", "juros_percentual_mes": "0,33%"},
            "Contratos",
        )
    ]


def test_formulas_count_by_what_they_came_to(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", person(nome="=1+1"))

    (row,) = read_rows(path, lambda problem: None)
    assert "nome" not in row.cells


@pytest.mark.parametrize("value", ["9" * 40, "1e400", "-0", "٣", "1,2,3", "1" * 65_000, "∞", "0x10"])
def test_numbers_of_no_sense_are_refused(desk: Desk, tmp_path: Path, value: Any) -> None:
    contract = {**CONTRACT, "valor_unitario": value, "quantidade": value}
    imported = desk.run(write_csv(tmp_path / "a.csv", (*GOOD[:4], ("contrato", contract))))

    assert tallies(imported)["contrato"] == Tally(refused=1)
    assert {problem.line for problem in desk.problems} == {6}
