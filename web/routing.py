"""Which route a request met, by the whole template of its path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Scope

_templates: WeakKeyDictionary[FastAPI, dict[Callable[..., Any], str]] = WeakKeyDictionary()


def path_template(scope: Scope) -> str | None:
    """`/api/v1/invoices/{invoice_id}`; None where no route was met.

    The route in the scope knows only its own router's prefix, so the application is asked.
    """
    app, endpoint = scope.get("app"), scope.get("endpoint")
    if not isinstance(app, FastAPI) or endpoint is None:
        return None
    known = _templates.get(app)
    if known is None:
        contexts = iter_route_contexts(app.routes)
        known = _templates[app] = {
            each.endpoint: each.path for each in contexts if each.endpoint is not None and each.path
        }
    return known.get(endpoint)
