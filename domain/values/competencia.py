"""Competência: the month in which a revenue accrues (F139)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

Competencia = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
"""`YYYY-MM`."""


def competencia_of(day: date) -> str:
    """The month of a day."""
    return f"{day:%Y-%m}"
