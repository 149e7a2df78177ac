"""Calls the command `lastro` in this process, on a test's own database."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lastro.main import run
from lastro.wiring import Runtime
from projections.registry import projections

KEY = base64.b64encode(bytes(range(32))).decode()
"""The same master key as tests.support.application.MASTER_KEY."""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """The command with its environment set."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Said:
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["lastro", *map(str, arguments)])
        code = 0
        try:
            run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = self.capsys.readouterr()
        return Said(code, printed.out, printed.err)


def read_models(runtime: Runtime) -> list[str]:
    """The names of all of them, to be waited for: one that is being built is not there yet."""
    return [model.name for model in projections(runtime.lastro.keyring)]
