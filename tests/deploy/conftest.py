"""What the tests of local servers share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that an unprivileged user can pass through: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="lastro-home-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
