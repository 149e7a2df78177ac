"""Everything under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import events

router = APIRouter(prefix="/api/v1")
router.include_router(events.router)
