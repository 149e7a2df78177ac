"""From what an auditor asked to the facts, never beyond what they may see, and to the rows of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.access import Principal
from application.audit import Auditing
from application.event_store.public import PublicEvent
from application.event_store.upcasters import upcast
from projections.accounts.query import accounts
from projections.audit.numbers import streams_of_number
from projections.audit.query import AuditFilter, AuditPage, audit_page, narrowed_to
from projections.companies.query import companies
from web.audit_listing import AuditListing
from web.rows import CompanyMark
from web.services import Services
from web.wording.actors import actor_id, actor_words, system_actors
from web.wording.entries import Change
from web.wording.facts import alone, family

_DOWNLOADED = 1_000
_LATE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A fact in the list."""

    event_id: UUID
    position: int
    title: str
    text: str
    tone: str
    changes: tuple[Change, ...]
    family: str
    stream_id: UUID
    version: int
    company: CompanyMark | None
    who: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: UUID
    causation_id: UUID | None

    @property
    def late(self) -> bool:
        """Recorded long after it happened."""
        return abs((self.recorded_at - self.occurred_at).total_seconds()) > _LATE_SECONDS


def filter_of(services: Services, principal: Principal, listing: AuditListing) -> AuditFilter:
    """What the read model is asked: names of people and printed numbers have become ids."""
    asked = listing.filter(_actors(services.auditing, principal, listing.actor))
    if not listing.document:
        return asked
    customer = services.auditing.customer_of(principal, listing.document)
    streams = () if customer else streams_of_number(services.database, listing.document)
    return narrowed_to(asked, customer, streams)


def page_of(services: Services, principal: Principal, listing: AuditListing, after: int | None) -> AuditPage:
    """One page of the list. Raises PermissionMissingError."""
    visible = services.auditing.scope(principal)
    return audit_page(
        services.database,
        filter_of(services, principal, listing),
        visible,
        after=after,
        limit=int(listing.page_size),
        oldest_first=listing.oldest_first,
    )


def all_of(
    services: Services, listing: AuditListing, principal_now: Callable[[], Principal | None]
) -> Iterator[PublicEvent]:
    """Every fact of an answer, a page at a time; it ends where the right to it ends."""
    after: int | None = None
    while (principal := principal_now()) is not None:
        page = audit_page(
            services.database,
            filter_of(services, principal, listing),
            services.auditing.scope(principal),
            after=after,
            limit=_DOWNLOADED,
            oldest_first=listing.oldest_first,
        )
        yield from page.events
        after = page.next
        if after is None:
            return


def rows_of(services: Services, principal: Principal, events: Iterable[PublicEvent]) -> list[AuditRow]:
    """The facts in words."""
    listed = list(events)
    names = people_of(services, (event.actor for event in listed))
    marks = marks_of(services, principal)
    account = account_words(services, principal)
    return [_row(event, names, marks, account) for event in listed]


def marks_of(services: Services, principal: Principal) -> Mapping[UUID, CompanyMark]:
    """The companies whose facts the auditor may see."""
    visible = services.auditing.scope(principal)
    known = companies(services.database, None if visible is None else sorted(visible))
    return {c.company_id: CompanyMark(c.company_id, c.legal_name, c.trade_name, c.cnpj) for c in known}


def people_of(services: Services, actors: Iterable[str]) -> Callable[[str], str]:
    """Names of who acted; who was forgotten is nobody in particular."""
    ids = {found for actor in actors if (found := actor_id(actor)) is not None}
    names = services.people.names(ids) if ids else {}

    def name(actor: str) -> str:
        user_id = actor_id(actor)
        return actor_words(actor) if user_id is None else names.get(user_id, "Pessoa sem dados")

    return name


def account_words(services: Services, principal: Principal) -> Callable[[str], str]:
    """Names of the accounts."""
    visible = services.auditing.scope(principal)
    known = {
        str(each.account_id): each.name
        for each in accounts(services.database, None if visible is None else sorted(visible))
    }
    return lambda account_id: known.get(account_id, "outra conta")


def _row(
    event: PublicEvent,
    names: Callable[[str], str],
    marks: Mapping[UUID, CompanyMark],
    account: Callable[[str], str],
) -> AuditRow:
    topic, facts = upcast(event.topic, event.data)
    worded = alone(topic, facts, event.occurred_at, account)
    return AuditRow(
        event_id=event.event_id,
        position=event.position,
        title=worded.title,
        text=worded.text,
        tone=worded.tone,
        changes=worded.changes,
        family=family(topic),
        stream_id=event.stream_id,
        version=event.version,
        company=marks.get(event.company_id) if event.company_id else None,
        who=names(event.actor),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
    )


def _actors(auditing: Auditing, principal: Principal, text: str) -> tuple[str, ...]:
    """A person's e-mail or id, or a part of the system as it is stored or as the pages call it."""
    if not text:
        return ()
    said = system_actors(text)
    if said or text.startswith("cli:"):
        return said or (text,)
    if "@" in text:
        user = auditing.user_of(principal, text)
        return (text if user is None else f"user:{user}",)
    try:
        return (f"user:{UUID(text.removeprefix('user:'))}",)
    except ValueError:
        return (text,)
