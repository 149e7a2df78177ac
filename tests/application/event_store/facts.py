"""Facts and a fold for the event store's own tests; their topics begin with `test.`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from application.app import Context
from application.ids import new_id
from domain.kernel import Aggregate, DomainEvent, Frozen, Personal, PersonalText, projector

NOW = datetime(2026, 3, 2, 12, 30, 0, 123456, tzinfo=UTC)
COMPANY = UUID("01942f5e-0000-7000-8000-000000000001")


class Counted(DomainEvent):
    """Nothing but a number and a text."""

    TOPIC: ClassVar[str] = "test.counted.v1"
    number: int
    text: str


class Home(Frozen):
    """A nested personal value."""

    street: str
    city: str


class PersonMet(DomainEvent):
    """A person's own stream: both keys seal something."""

    TOPIC: ClassVar[str] = "test.person_met.v1"
    name: PersonalText
    home: Annotated[Home | None, Personal()]
    tax_name: Annotated[str | None, Personal("fiscal")]
    city: str


class PersonCharged(DomainEvent):
    """A fact of another stream about a person."""

    TOPIC: ClassVar[str] = "test.person_charged.v1"
    SUBJECT: ClassVar[str] = "person_id"
    person_id: UUID
    payer: Annotated[str | None, Personal("fiscal")]


class Tally(Aggregate):
    """How often, and the last text."""

    count: int
    text: str


def evolve(tally: Tally | None, event: Counted) -> Tally:
    """Fold one fact."""
    if tally is None:
        return Tally(id=event.originator_id, version=1, count=event.number, text=event.text)
    return tally.moved(event, count=tally.count + event.number, text=event.text)


project = projector(evolve)


def context(actor: str = "ana") -> Context:
    """One command's worth."""
    return Context(actor, new_id())


def counted(
    stream: UUID, version: int = 1, number: int = 1, text: str = "um", company_id: UUID | None = COMPANY
) -> Counted:
    """One fact of a stream."""
    return Counted(
        originator_id=stream,
        originator_version=version,
        occurred_at=NOW,
        company_id=company_id,
        number=number,
        text=text,
    )


def one_each(count: int, text: str = "um") -> list[Counted]:
    """First facts of so many new streams."""
    return [counted(new_id(), text=text) for _ in range(count)]


def met(person: UUID, name: str | None = "José da Silva", version: int = 1) -> PersonMet:
    """A first fact with personal data."""
    return PersonMet(
        originator_id=person,
        originator_version=version,
        occurred_at=NOW,
        company_id=None,
        name=name,
        home=Home(street="Rua São João, 1", city="São Paulo"),
        tax_name="JOSE DA SILVA",
        city="São Paulo",
    )


def charged(person: UUID, payer: str = "José") -> PersonCharged:
    """A fact of a stream of its own about a person."""
    return PersonCharged(
        originator_id=new_id(),
        originator_version=1,
        occurred_at=NOW,
        company_id=COMPANY,
        person_id=person,
        payer=payer,
    )


def streams(count: int) -> Iterator[UUID]:
    """So many new ids."""
    return (new_id() for _ in range(count))
