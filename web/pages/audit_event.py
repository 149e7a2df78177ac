"""/auditoria/fatos: one fact, readable, with before and after; its personal data only on the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from application.access import Principal
from application.audit import OpenedEvent
from application.audit_folds import Difference
from domain.user.roles import Permission
from web.audit_listing import AuditListing
from web.audit_reading import account_words, marks_of, people_of
from web.identity import ServicesOf, Visitor, VisitorOf
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import Views
from web.wording import values
from web.wording.facts import alone, family, in_order, title

router = APIRouter(prefix="/auditoria/fatos")

_REMOVED = "[removido]"
_HIDDEN = "oculto"


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One value of the register, before and after the fact."""

    label: str
    before: str
    after: str


@router.get("/{event_id}")
def opened_fact(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, event_id: UUID
) -> Response:
    """The fact without what is personal in it."""
    opened = services.auditing.open(visitor.principal, event_id)
    return _page(request, services, visitor, views, opened)


@router.post("/{event_id}/dados-pessoais")
def personal_data(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    event_id: UUID,
    motivo: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """The fact with its personal data; that this person read it is a fact by now."""
    opened = services.auditing.show_personal(visitor.principal, event_id, "page", motivo)
    return _page(request, services, visitor, views, opened)


@router.get("/{event_id}/dados-pessoais")
def back_to_the_fact(visitor: VisitorOf, event_id: UUID) -> Response:
    """What was shown once is not shown by an address: each look is a click of its own."""
    visitor.principal.require(Permission.AUDIT)
    return Response(status_code=303, headers={"Location": f"/auditoria/fatos/{event_id}"})


def _page(
    request: Request, services: Services, visitor: Visitor, views: Views, opened: OpenedEvent
) -> Response:
    recorded = opened.recorded
    words = alone(opened.topic, opened.data, recorded.occurred_at, account_words(services, visitor.principal))
    marks = marks_of(services, visitor.principal)
    return views.render(
        request,
        "audit/event.html",
        visitor=visitor,
        opened=opened,
        recorded=recorded,
        title=words.title,
        tone=words.tone,
        family=family(opened.topic),
        topic_title=title(opened.topic),
        company=marks.get(recorded.company_id) if recorded.company_id else None,
        who=people_of(services, [recorded.actor])(recorded.actor),
        changes=_changes(opened.changes),
        told=values.read(in_order(opened.topic, opened.data)),
        personal=_personal(opened),
        all_removed=opened.removed.issuperset(opened.personal),
        may_read=_may_read(visitor.principal, recorded.company_id),
        raw=_raw(opened),
        stream_address=AuditListing(typed={"registro": str(recorded.stream_id)}).address(),
        customer_address=_customer_address(opened),
    )


def _changes(found: tuple[Difference, ...] | None) -> list[ChangedValue] | None:
    if found is None:
        return None
    return [
        ChangedValue(
            values.label(each.path),
            values.value(values.named(each.path), each.before),
            values.value(values.named(each.path), each.after),
        )
        for each in found
    ]


def _personal(opened: OpenedEvent) -> list[tuple[str, str]]:
    if not opened.shown:
        return [
            (values.label((name,)), _REMOVED if name in opened.removed else _HIDDEN)
            for name in opened.personal
        ]
    gone = {name for name, value in opened.personal.items() if value is None}
    read = values.read({name: value for name, value in opened.personal.items() if name not in gone})
    return read + [(values.label((name,)), _REMOVED) for name in opened.personal if name in gone]


def _may_read(principal: Principal, company_id: UUID | None) -> bool:
    if company_id is None:
        return principal.companies(Permission.READ_PERSONAL) is None
    return principal.may(Permission.READ_PERSONAL, company_id)


def _raw(opened: OpenedEvent) -> str:
    """The fact as JSON, envelope and state, less what is personal."""
    recorded = opened.recorded
    envelope: dict[str, Any] = {
        "position": recorded.position,
        "event_id": recorded.event_id,
        "stream_id": recorded.stream_id,
        "version": recorded.version,
        "topic": recorded.topic,
        "company_id": recorded.company_id,
        "actor": recorded.actor,
        "occurred_at": recorded.occurred_at,
        "recorded_at": recorded.recorded_at,
        "correlation_id": recorded.correlation_id,
        "causation_id": recorded.causation_id,
        "release": recorded.release,
        "digest": recorded.digest.hex(),
        "data": dict(opened.data),
    }
    return orjson.dumps(envelope, option=orjson.OPT_INDENT_2).decode()


def _customer_address(opened: OpenedEvent) -> str:
    """All facts of the customer that this one names."""
    named: Mapping[str, Any] = opened.data
    customer = named.get("customer_id") or (
        opened.recorded.stream_id if opened.topic.startswith("customer.") else None
    )
    return AuditListing(typed={"cliente": str(customer)}).address() if customer else ""
