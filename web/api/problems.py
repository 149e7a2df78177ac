"""The form of every refusal of the API (RFC 9457), for its OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """One value that was not accepted: `field` by its name, `problem` what to write instead, for people."""

    field: str = Field(examples=["start"])
    problem: str


class Problem(BaseModel):
    """RFC 9457. Act on `code`, which is stable; show `detail`."""

    type: str = Field(examples=["urn:lastro:problem:value_pending"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["value_pending"])
    errors: list[FieldProblem] | None = None
    reference: str | None = Field(None, description="What the log of the server calls this failure")


_WORDS = {
    401: "No live bearer token",
    403: "The token or its user may not do this",
    404: "No such object among the companies of the token",
    409: "Refused by a business rule",
    413: "The body is too large",
    422: "A parameter is unknown or not of its form, or a cursor not of this list; `errors` names each",
    503: "Try again later",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of these statuses, as an OpenAPI document describes them."""
    return {
        status: {"description": _WORDS[status], "model": Problem}
        for status in sorted({401, 403, 422, 503, *statuses})
    }
