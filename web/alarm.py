"""The alarm at the head of an operator's pages: that something is parked, or a webhook was disabled."""

from __future__ import annotations

from fastapi import Request

from application.access import Principal
from application.webhooks.places import auto_disabled
from domain.user.roles import Permission
from projections.stale import alarm
from web.services import Services


def operates(principal: Principal) -> bool:
    """Whether someone runs the whole installation: read models belong to no company."""
    return principal.companies(Permission.OPERATE) is None


def parked_alarm(request: Request) -> str:
    """What is parked, in words; empty while nothing is. For operators' pages only: it asks the database."""
    services: Services = request.app.state.services
    found = alarm(services.database)
    if found is None:
        return ""
    if found.streams == 1:
        return "1 registro parado: um evento não pôde ser aplicado."
    return f"{found.streams} registros parados: há eventos que não puderam ser aplicados."


def webhook_alarm(request: Request) -> str:
    """How many webhooks the system has disabled, in words; empty while there is none."""
    services: Services = request.app.state.services
    found = auto_disabled(services.database)
    if not found:
        return ""
    return "1 webhook desligado pelo sistema." if found == 1 else f"{found} webhooks desligados pelo sistema."
