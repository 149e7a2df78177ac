"""Parameters of the API that are of their form and yet cannot be meant: each is named, with what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from fastapi import Request

from web.identity import BearerOf
from web.routing import path_template


@dataclass(frozen=True, slots=True)
class FieldRefused:
    """One parameter, the stable code of its problem, and what the words of that need."""

    field: str
    kind: str
    details: Mapping[str, Any]


class ParametersInvalidError(Exception):
    """These parameters cannot be meant. Correct each as its words say."""

    def __init__(self, *refused: FieldRefused) -> None:
        super().__init__(", ".join(each.field for each in refused))
        self.refused = refused


def known_parameters(request: Request, bearer: BearerOf) -> None:
    """Refuse what the document does not name: a misspelt filter would silently widen the answer."""
    known = _named(request)
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        raise ParametersInvalidError(*(_unknown(name, known) for name in unknown))


def require_period(start: date, end: date) -> None:
    """Refuse an end before its start."""
    if end < start:
        days = {"start": start.isoformat(), "end": end.isoformat()}
        raise ParametersInvalidError(FieldRefused("end", "period_reversed", days))


def _named(request: Request) -> list[str]:
    template = path_template(request.scope)
    operation = request.app.openapi()["paths"].get(template, {}).get(request.method.lower(), {})
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]


def _unknown(name: str, known: list[str]) -> FieldRefused:
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    if near:
        return FieldRefused(name[:100], "unknown_near", {"near": near[0]})
    return FieldRefused(name[:100], "unknown", {})
