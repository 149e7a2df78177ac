"""Each receivable says of its instalment what the invoice says; each boleto is kept as its bank prints it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from domain.boleto.numbering import format_nosso_numero
from domain.invoice.events import (
    BillingRequested,
    BoletoFailed,
    BoletoIssued,
    ContractPeriod,
    Instalment,
)
from domain.invoice.invoice import Invoice
from domain.invoice.state import InvoiceState
from domain.kernel import DomainEvent
from domain.values.payment import Document
from projections.receivables.model import RECEIVABLES
from tests.domain.invoice import facts
from tests.projections.histories import lived
from tests.projections.rows import fed, record
from tests.projections.test_invoice_grid import invoices

ZERO = Decimal("0.00")


def expected(invoice: InvoiceState, instalment: Instalment) -> dict[str, Any]:
    receipts = invoice.receipts_of(instalment.number)
    settled = sum((each.abated for each in receipts), ZERO)
    boleto = next((each for each in invoice.boletos if each.instalment == instalment.number), None)
    return {
        "company_id": str(invoice.company_id),
        "customer_id": str(invoice.customer_id),
        "account_id": str(invoice.account_id),
        "contract_id": invoice.contract_id and str(invoice.contract_id),
        "amount": instalment.amount,
        "due_on": instalment.due_on.isoformat(),
        "payable_until": instalment.payable_until.isoformat(),
        "settled_amount": settled,
        "paid_amount": sum((each.amount for each in receipts), ZERO),
        "open_amount": invoice.open_principal(instalment),
        "state": state(invoice, instalment.amount, settled),
        "nosso_numero": boleto and boleto.nosso_numero,
    }


def state(invoice: InvoiceState, amount: Decimal, settled: Decimal) -> str:
    if invoice.cancelled:
        return "cancelled"
    if settled >= amount:
        return "paid"
    return "partly_paid" if settled else "open"


@pytest.mark.parametrize("seed", range(100, 112))
def test_each_row_is_what_its_aggregate_says(lastro: Lastro, database: Database, seed: int) -> None:
    organisation = lived(seed, 900, invoices=60)
    record(lastro, organisation.events)
    found = {
        (UUID(row["invoice_id"]), row["instalment"]): row
        for row in fed(database, RECEIVABLES, 97)["receivables"]
    }
    versions = {
        fact.originator_id: fact.originator_version
        for fact in organisation.events
        if fact.TOPIC in RECEIVABLES.topics
    }
    wanted = {
        (id, each.number): expected(invoice, each) | {"version": versions[id]}
        for id, invoice in invoices(organisation).items()
        for each in invoice.instalments
    }
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        amounts = {name: Decimal(str(found[key][name])) for name in row if name.endswith("amount")}
        assert {name: found[key][name] for name in row} | amounts == row


def boleto_state(invoice: InvoiceState, number: int, failed: set[int], issued: set[int]) -> str:
    if Document.BOLETO in invoice.failed and number in failed:
        return "failed"
    if any(each.instalment == number for each in invoice.boletos):
        return "requested"
    if number in issued:
        return "cancelled"
    needed = {each.number for each in invoice.boletos_needed()}
    return "waiting" if number in needed else "not_wanted"


def failed_last(life: list[DomainEvent]) -> set[int]:
    """The instalments whose boleto failed when boletos were asked for last."""
    failed: set[int] = set()
    for fact in life:
        if isinstance(fact, BillingRequested) and Document.BOLETO in fact.documents:
            failed = set()
        elif isinstance(fact, BoletoFailed):
            failed.add(fact.instalment)
    return failed


def test_the_boleto_of_each_instalment_stands_for_itself(lastro: Lastro, database: Database) -> None:
    states: dict[UUID, Invoice] = {}
    lives: dict[UUID, list[DomainEvent]] = defaultdict(list)
    for seed in range(101, 105):
        organisation = lived(seed, 900, invoices=60)
        record(lastro, organisation.events)
        states |= invoices(organisation)
        for fact in organisation.events:
            lives[fact.originator_id].append(fact)
    seen = set()
    for row in fed(database, RECEIVABLES, 31)["receivables"]:
        id, number = UUID(row["invoice_id"]), row["instalment"]
        issued = {fact.instalment for fact in lives[id] if isinstance(fact, BoletoIssued)}
        said = boleto_state(states[id], number, failed_last(lives[id]), issued)
        assert row["boleto_state"] == said
        seen.add(said)
    assert seen == {"failed", "requested", "cancelled", "waiting", "not_wanted"}


def test_a_row_names_the_period_that_its_invoice_charges(lastro: Lastro, database: Database) -> None:
    period = facts.line().source
    assert isinstance(period, ContractPeriod)
    alone = facts.opened(id=UUID(int=1))
    single_nota = facts.opened(id=UUID(int=2), instalments=facts.THREE)
    sold = facts.opened(id=UUID(int=3), contract_id=None, lines=(facts.sale_line("200.00", 1),))
    record(lastro, [alone, single_nota, sold])
    found = {
        (UUID(row["invoice_id"]).int, row["instalment"]): row["ordinal"]
        for row in fed(database, RECEIVABLES)["receivables"]
    }
    first = period.ordinal
    assert found == {(1, 1): first, (2, 1): first, (2, 2): first + 1, (2, 3): first + 2, (3, 1): None}


def test_a_second_account_may_give_an_invoice_the_same_nosso_numero(
    lastro: Lastro, database: Database
) -> None:
    """The linha digitável shown is that of the boleto that can be paid, not of the one cancelled."""
    elsewhere: Any = {"portfolio": "112", "nosso_numero_digit": "7", "linha_digitavel": "9" * 47}
    record(
        lastro,
        [
            facts.opened(),
            facts.requested(2, Document.BOLETO),
            facts.boleto(3),
            facts.boleto_cancelled(4),
            facts.requested(5, Document.BOLETO),
            facts.boleto(6, **elsewhere),
        ],
    )
    tables = fed(database, RECEIVABLES)
    assert [each["boleto_version"] for each in tables["receivables"]] == [6]
    assert [each["printed"] for each in tables["receivable_boletos"]] == ["109/00000001-0", "112/00000001-7"]


def bb(number: int, nosso_numero: str, digit: str) -> BoletoIssued:
    changes: Any = {"bank_code": "001", "portfolio": "17", "nosso_numero": nosso_numero}
    return facts.boleto(3, **changes, nosso_numero_digit=digit).model_copy(
        update={"originator_id": UUID(int=number)}
    )


def test_every_boleto_is_kept_as_its_bank_prints_it(lastro: Lastro, database: Database) -> None:
    organisation = lived(106, 900, invoices=60)
    record(lastro, organisation.events)
    issued = [fact for fact in organisation.events if isinstance(fact, BoletoIssued)]
    issued += [bb(7, "12345678901234567", ""), bb(8, "12345678901", "X"), bb(9, "12345670000", "4")]
    record(lastro, [facts.opened(id=UUID(int=number)) for number in (7, 8, 9)])
    record(lastro, issued[-3:])
    found = {
        (UUID(row["invoice_id"]), row["version"]): (row["instalment"], row["printed"], row["linha_digitavel"])
        for row in fed(database, RECEIVABLES)["receivable_boletos"]
    }
    assert found == {
        (fact.originator_id, fact.originator_version): (
            fact.instalment,
            format_nosso_numero(fact.bank_code, fact.portfolio, fact.nosso_numero, fact.nosso_numero_digit),
            fact.linha_digitavel,
        )
        for fact in issued
    }
