"""`lastro demo` comes up by itself, finds its data again, and leaves no process behind, however it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.support.demo import ended, environment, start
from tests.support.processes import alive, command_lines, eventually
from tests.support.repository import ROOT

pytestmark = pytest.mark.slow


def logins(home: Path) -> list[str]:
    """Who a command beside the demo finds."""
    listed = subprocess.run(
        [sys.executable, "-m", "lastro", "user", "list", "--json"],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [row["login"] for row in json.loads(listed.stdout)]


def test_it_comes_up_and_ctrl_c_stops_all_of_it_and_it_finds_its_data_again(home: Path) -> None:
    first = start(home)
    tree = first.tree()
    with urllib.request.urlopen(
        f"{first.address.removesuffix('/faturamento')}/saude/pronta", timeout=10
    ) as page:
        assert page.status == 200
    assert logins(home) == ["demo@lastro.example"]

    assert (home / "demo-password").read_text().strip() == first.password
    for secret in ("demo-password", "master.key"):
        assert (home / secret).stat().st_mode & 0o077 == 0

    os.killpg(first.process.pid, signal.SIGINT)

    assert ended(first) == 0
    eventually(lambda: not any(alive(pid) for pid in tree), 20, "everything has ended")
    loaded_at = (home / "sample-loaded").stat().st_mtime_ns

    second = start(home)
    assert second.password == first.password
    assert (home / "sample-loaded").stat().st_mtime_ns == loaded_at
    second.process.terminate()
    assert ended(second) == 0
    assert command_lines(str(home)) == []


def test_a_server_is_used_instead_of_the_embedded_one(home: Path, empty_database_url: str) -> None:
    demo = start(home, LASTRO_DATABASE_URL=empty_database_url)
    names = [psutil.Process(pid).name() for pid in demo.tree()]
    demo.process.terminate()

    assert ended(demo) == 0
    assert "postgres" not in names
    assert not (home / "postgres").exists()


def test_a_killed_parent_leaves_nothing_behind(home: Path) -> None:
    demo = start(home)
    tree = demo.tree()
    assert len(tree) >= 6

    demo.process.kill()
    ended(demo)

    eventually(lambda: not any(alive(pid) for pid in tree), 30, "everything has ended")
    assert command_lines(str(home)) == []


def test_a_killed_make_takes_the_demo_along(home: Path) -> None:
    demo = start(home, "make", "--no-print-directory", "demo")
    tree = demo.tree()

    demo.process.kill()
    ended(demo)

    eventually(lambda: not any(alive(pid) for pid in tree), 30, "everything has ended")


def test_a_port_that_is_taken_is_told_before_anything_starts(home: Path) -> None:
    demo = start(home)
    port = re.findall(r":(\d+)/", demo.address)[0]
    other = Path(tempfile.mkdtemp(prefix="lastro-demo-", dir="/tmp"))
    try:
        refused = subprocess.run(
            [sys.executable, "-m", "lastro", "demo", "--port", port],
            env=environment(other),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        shutil.rmtree(other)
        demo.process.terminate()
        ended(demo)

    assert refused.returncode == 1
    assert f"port {port} (Address already in use)" in refused.stderr
    assert "Starting PostgreSQL" not in refused.stderr
    assert "Traceback" not in refused.stderr
