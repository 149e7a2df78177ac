"""`lastro user` registers people who can sign in at once, lists them, and shuts them out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from application.access import SYSTEM
from application.clock import utc_now
from application.settings import Settings
from domain.user.events import Grant
from domain.user.roles import Role
from lastro.use_cases import UseCases
from lastro.wiring import opened
from tests.support.cli import Cli
from tests.support.portfolio import COMPANY, write_csv

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
    assert "UUID(" not in again.err


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


def with_companies(cli: Cli, tmp_path: Path) -> None:
    rows = [("empresa", COMPANY), ("empresa", {**COMPANY, "codigo": "ATLAS", "cnpj": "12.ABC.345/01DE-35"})]
    assert cli("import", "portfolio", write_csv(tmp_path / "empresas.csv", rows)).code == 0


def test_the_list_says_what_each_may_do_where(cli: Cli, tmp_path: Path) -> None:
    with_companies(cli, tmp_path)
    cli(*ADD, "--company", "nimbo", "--company", "12ABC34501DE35")
    cli("user", "add", "rui@lastro.example", "--name", "Rui", "--role", "viewer")

    rows = {row["login"]: row for row in cli("user", "list", "--json").json}

    assert rows["ana@lastro.example"]["companies"] == "ATLAS, NIMBO"
    (grant,) = rows["ana@lastro.example"]["grants"]
    assert (grant["role"], grant["company_codes"]) == ("finance", ["NIMBO", "ATLAS"])
    assert rows["rui@lastro.example"]["companies"] == "all"
    assert "ATLAS, NIMBO" in cli("user", "list").out


def test_roles_of_several_reaches_are_told_apart(cli: Cli, tmp_path: Path) -> None:
    with_companies(cli, tmp_path)
    cli(*ADD, "--company", "NIMBO")
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        given = (
            Grant(role=Role.FINANCE, companies=(use_cases.company("NIMBO"),)),
            Grant(role=Role.VIEWER, companies=None),
        )
        use_cases.users.set_grants(SYSTEM, use_cases.user("ana@lastro.example"), given)

    (row,) = cli("user", "list", "--json").json

    assert row["companies"] == "finance: NIMBO; viewer: all"


def test_a_new_password_opens_the_door_and_ends_what_was_open(cli: Cli, tmp_path: Path) -> None:
    old = cli(*ADD, "--json").json["password"]
    with opened(Settings()) as runtime:
        use_cases = UseCases(runtime)
        user_id = use_cases.user("ana@lastro.example")
        token = use_cases.sessions.open(user_id, utc_now(), "", "")
    (tmp_path / "secret").write_text("correct horse battery\n", encoding="utf-8")

    said = cli("user", "password", "ANA@lastro.example", "--password-file", tmp_path / "secret")

    assert said.code == 0
    assert "correct horse" not in said.out + said.err
    assert signs_in("correct horse battery")
    assert not signs_in(old)
    with opened(Settings()) as runtime:
        assert UseCases(runtime).sessions.find(token, utc_now()) is None


def test_the_file_of_a_password_may_be_named_in_the_environment_or_be_standard_input(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli(*ADD)
    (tmp_path / "secret").write_text("correct horse battery\n", encoding="utf-8")
    monkeypatch.setenv("LASTRO_USER_PASSWORD_PASSWORD_FILE", str(tmp_path / "secret"))
    assert cli("user", "password", "ana@lastro.example").code == 0
    assert signs_in("correct horse battery")
    monkeypatch.setattr("sys.stdin", io.StringIO("battery horse correct\n"))
    assert cli("user", "password", "ana@lastro.example", "--password-file", "-").code == 0
    assert signs_in("battery horse correct")


def test_at_a_terminal_it_asks_twice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(*ADD)
    typed = iter(["correct horse battery", "correct hose battery", *["battery horse correct"] * 2])
    asked: list[str] = []

    def answer(prompt: str = "") -> str:
        asked.append(prompt)
        return next(typed)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", answer)

    assert cli("user", "password", "ana@lastro.example").code == 0
    assert len(asked) == 4
    assert signs_in("battery horse correct")


def test_bad_new_passwords_change_nothing(cli: Cli, tmp_path: Path) -> None:
    old = cli(*ADD, "--json").json["password"]
    (tmp_path / "weak").write_text("short\n", encoding="utf-8")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    to = ("user", "password", "ana@lastro.example")

    weak = cli(*to, "--password-file", tmp_path / "weak")
    assert (weak.code, "password_too_weak" in weak.err) == (1, True)
    assert cli(*to, "--password-file", tmp_path / "empty").code == 2
    assert cli(*to, "--password-file", tmp_path / "nowhere").code == 2
    nobody_to_ask = cli(*to)
    assert (nobody_to_ask.code, "--password-file" in nobody_to_ask.err) == (2, True)
    assert cli("user", "password", "nobody@lastro.example").code == 1
    assert signs_in(old)


def test_who_is_enabled_again_signs_in_as_before(cli: Cli) -> None:
    password = cli(*ADD, "--json").json["password"]
    same = cli("user", "enable", "ana@lastro.example", "--json")
    cli("user", "disable", "ana@lastro.example")
    assert not signs_in(password)

    enabled = cli("user", "enable", "ana@lastro.example", "--json")

    assert (same.json["change"], enabled.json["change"]) == ("same", "corrected")
    assert signs_in(password)
    (row,) = cli("user", "list", "--json").json
    assert (row["disabled"], row["roles"]) == (False, "finance")
    assert cli("user", "enable", "nobody@lastro.example").code == 1


def test_who_is_disabled_gets_no_new_password(cli: Cli, tmp_path: Path) -> None:
    cli(*ADD)
    cli("user", "disable", "ana@lastro.example")
    (tmp_path / "secret").write_text("correct horse battery\n", encoding="utf-8")

    said = cli("user", "password", "ana@lastro.example", "--password-file", tmp_path / "secret")

    assert (said.code, "user_disabled" in said.err) == (1, True)
