"""Pages of the API: a limit that is a number, and a cursor that only we can make."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

from fastapi import Query

from web.cursors import CursorSigner
from web.services import Services

PageLimit = Annotated[int, Query(ge=1, le=200, description="Rows of the page")]
CursorText = Annotated[str, Query(max_length=600, description="`next` of the page before")]


def sealed(services: Services, scope: str, key: Iterable[object]) -> str:
    """A cursor that goes on after a key."""
    return CursorSigner(services.signing_key).seal(scope, [_text(value) for value in key])


def opened(services: Services, scope: str, cursor: str) -> list[str] | None:
    """The key of a cursor, None without one. Raises CursorInvalidError."""
    return CursorSigner(services.signing_key).open(scope, cursor) if cursor else None


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
