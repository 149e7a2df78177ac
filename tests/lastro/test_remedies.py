"""What a text tells a person to use is there: the command has this name, the button these words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main

import web.wording
from lastro.main import app
from web.assets import STATIC

WORDING = Path(web.wording.__path__[0])
TEMPLATES = STATIC.parent / "templates"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in sorted(WORDING.glob("*.py"))}
COMMAND = re.compile(r"\blastro ([a-z-]+)(?: ([a-z-]+))?")
BUTTON = re.compile(r"[Uu]se (Faturar agora|Não gerar nota)")
NAMED = sorted({found.groups() for text in SOURCES.values() for found in COMMAND.finditer(text)}, key=str)


def commands_of(command: Any) -> Mapping[str, Any]:
    """The commands of a group by name; none of a command."""
    found: Mapping[str, Any] = getattr(command, "commands", {})
    return found


@pytest.mark.parametrize(("name", "below"), NAMED)
def test_a_command_that_a_text_names_exists(name: str, below: str | None) -> None:
    found = commands_of(typer.main.get_command(app))[name]
    below_it = commands_of(found)
    assert not below_it or below in below_it


def test_texts_name_commands() -> None:
    assert ("import", "portfolio") in NAMED


def test_a_button_that_a_text_names_is_on_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    buttons = {words for text in SOURCES.values() for words in BUTTON.findall(text)}
    assert buttons == {"Faturar agora", "Não gerar nota"}
    assert all(f"}} {words}" in pages for words in buttons)


def test_no_text_sends_anybody_to_a_form_that_is_not_there() -> None:
    told = " ".join(SOURCES.values())
    for form in ("Altere na tela", "Complete o cadastro", "Cadastre a chave", "troque a conta"):
        assert form not in told
