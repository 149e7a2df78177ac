"""The command's manners: exit codes, one line per problem, and no secrets that nobody set."""

from __future__ import annotations

import base64

import pytest

from tests.support.cli import KEY, Cli


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["db", "nonsense"],
        ["db", "migrate", "--phase", "sideways"],
        ["user", "add", "--name", "x"],
    ],
)
def test_bad_usage_ends_with_two(cli: Cli, arguments: list[str]) -> None:
    assert cli(*arguments).code == 2


def test_help_ends_with_zero(cli: Cli) -> None:
    said = cli("--help")

    assert said.code == 0
    assert "worker" in said.out


def test_an_unreachable_database_is_one_line(cli: Cli) -> None:
    cli.monkeypatch.setenv("LASTRO_DATABASE_URL", "postgresql://nobody@localhost:1/none?connect_timeout=1")

    said = cli("db", "status")

    assert said.code == 1
    assert "the database cannot be reached" in said.err


def test_a_server_without_a_master_key_is_refused(cli: Cli) -> None:
    cli.monkeypatch.delenv("LASTRO_MASTER_KEY")

    said = cli("user", "list")

    assert said.code == 1
    assert "LASTRO_MASTER_KEY" in said.err


def test_a_malformed_master_key_is_refused(cli: Cli) -> None:
    cli.monkeypatch.setenv("LASTRO_MASTER_KEY", "short")

    said = cli("user", "list")

    assert said.code == 1
    assert "32 bytes in base64" in said.err


def test_a_database_of_another_master_key_is_left_alone(cli: Cli) -> None:
    added = ("user", "add", "ana@lastro.example", "--name", "Ana", "--role", "finance")
    assert cli(*added).code == 0
    cli.monkeypatch.setenv("LASTRO_MASTER_KEY", base64.b64encode(bytes(32)).decode())
    said = cli(*added)
    assert said.code == 1
    assert "master key" in said.err
    cli.monkeypatch.setenv("LASTRO_MASTER_KEY", KEY)
    assert len(cli("user", "list", "--json").json) == 1


def test_a_read_model_that_is_not_built_yet_is_told_in_one_line(cli: Cli) -> None:
    said = cli("invoice", "pending")
    assert said.code == 1
    assert said.err.startswith("lastro: a read model is not built yet")
