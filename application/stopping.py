"""How long work ends early when asked: it calls `proceed` where what is done stays and the rest can wait."""

from __future__ import annotations

from collections.abc import Callable


class StoppedError(Exception):
    """The process is to end. What was committed stays; whoever calls again goes on from there."""


type Proceed = Callable[[], None]
"""Comes back, or raises StoppedError."""


def go_on() -> None:
    """For callers whom nobody stops."""


def until(stopped: Callable[[], bool]) -> Proceed:
    """Go on until `stopped` says so."""

    def proceed() -> None:
        if stopped():
            raise StoppedError

    return proceed
