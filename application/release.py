"""Which release of the program runs: recorded with every fact, so that a decision is read as it was made."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def running_release() -> str:
    """The version of the installed program, as its package says."""
    return version("lastro")
