"""Hands the template environment of the application to its routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from web.templating import Views


def views_of(request: Request) -> Views:
    """The template environment of the application that serves this request."""
    views = request.app.state.views
    assert isinstance(views, Views)
    return views


ViewsOf = Annotated[Views, Depends(views_of)]
