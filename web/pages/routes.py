"""Every page, none of them in the API's document."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from web.pages import (
    audit,
    audit_event,
    bill_now,
    completeness,
    contracts,
    gallery,
    invoice,
    invoice_error,
    invoices,
    live,
    message,
    messages,
    operation,
    operation_builds,
    sale_billing,
    sales,
    settlement_acts,
    settlements,
    sign_in,
    webhook,
    webhook_acts,
    webhooks,
)

router = APIRouter(include_in_schema=False)
router.include_router(sign_in.router)
router.include_router(live.router)
router.include_router(invoices.router)
router.include_router(bill_now.router)
router.include_router(invoice.router)
router.include_router(invoice_error.router)
router.include_router(contracts.router)
router.include_router(audit.router)
router.include_router(audit_event.router)
router.include_router(completeness.router)
router.include_router(sale_billing.router)
router.include_router(sales.router)
router.include_router(settlements.router)
router.include_router(settlement_acts.router)
router.include_router(operation.router)
router.include_router(operation_builds.router)
router.include_router(messages.router)
router.include_router(message.router)
router.include_router(webhooks.router)
router.include_router(webhook.router)
router.include_router(webhook_acts.router)
router.include_router(gallery.router)


@router.get("/")
def home() -> Response:
    """The listing is where the day starts."""
    return RedirectResponse("/faturamento", 303)
