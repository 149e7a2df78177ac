"""A command that only looks makes no installation, and a busy port is told before anything is started."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.portfolio import GOOD, write_csv

LOOKING = [
    ["db", "status"],
    ["user", "list"],
    ["user", "add", "ana@lastro.example", "--name", "Ana", "--role", "viewer"],
    ["token", "list", "ana@lastro.example"],
    ["account", "numbering", "--company", "A", "--code", "B"],
    ["bill", "show"],
    ["bill", "due", "--until", "2026-01-31"],
    ["worker"],
    ["web"],
]


@pytest.fixture
def nowhere(cli: Cli, tmp_path: Path) -> Cli:
    """In a folder without an installation, and no database named."""
    cli.monkeypatch.delenv("LASTRO_DATABASE_URL")
    cli.monkeypatch.setenv("LASTRO_HOME", str(tmp_path / "home"))
    cli.monkeypatch.setenv("LASTRO_WEB_PORT", "1024")
    return cli


@pytest.fixture
def busy() -> Iterator[int]:
    """A port that something listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


@pytest.mark.parametrize("arguments", LOOKING, ids=" ".join)
def test_no_command_that_looks_makes_an_installation(
    nowhere: Cli, tmp_path: Path, arguments: list[str]
) -> None:
    said = nowhere(*arguments)

    assert said.code == 1
    assert f"there is no installation in {tmp_path / 'home'}" in said.err
    assert "`lastro demo` or `lastro db migrate`" in said.err
    assert not (tmp_path / "home").exists()


def test_nor_does_an_import(nowhere: Cli, tmp_path: Path) -> None:
    said = nowhere("import", "portfolio", write_csv(tmp_path / "a.csv", GOOD))

    assert (said.code, "there is no installation" in said.err) == (1, True)
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_migrating_makes_one_that_the_others_find(nowhere: Cli) -> None:
    assert nowhere("db", "migrate").code == 0
    assert nowhere("db", "status").code == 0
    assert nowhere("user", "list", "--json").json == []


@pytest.mark.parametrize("number", ["77", "3"])
def test_a_socket_that_nobody_handed_on_is_told_before_anything_is_started(
    nowhere: Cli, tmp_path: Path, number: str
) -> None:
    said = nowhere("web", "--socket", number)

    assert (said.code, f"{number} is no socket of this process" in said.err) == (1, True)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("command", ["web", "demo"])
def test_a_busy_port_is_told_before_anything_is_started(
    nowhere: Cli, tmp_path: Path, busy: int, command: str
) -> None:
    said = nowhere(command, "--port", str(busy))

    assert said.code == 1
    assert f"cannot listen on 127.0.0.1, port {busy}" in said.err
    assert "give another --port" in said.err
    assert not (tmp_path / "home").exists()
