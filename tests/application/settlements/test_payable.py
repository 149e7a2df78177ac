"""An invoice as far as paying it goes owes, takes and gives back what the whole one does."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest

from application.app import Lastro
from application.settlements.payable import payable_invoices
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from tests.projections.histories import lived
from tests.projections.rows import record

KEPT = (
    "id",
    "version",
    "company_id",
    "customer_id",
    "account_id",
    "late_charges",
    "instalments",
    "value_pending",
    "cancelled",
    "receipts",
    "reversed_ids",
)


@pytest.mark.parametrize("seed", [0, 3, 10])
def test_it_decides_on_money_as_the_whole_invoice_does(lastro: Lastro, seed: int) -> None:
    history = lived(seed, 700)
    record(lastro, history.events)
    streams = [id for id, stream in history.streams.items() if isinstance(stream.state, Invoice)]
    whole = lastro.load_many(project_invoice, streams)
    light = payable_invoices(lastro, [*streams, UUID(int=9)])
    assert light.keys() == whole.keys()
    random = Random(seed)
    for id, invoice in whole.items():
        assert {name: getattr(light[id], name) for name in KEPT} == {
            name: getattr(invoice, name) for name in KEPT
        }
        day = date(2026, 11, 3) + timedelta(random.randint(-60, 90))
        for instalment in invoice.instalments:
            assert light[id].owed_on(instalment.number, day) == invoice.owed_on(instalment.number, day)
