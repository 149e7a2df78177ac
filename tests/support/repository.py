"""The checkout that the tests run in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "domain",
    "application",
    "projections",
    "producers",
    "consumers",
    "gateways",
    "web",
    "lastro",
    "deploy",
)


def pyproject() -> dict[str, Any]:
    """pyproject.toml as it stands."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def modules(*packages: str) -> Iterator[Path]:
    """Every Python file below these top-level folders."""
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))
