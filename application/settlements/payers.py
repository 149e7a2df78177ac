"""What receipts say of who paid, as far as a customer who asked to be forgotten is meant."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from application.app import Lastro
from application.incoming.erasing import Traces
from application.ports import CustomerPortfolio
from domain.customer.customer import Customer
from domain.settlement.events import PayerSaid, SettlementUnidentified

_CHUNK = 1_000


def receipts_telling_of(lastro: Lastro, portfolio: CustomerPortfolio, customer: Customer) -> list[UUID]:
    """The receipts under whose keys this customer is spoken of.

    Those that pay, or paid last, an invoice of the customer; of those that nobody could place, each whose
    payer is named as the customer is: they are opened and looked through.
    """
    own = list(portfolio.receipts_of(customer.id))
    traces, waiting = Traces.of(customer), list(portfolio.waiting_receipts())
    for start in range(0, len(waiting), _CHUNK):
        own += _naming(lastro, waiting[start : start + _CHUNK], traces)
    return own


def _naming(lastro: Lastro, receipts: list[UUID], traces: Traces) -> Iterable[UUID]:
    recorded = lastro.read_streams(receipts, [SettlementUnidentified.TOPIC])
    for fact in lastro.opened(recorded):
        payer = fact.payer if isinstance(fact, SettlementUnidentified) else None
        if payer is not None and traces.found_in_texts(_texts(payer)):
            yield fact.originator_id


def _texts(payer: PayerSaid) -> list[str]:
    return [text for text in (payer.name, payer.document, payer.text) if text]
