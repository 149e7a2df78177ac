"""A running `lastro demo`, started as a person starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.repository import ROOT


@dataclass
class Demo:
    """A running demo, as its own output tells of it."""

    process: subprocess.Popen[str]
    told: Mapping[str, str]

    @property
    def address(self) -> str:
        """Of its pages."""
        return self.told["address"]

    @property
    def password(self) -> str:
        """Of its user."""
        return self.told["password"]

    @property
    def site(self) -> str:
        """Where paths begin."""
        return self.address.removesuffix("/faturamento")

    def tree(self) -> list[int]:
        """The pids of everything that it started."""
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]


_STARTED: list[Demo] = []


def end_what_a_failed_test_left() -> None:
    """For the end of each test, however it ends."""
    while _STARTED:
        with _STARTED.pop().process as process:
            process.terminate()


def environment(home: Path, **more: str) -> dict[str, str]:
    """A small demo in `home`, whatever the machine's own settings are."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LASTRO_")}
    return {**ours, "LASTRO_HOME": str(home), "LASTRO_DEMO_CONTRACTS": "25", **more}


def start(home: Path, *command: str, **more: str) -> Demo:
    """Come back when it says that it is up."""
    process = subprocess.Popen(
        command or (sys.executable, "-m", "lastro", "demo"),
        env=environment(home, **more),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if "Ctrl-C stops everything" in line:
            break
    else:
        process.communicate()
        pytest.fail(f"the demo ended before it was up:\n{said}")
    demo = Demo(process, dict(re.findall(r"^  (\S+) +(\S+)$", said, re.MULTILINE)))
    _STARTED.append(demo)
    return demo


def ended(demo: Demo) -> int:
    """Its exit code, once it has ended; its last words are in the report of a test that fails."""
    with demo.process as process:
        said, _ = process.communicate(timeout=60)
    sys.stdout.write(said)
    _STARTED.remove(demo)
    return process.returncode
