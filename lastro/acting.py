"""Who gives a command: kept for ever with what it did, so every command names the same person alike."""

from __future__ import annotations

import getpass
import re

from application.access import Principal, operator
from application.settings import ACTOR_LENGTH

_ODD = re.compile(r"[^\w.@+-]+")
_PLAIN = "cli"


def operator_of(actor: str | None) -> Principal:
    """`cli:` and LASTRO_ACTOR, else the login of the operating system; plain `cli` if there is neither."""
    named = actor or _login()
    return operator(f"{_PLAIN}:{named}" if named else _PLAIN)


def _login() -> str | None:
    try:
        login = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have a number and no name
        return None
    shown = _ODD.sub("-", login)[:ACTOR_LENGTH].strip("-")
    return shown or None
