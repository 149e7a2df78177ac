"""The command `lastro` on a database of the test's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import KEY, Cli
from tests.support.demo import end_what_a_failed_test_left


@pytest.fixture
def cli(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """On a migrated database."""
    monkeypatch.setenv("LASTRO_DATABASE_URL", database_url)
    monkeypatch.setenv("LASTRO_MASTER_KEY", KEY)
    monkeypatch.setenv("LASTRO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LASTRO_ACTOR", "maria")
    return Cli(monkeypatch, capsys)


@pytest.fixture
def empty_cli(cli: Cli, empty_database_url: str) -> Cli:
    """On a database without a table."""
    cli.monkeypatch.setenv("LASTRO_DATABASE_URL", empty_database_url)
    return cli


@pytest.fixture
def home() -> Iterator[Path]:
    """An installation's folder that an unprivileged user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="lastro-demo-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    end_what_a_failed_test_left()
    shutil.rmtree(folder)
