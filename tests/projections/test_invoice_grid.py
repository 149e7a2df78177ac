"""The listing says of every invoice what the aggregate itself says, and its daily totals add up to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from domain.invoice.events import InvoiceBilled, InvoiceOpened
from domain.invoice.invoice import Invoice, project
from domain.invoice.state import InvoiceState
from domain.values.payment import Document
from projections.invoice_grid.model import INVOICE_GRID
from tests.domain.invoice import facts
from tests.projections.histories import Organisation, lived
from tests.projections.rows import fed, record

ZERO = Decimal("0.00")
_DAYS = [(5,), (6, 4), (7, 7), (9, 8, 10)]


def invoices(organisation: Organisation) -> dict[UUID, Invoice]:
    states = {id: stream.state for id, stream in organisation.streams.items()}
    return {id: state for id, state in states.items() if isinstance(state, Invoice)}


def expected(invoice: InvoiceState) -> dict[str, Any]:
    states = invoice.document_states()
    kept = [
        (each, invoice.model_copy(update={"cancelled": False}).open_principal(each))
        for each in invoice.instalments
    ]
    open_now = [] if invoice.cancelled else [each for each, owed in kept if owed > 0]
    current = next((each for each, owed in kept if owed > 0), invoice.instalments[-1])
    settled = sum((each.abated for each in invoice.receipts), ZERO)
    return {
        "situacao": invoice.situacao().value,
        **{f"{document.value}_state": states[document].value for document in Document},
        "version": invoice.version,
        "company_id": str(invoice.company_id),
        "customer_id": str(invoice.customer_id),
        "account_id": str(invoice.account_id),
        "contract_id": invoice.contract_id and str(invoice.contract_id),
        "payment_method": invoice.payment_method.value,
        "value_pending": invoice.value_pending,
        "forecast": invoice.forecast,
        "amount": invoice.amount,
        "paid_amount": sum((each.amount for each in invoice.receipts), ZERO),
        "settled_amount": settled,
        "instalments_total": len(invoice.instalments),
        "instalments_paid": 0 if invoice.cancelled else sum(owed <= 0 for _, owed in kept),
        "partly_paid": not invoice.cancelled and ZERO < settled < invoice.amount,
        "due_on": current.due_on.isoformat(),
        "next_open_due_on": min((each.due_on.isoformat() for each in open_now), default=None),
        "next_open_payable_until": min((each.payable_until.isoformat() for each in open_now), default=None),
        "nosso_numero": next(
            (each.nosso_numero for each in invoice.boletos if each.instalment == current.number), None
        ),
    }


@pytest.mark.parametrize("seed", range(100, 112))
def test_each_row_is_what_its_aggregate_says(lastro: Lastro, database: Database, seed: int) -> None:
    organisation = lived(seed, 900, invoices=60)
    record(lastro, organisation.events)
    found = {UUID(row["invoice_id"]): row for row in fed(database, INVOICE_GRID, 97)["invoice_grid"]}
    states = invoices(organisation)
    assert found.keys() == states.keys()
    for id, invoice in states.items():
        wanted = expected(invoice)
        amounts = {name: Decimal(str(found[id][name])) for name in wanted if name.endswith("amount")}
        assert {name: found[id][name] for name in wanted} | amounts == wanted


def test_a_failed_document_shows_what_to_correct(lastro: Lastro, database: Database) -> None:
    organisation = lived(104, 900, invoices=60)
    record(lastro, organisation.events)
    for row in fed(database, INVOICE_GRID)["invoice_grid"]:
        failed = {name for name in ("boleto", "pix", "nfse") if row[f"{name}_state"] == "failed"}
        assert (row["error_document"] in failed) if failed else (row["error_document"] is None)
        assert (row["error_reason"] is not None) == bool(failed)
        assert (row["error_service_id"] is not None) == (row["error_reason"] == "service_without_fiscal_code")


def test_daily_totals_add_up_to_the_rows(lastro: Lastro, database: Database) -> None:
    record(lastro, lived(105, 900, invoices=60).events)
    tables = fed(database, INVOICE_GRID, 31)
    key = ("company_id", "due_on", "situacao", "payment_method")
    measures = ("amount", "settled_amount", "paid_amount")
    totals: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in tables["invoice_grid"]:
        place = tuple(row[name] for name in key)
        totals[place]["invoices"] += 1
        for name in measures:
            totals[place][name] += round(row[name] * 100)
    found = {
        tuple(row[name] for name in key): Counter(
            invoices=row["invoices"], **{name: round(row[name] * 100) for name in measures}
        )
        for row in tables["daily_rollup"]
    }
    assert found == totals


def test_what_waits_for_a_person_is_kept_apart(lastro: Lastro, database: Database) -> None:
    record(lastro, lived(107, 900, invoices=60).events)
    tables = fed(database, INVOICE_GRID, 13)
    waiting = {
        row["invoice_id"] for row in tables["invoice_grid"] if row["situacao"] in ("error", "value_pending")
    }
    assert {row["invoice_id"] for row in tables["invoice_attention"]} == waiting


def test_billing_updates_rows_in_place(lastro: Lastro, database: Database) -> None:
    """Otherwise every index of the listing is written for each invoice billed."""
    born = [facts.opened(id=UUID(int=number)) for number in range(1, 400)]
    record(lastro, born)
    fed(database, INVOICE_GRID)
    for opened in born:
        state = project(None, [opened])
        assert state is not None
        record(lastro, state.bill(facts.inputs(), facts.NOW, facts.TODAY))
    fed(database, INVOICE_GRID)
    with database.autocommit() as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        updates = connection.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'invoice_grid__v1'"
        ).fetchone()
    assert updates is not None
    assert updates[0] == len(born)
    assert updates[1] >= 0.95 * updates[0]


@pytest.mark.parametrize("page_size", [3, 10_000])
def test_every_day_on_which_an_invoice_was_billed_is_kept(
    lastro: Lastro, database: Database, page_size: int
) -> None:
    opened = [facts.opened(id=UUID(int=number)) for number in range(1, 5)]
    record(lastro, opened)
    fed(database, INVOICE_GRID)
    days = {fact.originator_id: each for fact, each in zip(opened, _DAYS, strict=True)}
    record(
        lastro,
        [
            billed(fact, version, day)
            for fact in opened
            for version, day in enumerate(days[fact.originator_id], 2)
        ],
    )
    kept = fed(database, INVOICE_GRID, page_size)["invoice_billings"]
    found = {(UUID(row["invoice_id"]), row["billed_on"]) for row in kept}
    assert found == {(id, f"2026-11-{day:02}") for id, each in days.items() for day in each}
    assert {row["company_id"] for row in kept} == {str(opened[0].company_id)}


def billed(opened: InvoiceOpened, version: int, day: int) -> InvoiceBilled:
    return InvoiceBilled(
        originator_id=opened.originator_id,
        originator_version=version,
        occurred_at=opened.occurred_at,
        company_id=opened.company_id,
        billed_on=date(2026, 11, day),
    )
