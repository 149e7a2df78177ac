"""Each receipt takes effect once: twice, out of order, contradicted, raced, and killed in between."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import ConcurrencyError, Context
from application.database import Connection
from application.invoices import SettlementPaymentError
from application.settlements.outcomes import Outcome
from application.settlements.received import Incoming
from domain.invoice.events import InstallmentPaid, PaymentReversed
from domain.settlement.errors import (
    SettlementContradictedError,
    SettlementInFutureError,
    SettlementInvalidError,
)
from domain.settlement.events import SettlementReversed, SettlementVoided
from tests.application.settlements.organisation import KAFKA, Organisation, received, taken_back


def test_told_twice_it_is_one_in_a_batch_and_in_the_next_and_from_the_beginning(org: Organisation) -> None:
    invoice, _ = org.billed()
    item = received("E-1", "50.00", invoice_id=invoice.id)
    unknown, gone = received("E-2"), taken_back("E-3")
    batch: list[Incoming] = [item, item, unknown, unknown, gone, gone]
    known = ["applied", "known", "unidentified", "known", "reversed", "known"]
    assert org.results(*batch) == known
    before = org.world.lastro.safe_position()
    assert org.results(*batch) == ["known"] * 6
    assert org.world.lastro.safe_position() == before
    assert org.world.invoice(invoice.id).balance == Decimal("100.00")
    assert org.settled == [[None] * 6] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "60.00"},
        {"paid_on": date(2026, 3, 1)},
        {"credited_on": date(2026, 3, 2)},
        {"account": "BB"},
    ],
)
def test_the_same_receipt_with_other_content_is_refused_and_changes_nothing(
    org: Organisation, changes: dict[str, Any]
) -> None:
    invoice, _ = org.billed()
    said: dict[str, Any] = {"invoice_id": invoice.id, "account": "ITAU", "credited_on": date(2026, 3, 3)}
    org.apply(received("E-1", "50.00", **said))
    before = org.world.lastro.safe_position()
    told = {"amount": "50.00", **said, **changes}
    (outcome,) = org.apply(received("E-1", told.pop("amount"), **told))
    assert isinstance(outcome.error, SettlementContradictedError)
    assert org.world.lastro.safe_position() == before
    assert outcome.error.details["settlement_id"] == outcome.settlement_id
    assert org.settled[-1] == [outcome.error]


def test_the_same_receipt_told_with_more_or_with_less_is_known(org: Organisation) -> None:
    invoice, _ = org.billed()
    bare = received("E-1", invoice_id=invoice.id)
    full = received("E-1", invoice_id=invoice.id, account="ITAU", credited_on=date(2026, 3, 3))
    assert org.results(bare, full) == ["applied", "known"]
    assert org.results(full, bare) == ["known", "known"]
    assert org.world.invoice(invoice.id).balance == 0


def test_a_reversal_makes_it_owed_again_once(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1", invoice_id=invoice.id))
    back = taken_back("E-1", reversed_on=date(2026, 3, 2), amount=Decimal("150.00"))
    assert org.results(back, back) == ["reversed", "known"]
    assert org.world.invoice(invoice.id).balance == Decimal("150.00")
    topics = [PaymentReversed.TOPIC, SettlementReversed.TOPIC]
    assert [fact.TOPIC for fact in org.world.facts(topics=topics)] == topics[::-1]


@pytest.mark.parametrize("known", [True, False])
def test_a_reversal_of_tomorrow_or_of_long_ago_is_refused(org: Organisation, known: bool) -> None:
    if known:
        org.apply(received("E-1"))
    before = org.world.lastro.safe_position()
    days = date(2026, 3, 3), date(9999, 1, 1), date(1999, 12, 31)
    errors = [each.error for each in org.apply(*(taken_back("E-1", reversed_on=day) for day in days))]
    kinds = [SettlementInFutureError, SettlementInFutureError, SettlementInvalidError]
    assert [type(each) for each in errors] == kinds
    assert org.world.lastro.safe_position() == before
    assert org.results(taken_back("E-1", reversed_on=date(2026, 3, 2))) == ["reversed"]


def test_nor_does_a_person_take_back_tomorrow(org: Organisation) -> None:
    (outcome,) = org.apply(received("E-1"))
    assert outcome.settlement_id is not None
    with pytest.raises(SettlementInFutureError):
        org.settlements.reverse(SYSTEM, outcome.settlement_id, "devolvido", date(2026, 3, 3))
    assert not org.settlement("E-1").is_reversed


def test_receipt_and_reversal_in_one_batch_leave_the_debt_as_it_was(org: Organisation) -> None:
    invoice, _ = org.billed()
    assert org.results(received("E-1", invoice_id=invoice.id), taken_back("E-1")) == ["applied", "reversed"]
    assert org.world.invoice(invoice.id).balance == Decimal("150.00")


@pytest.mark.parametrize("apart", [False, True])
def test_a_reversal_that_comes_first_makes_the_receipt_void(org: Organisation, apart: bool) -> None:
    invoice, _ = org.billed()
    back, item = taken_back("E-1"), received("E-1", invoice_id=invoice.id)
    results = org.results(back) + org.results(item) if apart else org.results(back, item)
    assert results == ["reversed", "void"]
    assert org.results(item, back) == ["known", "known"]
    (void,) = org.world.facts(topics=[SettlementVoided.TOPIC])
    assert (void.company_id, org.world.invoice(invoice.id).receipts) == (org.world.company, ())


def test_a_part_cannot_be_taken_back(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1", invoice_id=invoice.id))
    (outcome,) = org.apply(taken_back("E-1", amount=Decimal("10.00")))
    assert isinstance(outcome.error, SettlementContradictedError)
    assert org.world.invoice(invoice.id).balance == 0


def test_a_receipt_that_waits_can_be_taken_back(org: Organisation) -> None:
    org.apply(received("E-1"))
    assert org.results(taken_back("E-1")) == ["reversed"]
    assert org.settlement("E-1").is_reversed


def test_after_a_conflict_only_what_moved_is_loaded_again_and_all_is_recorded(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = org.billed()
    second, _ = org.billed("B-1", customer=1)
    lastro = org.world.lastro
    loaded: list[set[UUID]] = []
    done: list[bool] = []
    partly = lastro.partly

    def watched(ids: Any, topics: Any) -> Any:
        loaded.append(set(ids))
        found = partly(ids, topics)
        if not done:
            done.append(True)
            org.world.commands.invoices.pay(
                SYSTEM,
                first.id,
                1,
                payment_id=org.fresh(),
                paid_on=date(2026, 3, 2),
                amount=Decimal("100.00"),
            )
        return found

    monkeypatch.setattr(lastro, "partly", watched)
    items = [received("E-1", invoice_id=first.id), received("E-2", invoice_id=second.id)]
    assert org.results(*items) == ["applied", "applied"]
    assert loaded == [{first.id, second.id}, {first.id}]
    paid = [f for f in org.world.facts(topics=[InstallmentPaid.TOPIC]) if isinstance(f, InstallmentPaid)]
    assert [(f.amount, f.excess) for f in paid] == [
        (Decimal("100.00"), Decimal("0.00")),
        (Decimal("150.00"), Decimal("100.00")),
        (Decimal("150.00"), Decimal("0.00")),
    ]


def test_two_writers_of_the_same_receipts_record_each_once(org: Organisation) -> None:
    invoices = [org.billed(f"A-{n}", customer=n)[0] for n in range(4)]
    batches = 6
    items = [
        received(f"E-{n}-{i}", "10.00", invoice_id=invoice.id)
        for n in range(batches)
        for i, invoice in enumerate(invoices)
    ]
    failures: list[Exception] = []
    together = Barrier(2)

    def consume() -> None:
        together.wait()
        try:
            for start in range(0, len(items), 4):
                org.settlements.apply(items[start : start + 4], KAFKA, lambda *_: None)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=consume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {org.world.invoice(each.id).balance for each in invoices} == {Decimal("90.00")}
    assert len(org.world.facts(topics=[InstallmentPaid.TOPIC])) == len(items)


class _KilledError(BaseException):
    """The process dies."""


def test_killed_before_the_commit_nothing_is_left_half_and_the_repeat_finds_it_so(org: Organisation) -> None:
    invoice, _ = org.billed()
    items = [received("E-1", "50.00", invoice_id=invoice.id), received("E-2")]
    before = org.world.lastro.safe_position()

    def kill(connection: Connection, _outcomes: Any) -> None:
        connection.execute("CREATE TABLE offset_moved ()")
        raise _KilledError

    with pytest.raises(_KilledError):
        org.settlements.apply(items, KAFKA, kill)
    assert org.world.facts(after=before) == []
    with org.world.lastro.database.connection() as connection:
        assert connection.execute("SELECT to_regclass('offset_moved')").fetchone() == (None,)
    assert org.results(*items) == ["applied", "unidentified"]


def test_a_server_that_dies_before_the_commit_leaves_nothing_and_the_retry_is_one(org: Organisation) -> None:
    invoice, _ = org.billed()
    died: list[bool] = []

    def die(connection: Connection, _outcomes: Any) -> None:
        if not died:
            died.append(True)
            with org.world.lastro.database.connection() as other:
                pid = connection.info.backend_pid
                other.execute("SELECT pg_terminate_backend(%s)", [pid])

    item = received("E-1", "50.00", invoice_id=invoice.id)
    (outcome,) = org.settlements.apply([item], KAFKA, die)
    assert outcome.result == "applied"
    assert org.world.invoice(invoice.id).balance == Decimal("100.00")


def test_an_offset_that_cannot_move_undoes_the_receipts(org: Organisation) -> None:
    invoice, _ = org.billed()

    def zombie(_connection: Connection, _outcomes: Any) -> None:
        raise ConcurrencyError("the partition is another's")

    with pytest.raises(ConcurrencyError):
        org.settlements.apply([received("E-1", invoice_id=invoice.id)], KAFKA, zombie)
    assert org.world.invoice(invoice.id).balance == Decimal("150.00")


def test_each_message_keeps_a_correlation_of_its_own(org: Organisation) -> None:
    invoice, _ = org.billed()
    before = org.world.lastro.safe_position()
    contexts = [Context("kafka:payments.settlements.v1", org.fresh()) for _ in range(3)]
    items = [received("E-1", "0.00"), received("E-2", invoice_id=invoice.id), received("E-3")]
    outcomes: list[Outcome] = org.settlements.apply(items, contexts, org.settle)
    assert [each.result.value for each in outcomes] == ["refused", "applied", "unidentified"]
    recorded = org.world.lastro.read(before, 10)
    assert [each.correlation_id for each in recorded] == [
        contexts[1].correlation_id,
        contexts[1].correlation_id,
        contexts[2].correlation_id,
    ]


def test_an_empty_batch_and_one_of_refusals_still_settle(org: Organisation) -> None:
    assert org.apply() == []
    assert org.results(received("", "1.00"), received("E-1", "-1.00")) == ["refused", "refused"]
    assert [len(each) for each in org.settled] == [0, 2]


def test_the_payment_of_a_receipt_is_not_taken_back_behind_it(org: Organisation) -> None:
    invoice, _ = org.billed()
    (outcome,) = org.apply(received("E-1", invoice_id=invoice.id))
    assert outcome.settlement_id is not None
    with pytest.raises(SettlementPaymentError):
        org.world.commands.invoices.reverse_payment(SYSTEM, invoice.id, outcome.settlement_id, "engano")
    assert org.world.invoice(invoice.id).balance == 0
