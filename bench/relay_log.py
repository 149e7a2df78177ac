"""What the relay's benchmark publishes: a log of the product's facts, and its messages ready-made."""

from __future__ import annotations

from itertools import batched
from uuid import UUID

from application.app import Context, Lastro
from application.database import Database
from application.ids import new_id
from bench.billing_house import billing, open_lastro
from bench.facts import NOW
from bench.invoice_facts import numbered, opened, paid, requested
from bench.portfolio import MARCH, found
from domain.invoice.events import InvoiceBilled
from domain.kernel import DomainEvent, Header
from producers.messages.catalogue import PUBLIC_TOPICS, messages_of
from producers.messages.message import Message
from producers.messages.people import people_of

_PAGE = 5_000


def fill_log(database: Database, contracts: int) -> None:
    """Customers, contracts of a year with their invoices, and as many invoices that were billed and paid."""
    with billing(database, 1) as commands:
        found(commands).grow(0, contracts, periods=12)
    lastro = open_lastro(database.url, database.schema)
    for page in batched(range(contracts), _PAGE // 5):
        lastro.record_batch(Context("bench", new_id()), [fact for _ in page for fact in _life(new_id())])
    lastro.close()


def _life(invoice: UUID) -> list[DomainEvent]:
    company = UUID(int=1)
    headers = [
        Header(originator_id=invoice, originator_version=version, occurred_at=NOW, company_id=company)
        for version in range(1, 6)
    ]
    return [
        opened(headers[0], company, company, MARCH[0]),
        requested(headers[1], company),
        numbered(headers[2], company, company, MARCH[0]),
        InvoiceBilled(**headers[3], billed_on=MARCH[0]),
        paid(headers[4], company, MARCH[0]),
    ]


def messages_in(lastro: Lastro) -> list[Message]:
    """Every message of the log, in its order."""
    made: list[Message] = []
    position = 0
    while page := lastro.read(position, _PAGE):
        people = people_of(lastro, page)
        made += [message for event in page for message in messages_of(event, people)]
        position = page[-1].position
    assert {message.topic for message in made} <= PUBLIC_TOPICS.keys()
    return made
