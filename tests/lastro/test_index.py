"""`lastro index`: points go in one by one or by file, in the forms people write; others are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "indices.csv"


def points(cli: Cli, code: str) -> dict[str, str]:
    return {row["month"]: row["percent"] for row in cli("index", "list", code, "--json").json}


@pytest.mark.parametrize(
    ("code", "month", "percent"),
    [("IPCA", "2026-03", "0.88"), ("ipca", "03/2026", "0,88"), ("Ipca", "3/2026", "0,88%")],
)
def test_a_point_is_written_as_people_write_it(cli: Cli, code: str, month: str, percent: str) -> None:
    said = cli("index", "add", code, month, percent, "--source", "IBGE", "--json")

    assert (said.code, said.json["change"]) == (0, "registered")
    assert points(cli, "IPCA") == {"2026-03": "0.88"}


def test_a_negative_point_is_no_option(cli: Cli) -> None:
    assert cli("index", "add", "igp-m", "2026-02", "-0,73").code == 0
    assert points(cli, "IGPM") == {"2026-02": "-0.73"}


def test_another_point_for_a_month_is_refused_unless_it_is_a_correction(cli: Cli) -> None:
    cli("index", "add", "IPCA", "2026-03", "0.88")

    same = cli("index", "add", "IPCA", "2026-03", "0,88", "--json")
    other = cli("index", "add", "IPCA", "2026-03", "0.89")
    corrected = cli("index", "add", "IPCA", "2026-03", "0.89", "--correct", "--json")

    assert same.json["change"] == "same"
    assert (other.code, "index_point_published" in other.err) == (1, True)
    assert corrected.json["change"] == "corrected"
    assert points(cli, "IPCA") == {"2026-03": "0.89"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("IPCA", "2026-13", "1"), "index_month_invalid"),
        (("IPCA", "março", "1"), "index_month_invalid"),
        (("IPCA", "2999-01", "1"), "index_month_future"),
        (("IPCA", "2026-03", "abc"), "index_percent_invalid"),
        (("IPCA", "2026-03", "0.888"), "index_percent_invalid"),
        (("IPCA", "2026-03", "1000"), "index_percent_invalid"),
        (("IPCAA", "2026-03", "1"), "index_unknown"),
    ],
)
def test_a_point_that_is_none_is_refused(cli: Cli, arguments: tuple[str, ...], code: str) -> None:
    said = cli("index", "add", *arguments)

    assert (said.code, code in said.err) == (1, True)
    assert "Traceback" not in said.err


def test_a_refusal_says_the_form_and_nothing_meant_for_programmers(cli: Cli) -> None:
    said = cli("index", "add", "IPCA", "2026-13", "1").err

    assert "A month is written 03/2026, or 2026-03. Correct it. (month=2026-13)" in said
    assert "Details:" not in said


def test_an_index_of_ones_own_is_registered_first(cli: Cli) -> None:
    assert cli("index", "register", "CUB-SP", "--name", "CUB São Paulo", "--json").code == 0
    assert cli("index", "register", "cub-sp", "--name", "Outro").code == 1
    assert cli("index", "add", "CUB-SP", "2026-03", "0.31").code == 0

    (row,) = cli("index", "list", "--json").json
    assert (row["code"], row["points"], row["last"]) == ("CUB-SP", 1, "2026-03")
    assert "CUB São Paulo" in cli("index", "list").out


def test_a_file_goes_in_and_again_changes_nothing(cli: Cli, file: Path) -> None:
    file.write_text("indice;competencia;percentual\nIPCA;02/2026;0,70\n\nIGP-M;02/2026;-0,73\n")

    first = cli("index", "import", file, "--source", "BCB", "--json")
    again = cli("index", "import", file, "--json")

    assert (first.code, first.json["new"]) == (0, 2)
    assert (again.code, again.json["new"], again.json["same"]) == (0, 0, 2)
    assert points(cli, "IGPM") == {"2026-02": "-0.73"}


def test_bad_lines_of_a_file_are_told_and_the_good_ones_go_in(cli: Cli, file: Path) -> None:
    file.write_text(
        "Índice,Competência,Percentual,Fonte\nIPCA,2026-01,0.33,IBGE\nIPCA,janeiro,1,x\nXYZ,2026-01,1,x\nIPCA\n"
    )

    said = cli("index", "import", file)
    as_json = cli("index", "import", file, "--json").json

    assert said.code == 1
    assert [(each["line"], each["code"]) for each in as_json["problems"]] == [
        (3, "index_month_invalid"),
        (4, "index_unknown"),
        (5, "index_month_invalid"),
    ]
    assert "line 4: index_unknown" in said.err
    assert points(cli, "IPCA") == {"2026-01": "0.33"}


@pytest.mark.parametrize("content", ["", "a;b;c\n1;2;3\n", "indice;competencia\nIPCA;2026-01\n"])
def test_a_file_of_another_kind_is_refused(cli: Cli, file: Path, content: str) -> None:
    file.write_text(content)

    said = cli("index", "import", file)

    assert (said.code, "index_file_unreadable" in said.err) == (1, True)


def test_bytes_that_are_no_text_are_refused(cli: Cli, file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00indice")

    assert "index_file_unreadable" in cli("index", "import", file).err


def test_bad_usage_ends_with_two(cli: Cli, tmp_path: Path) -> None:
    assert cli("index", "import", tmp_path / "nowhere.csv").code == 2
    assert cli("index", "add", "IPCA", "2026-03").code == 2
    assert cli("index", "list", "XYZ").code == 1
