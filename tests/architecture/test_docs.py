"""The documents say what is true: settings, features, files and commands that they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup, TyperOption

from application.settings import Settings
from lastro.main import app
from tests.support.repository import ROOT

DOCS = ROOT / "docs"
STATES = {"done", "partly", "not yet"}
EXPECTED = (
    [f"F{n}" for n in range(1, 192)]
    + [f"V{n}" for n in range(1, 20)]
    + ["V2b", "V2c", "V5b"]
    + [f"W{n}" for n in range(1, 11)]
)
ROW = re.compile(r"^\| ([FVW]\d+[bc]?) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)


def features() -> list[tuple[str, str, str, str]]:
    """Number, name, state and proof of each row."""
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    return [
        (number, name.strip(), state.strip(), proof.strip())
        for number, name, state, proof in ROW.findall(text)
    ]


def commands(
    group: TyperGroup | None = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    """Every command that can be called, with the words that call it."""
    top = group if group is not None else typer.main.get_command(app)
    assert isinstance(top, TyperGroup)
    for name, child in top.commands.items():
        if isinstance(child, TyperGroup):
            yield from commands(child, (*path, name))
        else:
            assert isinstance(child, TyperCommand)
            yield (*path, name), child


def documents() -> list[str]:
    return [str(file.relative_to(ROOT)) for file in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]]


def test_every_feature_has_one_row_and_a_state() -> None:
    rows = features()

    assert sorted(number for number, *_ in rows) == sorted(EXPECTED)
    assert {state for _, _, state, _ in rows} <= STATES


def test_what_is_said_to_work_names_what_shows_it() -> None:
    assert [number for number, _, state, proof in features() if state != "not yet" and not proof] == []


@pytest.mark.parametrize("name", documents())
def test_every_file_and_test_that_a_document_names_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    missing = []
    for path, test in re.findall(
        r"`((?:tests|domain|application|projections|web|lastro|deploy|bench|docs)/[\w./-]+)(?:::(\w+))?`",
        text,
    ):
        file = ROOT / path
        if not file.exists() or (test and f"def {test}(" not in file.read_text(encoding="utf-8")):
            missing.append(f"{path}::{test}" if test else path)

    assert missing == []


@pytest.mark.parametrize("name", documents())
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    file = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text(encoding="utf-8"))

    assert [link for link in links if not (file.parent / link).exists()] == []


def test_every_setting_is_documented() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    names = [
        str(field.alias) if field.alias else f"LASTRO_{name.upper()}"
        for name, field in Settings.model_fields.items()
    ]

    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_command_is_documented() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    called = [" ".join(["lastro", *path]) for path, _ in commands()]

    assert called
    assert [one for one in called if f"`{one}" not in text] == []


def test_every_flag_has_an_environment_name() -> None:
    prefix = app.info.context_settings["auto_envvar_prefix"]  # type: ignore[index]
    options = [
        (path, option)
        for path, command in commands()
        for option in command.params
        if isinstance(option, TyperOption)
    ]

    assert prefix == "LASTRO"
    assert options
    assert all(option.envvar or option.allow_from_autoenv for _, option in options)


def test_every_command_that_prints_data_can_print_json() -> None:
    silent = {("web",), ("worker",), ("consume",), ("demo",), ("import", "template")}
    without = [
        path
        for path, command in commands()
        if path not in silent and "--json" not in {name for option in command.params for name in option.opts}
    ]

    assert without == []


@pytest.mark.parametrize("name", [file.name for file in sorted((DOCS / "adr").glob("*.md"))])
def test_a_decision_record_tells_all_five_parts(name: str) -> None:
    text = (DOCS / "adr" / name).read_text(encoding="utf-8")
    parts = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert parts == ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]
    assert re.match(rf"# {int(name[:4])}\. ", text)
