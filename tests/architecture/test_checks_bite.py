"""Each check of `make check` fails on a violation planted in a copy of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repository import PACKAGES, ROOT

TOOLS = Path(sys.executable).parent
Copy = Callable[..., Path]


@pytest.fixture
def copy_of(tmp_path: Path) -> Copy:
    """A copy of some packages and the settings of all tools."""

    def copy(*packages: str) -> Path:
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        for package in packages:
            shutil.copytree(
                ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "vendor")
            )
        return tmp_path

    return copy


def run(folder: Path, *command: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)


def test_an_unformatted_line_fails_the_format_check(copy_of: Copy) -> None:
    folder = copy_of("domain")
    append(folder / "domain" / "kernel.py", "\n\nx  =  {  'a':1 }\n")

    code, output = run(folder, "ruff", "format", "--check", "domain/kernel.py")

    assert code == 1
    assert "kernel.py" in output


@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        ("from datetime import datetime\n\nMOMENT = datetime.now(None)\n", "TID251"),
        ("from uuid import uuid4\n\nIDENTITY = uuid4()\n", "TID251"),
        ("print('hello')\n", "T201"),
        ("import os\n", "F401"),
        ("def asked(found=[]):\n    return found\n", "B006"),
        ("QUERY = 'SELECT 1 FROM event WHERE id = ' + str(1)\n", "S608"),
        ("try:\n    pass\nexcept Exception:\n    pass\n", "S110"),
    ],
)
def test_the_linter_refuses(copy_of: Copy, planted: str, rule: str) -> None:
    folder = copy_of("domain")
    (folder / "domain" / "planted.py").write_text(f'"""Planted."""\n\n{planted}', encoding="utf-8")

    code, output = run(folder, "ruff", "check", "domain/planted.py")

    assert code == 1
    assert rule in output


@pytest.mark.slow
def test_the_type_checker_finds_a_misspelt_field_of_an_event(copy_of: Copy) -> None:
    folder = copy_of("domain")
    (folder / "domain" / "planted.py").write_text(
        '"""Planted."""\n\n'
        "from datetime import datetime\n"
        "from uuid import UUID\n\n"
        "from domain.invoice.events import InvoiceCancelled\n"
        "from domain.kernel import first\n\n\n"
        "def planted(id: UUID, now: datetime) -> InvoiceCancelled:\n"
        '    """Planted."""\n'
        "    return InvoiceCancelled(**first(id, now), raeson='x', reason='x', frees_period='yes')\n",
        encoding="utf-8",
    )

    code, output = run(folder, "mypy", "domain/planted.py")

    assert code == 1
    assert 'Unexpected keyword argument "raeson"' in output
    assert 'Argument "frees_period" to "InvoiceCancelled" has incompatible type' in output


@pytest.mark.parametrize(
    ("package", "planted", "contract"),
    [
        ("domain", "import application.clock\n", "Imports point inwards BROKEN"),
        ("application", "import projections.runner\n", "Imports point inwards BROKEN"),
        ("projections", "import web.app\n", "Imports point inwards BROKEN"),
        ("web", "import consumers\n", "Imports point inwards BROKEN"),
        ("deploy", "import lastro.main\n", "Imports point inwards BROKEN"),
        ("domain", "import psycopg\n", "The domain does no I/O and knows no framework BROKEN"),
        ("domain", "import os\n", "The domain does no I/O and knows no framework BROKEN"),
        ("domain", "import time\n", "The domain does no I/O and knows no framework BROKEN"),
        ("domain/contract", "import domain.invoice.events\n", "Aggregates do not import each other BROKEN"),
        ("application", "import fastapi\n", "Only the web knows the web framework BROKEN"),
        ("web", "import kafka\n", "Only consumers and producers speak Kafka BROKEN"),
        ("projections", "import application.access\n", "Read models know facts, not use cases BROKEN"),
        (
            "projections/contracts",
            "import projections.customers.model\n",
            "Read models do not read each other BROKEN",
        ),
    ],
)
def test_the_import_contracts_refuse(copy_of: Copy, package: str, planted: str, contract: str) -> None:
    folder = copy_of(*PACKAGES)
    (folder / package / "planted.py").write_text(f'"""Planted."""\n\n{planted}', encoding="utf-8")

    code, output = run(folder, "lint-imports", "--no-cache")

    assert code == 1
    assert contract in output
