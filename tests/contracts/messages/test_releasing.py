"""A schema is released by a command: the first revision, a further one that breaks nobody, never another."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import messages
from tests.support.messages import Contract

TYPE = "billing.invoice.billed.v1"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of everything that the command writes."""
    schemas = tmp_path / "schemas"
    shutil.copytree(messages.SCHEMAS, schemas)
    monkeypatch.setattr(messages, "SCHEMAS", schemas)
    monkeypatch.setattr(messages, "CHECKSUMS", schemas / "SHA256SUMS")
    monkeypatch.setattr(messages, "DOCUMENT", tmp_path / "asyncapi.json")
    monkeypatch.setattr(messages, "INTEGRATORS", tmp_path / "integrators.md")
    return schemas


def _with_fields(monkeypatch: pytest.MonkeyPatch, **properties: Any) -> None:
    """The code as it would be with other fields in one message."""

    def changed(contract: Contract) -> Contract:
        if contract.message_type != TYPE:
            return contract
        return replace(contract, schema={**contract.schema, "properties": properties})

    found = [changed(contract) for contract in messages.contracts()]
    monkeypatch.setattr(messages, "contracts", lambda: found)


def _state(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_nothing_is_written_where_nothing_is_new(folder: Path) -> None:
    before = _state(folder)
    assert messages.main() == 0
    assert _state(folder) == before


def test_an_optional_field_is_a_further_revision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _state(folder)
    known = {name: {"type": "string", "format": form} for name, form in _FIELDS.items()}
    _with_fields(monkeypatch, **known, billed_by={"type": "string"})
    assert messages.main() == 0
    after = _state(folder)
    assert set(after) - set(before) == {f"{TYPE}/2.json"}
    assert {name for name in before if after[name] != before[name]} == {"SHA256SUMS"}
    assert f"{TYPE}/2.json" in after["SHA256SUMS"].decode()


def test_what_breaks_a_reader_is_refused_and_writes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _state(folder)
    _with_fields(monkeypatch, invoice_id={"type": "string", "format": "uuid"})
    assert messages.main() == 1
    assert capsys.readouterr().err == f"{TYPE} (revision 1): data.billed_on: is gone\n"
    assert _state(folder) == before


_FIELDS = {"invoice_id": "uuid", "billed_on": "date"}
