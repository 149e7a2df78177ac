"""What public messages are built from: money and months as text, and lists of words that may grow."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class Part(BaseModel):
    """A value within a message. Strict here; its released schema lets later optional fields pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Payload(Part):
    """The `data` of a message."""


class Extensible:
    """Marks a list of words that may grow within a version: a reader treats an unknown one as "other"."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The words as `x-extensible-enum`, which no validator holds against a new one."""
        inner = handler(core_schema)
        words = inner.get("enum") or [inner["const"]]
        return {"type": "string", "x-extensible-enum": list(words)}


type MoneyText = Annotated[str, Field(pattern=r"^-?[0-9]{1,13}\.[0-9]{2}$", description="Reais, two places")]
"""Reais with exactly two places, as text: "150.00"."""

type RateText = Annotated[str, Field(pattern=r"^-?[0-9]{1,8}\.[0-9]{4}$", description="Four places")]
"""A percentage or a quantity with four places, as text: "2.0000" is two per cent."""

type MonthText = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="Year and month")]
"""A month, as text: "2026-03"."""

type PositiveNumber = Annotated[int, Field(ge=1)]
type Count = Annotated[int, Field(ge=0)]

type PaymentMethod = Annotated[
    Literal[
        "boleto",
        "pix",
        "bank_transfer",
        "credit_card",
        "debit_card",
        "direct_debit",
        "cheque",
        "cash",
        "payroll_deduction",
        "other",
    ],
    Extensible(),
]
type Document = Annotated[Literal["boleto", "pix", "nfse", "pdf", "email"], Extensible()]
type ValueType = Annotated[Literal["recurring", "split"], Extensible()]


class LateCharges(Part):
    """Multa, once, and juros per 30-day month: both percentages."""

    fine_percent: RateText
    interest_percent_month: RateText
