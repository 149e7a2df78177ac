"""The garbage collector of a process that makes thousands of objects a second and drops them again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 50_000
"""So many new objects before the collector looks: about those of a batch."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector look seldom, and pass over what the process holds when it begins. Nothing of a batch
    refers to itself, so that it goes without a collector; to look through it is a tenth of the time."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def collect_seldom() -> None:
    """The same from here on, for a process that does nothing else in its life."""
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
