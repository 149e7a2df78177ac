"""Who gives a command is named by its facts: LASTRO_ACTOR, else the operating system's login."""

from __future__ import annotations

import getpass

import pytest
from pydantic import ValidationError

from application.settings import Settings
from lastro.acting import operator_of
from lastro.wiring import opened
from tests.support.cli import Cli


def test_the_setting_names_whoever_gives_the_command(cli: Cli) -> None:
    cli("user", "add", "ana@lastro.example", "--name", "Ana", "--role", "finance")

    with opened(Settings()) as runtime:
        assert {fact.actor for fact in runtime.lastro.read(0, 100)} == {"cli:maria"}


@pytest.mark.parametrize(
    ("login", "actor"),
    [("joana", "cli:joana"), ("CORP\\ana lima", "cli:CORP-ana-lima"), ("a:b\n", "cli:a-b"), ("::", "cli")],
)
def test_without_it_the_login_does(monkeypatch: pytest.MonkeyPatch, login: str, actor: str) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: login)
    assert operator_of(None).actor == actor
    assert operator_of("noite").actor == "cli:noite"
    assert len(operator_of(None).actor) <= 44


def test_a_user_without_a_name_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert operator_of(None).actor == "cli"


@pytest.mark.parametrize("actor", ["two words", "a:b", "x" * 41, "tab\t"])
def test_a_name_that_would_mislead_is_refused(monkeypatch: pytest.MonkeyPatch, actor: str) -> None:
    monkeypatch.setenv("LASTRO_ACTOR", actor)
    with pytest.raises(ValidationError):
        Settings()
