"""The OpenAPI document: pages are not in it, and every refusal is described in the media type that it has."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

_PROBLEM = "application/problem+json"


def describe(app: FastAPI) -> None:
    """Make the application's document say what it really answers."""
    made = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(made())
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if int(status) >= 400 and "application/json" in content:
                    content[_PROBLEM] = content.pop("application/json")
    return document
