"""Everything under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from web.api import events, invoices, registries, sales, settlements
from web.parameters import known_parameters

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])
router.include_router(invoices.router)
router.include_router(registries.router)
router.include_router(sales.router)
router.include_router(settlements.router)
router.include_router(events.router)
