"""`lastro user` registers people who can sign in at once, lists them, and shuts them out."""

from __future__ import annotations

from pathlib import Path

from application.clock import utc_now
from application.settings import Settings
from lastro.use_cases import UseCases
from lastro.wiring import opened
from tests.support.cli import Cli

ADD = ("user", "add", "ana@lastro.example", "--name", "Ana", "--role", "finance")


def signs_in(password: str) -> bool:
    with opened(Settings()) as runtime:
        return UseCases(runtime).people.sign_in("ana@lastro.example", password, utc_now()) is not None


def test_the_printed_password_opens_the_door(cli: Cli) -> None:
    added = cli(*ADD, "--json")

    assert added.code == 0
    assert signs_in(added.json["password"])
    assert not signs_in("another password 123")


def test_a_password_from_a_file_is_not_printed(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("correct horse battery\n", encoding="utf-8")

    added = cli(*ADD, "--password-file", tmp_path / "secret", "--json")

    assert added.json["password"] is None
    assert signs_in("correct horse battery")


def test_a_login_is_taken_once(cli: Cli) -> None:
    cli(*ADD)
    again = cli(*ADD)

    assert again.code == 1
    assert "entry_taken" in again.err


def test_a_weak_password_takes_no_login(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "weak").write_text("short\n", encoding="utf-8")
    (tmp_path / "strong").write_text("correct horse battery\n", encoding="utf-8")

    refused = cli(*ADD, "--password-file", tmp_path / "weak")
    assert refused.code == 1
    assert "password_too_weak" in refused.err
    assert cli(*ADD, "--password-file", tmp_path / "strong").code == 0


def test_a_company_that_does_not_exist_is_refused(cli: Cli) -> None:
    said = cli(*ADD, "--company", "NOWHERE")

    assert said.code == 1
    assert "NOWHERE" in said.err


def test_the_list_names_everybody_with_their_roles(cli: Cli) -> None:
    cli(*ADD)
    cli("user", "add", "rui@lastro.example", "--name", "Rui", "--role", "viewer", "--role", "auditor")

    rows = {row["login"]: row for row in cli("user", "list", "--json").json}

    assert rows["ana@lastro.example"]["roles"] == "finance"
    assert rows["rui@lastro.example"]["roles"] == "auditor, viewer"
    assert rows["rui@lastro.example"]["name"] == "Rui"
    assert "ana@lastro.example" in cli("user", "list").out


def test_who_is_disabled_signs_in_no_more(cli: Cli) -> None:
    password = cli(*ADD, "--json").json["password"]

    assert cli("user", "disable", "ana@lastro.example").code == 0
    assert not signs_in(password)
    assert [row["disabled"] for row in cli("user", "list", "--json").json] == [True]


def test_disabling_a_stranger_is_refused(cli: Cli) -> None:
    assert cli("user", "disable", "nobody@lastro.example").code == 1
