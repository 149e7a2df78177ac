"""Invoices as far as paying them goes, loaded for a tenth of what a whole one costs.

A receipt rests on a few facts of an invoice, and of most invoices on the first alone. What was valid when it
was recorded is not validated again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from application.app import Lastro
from application.event_store.mapper import StoredFact
from domain.invoice.events import (
    DefinitiveValueSet,
    InstallmentPaid,
    InstallmentRepriced,
    InstallmentRescheduled,
    Instalment,
    InvoiceCancelled,
    InvoiceLineAdded,
    InvoiceOpened,
    InvoicePaymentRevised,
    LateCharges,
    PaymentReversed,
)
from domain.invoice.invoice import Invoice, project
from domain.kernel import trusted
from domain.values.payment import PaymentMethod

_LATER = (
    InvoiceLineAdded,
    DefinitiveValueSet,
    InstallmentRescheduled,
    InstallmentRepriced,
    InvoicePaymentRevised,
    InstallmentPaid,
    PaymentReversed,
    InvoiceCancelled,
)
_TOPICS = (InvoiceOpened.TOPIC, *(fact.TOPIC for fact in _LATER))
_UNREAD: dict[str, Any] = {
    "kind": "billing",
    "contract_id": None,
    "payment_method": PaymentMethod.OTHER,
    "documents": (),
    "lines": (),
    "forecast": False,
    "definitive": False,
    "asked": frozenset(),
    "failed": frozenset(),
    "waived": frozenset(),
    "boletos": (),
    "without_boleto": frozenset(),
    "billed": False,
    "cancelled": False,
    "receipts": (),
    "reversed_ids": frozenset(),
}
"""How an invoice begins, and what of its birth a receipt does not rest on."""


def payable_invoices(lastro: Lastro, ids: Iterable[UUID]) -> dict[UUID, Invoice]:
    """The invoices of these ids, at their last version; unknown ones are left out.

    They know their instalments, charges, receipts and whether they are cancelled, but neither lines nor
    documents nor boletos: good for `owed_on`, `pay` and `reverse_payment`, and for nothing else.
    """
    facts, versions = lastro.partly(ids, _TOPICS)
    found: dict[UUID, Invoice] = {}
    later: list[StoredFact] = []
    for fact in facts:
        if fact.topic == InvoiceOpened.TOPIC:
            found[fact.originator_id] = _opened(fact, versions[fact.originator_id])
        else:
            later.append(fact)
    for event in lastro.as_events(later):
        stream = event.originator_id
        folded = project(found.get(stream), [event])  # type: ignore[list-item]
        assert folded is not None
        found[stream] = folded
    return {
        stream: invoice if invoice.version == versions[stream] else _at(invoice, versions[stream])
        for stream, invoice in found.items()
    }


def _at(invoice: Invoice, version: int) -> Invoice:
    return invoice.model_copy(update={"version": version})


def _opened(fact: StoredFact, version: int) -> Invoice:
    state = orjson.loads(fact.state)
    return trusted(
        Invoice,
        id=fact.originator_id,
        version=version,
        company_id=fact.company_id,
        customer_id=UUID(state["customer_id"]),
        account_id=_account(state["account_id"]),
        late_charges=_charges(**state["late_charges"]),
        instalments=tuple(map(_instalment, state["instalments"])),
        value_pending=state["value_pending"],
        **_UNREAD,
    )


def _instalment(given: dict[str, Any]) -> Instalment:
    return trusted(
        Instalment,
        number=given["number"],
        due_on=date.fromisoformat(given["due_on"]),
        payable_until=date.fromisoformat(given["payable_until"]),
        amount=Decimal(given["amount"]),
    )


_account = lru_cache(maxsize=256)(UUID)
"""An account is that of many invoices."""


@lru_cache(maxsize=256)
def _charges(fine_percent: str, interest_percent_month: str) -> LateCharges:
    return LateCharges(
        fine_percent=Decimal(fine_percent), interest_percent_month=Decimal(interest_percent_month)
    )
