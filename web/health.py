"""Says whether the process lives, whether it can serve, and how much it does. Shows no business data."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import generate_latest

from application.migrations import status as migration_status
from projections.progress import projection_statuses
from projections.registry import NAMES
from projections.shown import watermark_age
from web.identity import ServicesOf
from web.metrics import RequestMetrics
from web.services import Services
from web.webhook_rows import log_end

LONGEST_LAG_SECONDS = 60.0
router = APIRouter(include_in_schema=False)


@router.get("/saude/viva")
def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("viva")


@router.get("/saude/pronta")
def ready(request: Request, services: ServicesOf) -> Response:
    """503 while stopping, without database, before the migrations, or with read models far behind."""
    reasons = _not_ready(services) if not request.app.state.live.is_stopping() else ["stopping"]
    body = {"ready": not reasons, "reasons": reasons}
    return JSONResponse(body, 503 if reasons else 200)


def _not_ready(services: Services) -> list[str]:
    try:
        statuses = [status for status in projection_statuses(services.database) if status.live]
        pending = [
            m for m in migration_status(services.database, services.migrations) if m.applied_at is None
        ]
    except Exception:
        return ["database"]
    reasons = ["migrations"] if pending else []
    if not NAMES.issubset(status.name for status in statuses):
        reasons.append("read models missing")
    if any(status.lag_seconds > LONGEST_LAG_SECONDS for status in statuses):
        reasons.append("read models behind")
    return reasons


@router.get("/metrics")
def metrics(request: Request, services: ServicesOf) -> Response:
    """Prometheus text format. Lag is measured when asked, so that a stopped worker shows."""
    numbers: RequestMetrics = request.app.state.metrics
    for status in projection_statuses(services.database):
        if status.live:
            numbers.lag_events.labels(status.name).set(status.lag_events)
            numbers.lag_seconds.labels(status.name).set(status.lag_seconds)
            numbers.parked.labels(status.name).set(status.parked_streams)
            numbers.parked_events.labels(status.name).set(status.parked_events)
    numbers.webhooks.observe(services.webhooks.everything(), log_end(services), services.now())
    numbers.watermark_age.set(watermark_age(services.database))
    return Response(generate_latest(numbers.registry), media_type="text/plain; version=0.0.4")
