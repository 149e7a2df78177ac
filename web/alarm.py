"""The alarm at the head of an operator's pages: what is parked, webhooks disabled, messages that wait."""

from __future__ import annotations

from fastapi import Request

from application.access import Principal
from application.incoming.positions import waiting_for_a_person
from application.webhooks.places import auto_disabled
from domain.user.roles import Permission
from projections.stale import alarm
from web import formats
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


def message_alarm(request: Request) -> str:
    """What of the incoming messages waits for a person, in words; empty while nothing does."""
    services: Services = request.app.state.services
    partitions, letters = waiting_for_a_person(services.database)
    stopped = formats.counted(partitions, "partição de mensagens parada", "partições de mensagens paradas")
    waiting = formats.counted(letters, "mensagem separada à espera", "mensagens separadas à espera")
    said = [words for count, words in ((partitions, stopped), (letters, waiting)) if count]
    return f"{' e '.join(said)}." if said else ""
