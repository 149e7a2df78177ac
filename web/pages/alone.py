"""A part of a page that is opened by its own address: the page that it is a part of is shown instead."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from projections.invoice_grid.rows import GridRow
from web.listing import Listing
from web.past import Past

type Window = Literal["", "/historico", "/boleto", "/erro"]

_WINDOW = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(/historico|/boleto|/erro)?")


def is_alone(request: Request) -> bool:
    """Whether a browser asks for it as a page: after signing in, from a bookmark, in a new tab."""
    return not request.headers.get("HX-Request")


def whole_page(address: str) -> Response:
    """Go to the page."""
    return RedirectResponse(address, 303)


def behind_window(row: GridRow, window: Window, past: Past | None = None) -> Response:
    """Go to the listing of the month in which the invoice is due, or was, with its window open."""
    listing = replace(Listing.default(row.due_on), past=past)
    return whole_page(listing.address(janela=f"{row.invoice_id}{window}"))


def opened_window(text: str) -> str:
    """The window that an address asks to be open: its path, or nothing."""
    return f"/faturamento/{text}" if _WINDOW.fullmatch(text) else ""
