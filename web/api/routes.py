"""Everything under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import events, invoices, registries

router = APIRouter(prefix="/api/v1")
router.include_router(invoices.router)
router.include_router(registries.router)
router.include_router(events.router)
