"""Who agrees, bills or forgets at the same time: an erasure sees what is under way, or is seen by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.billing import prepared
from application.database import Connection
from application.event_store import append as appending
from application.event_store import recorder
from application.registry import Done
from domain.customer.forgetting import CustomerForgottenError, CustomerInBusinessError
from tests.application.test_forgetting import REASON, FactPortfolio, forgetter_of
from tests.application.world import World
from tests.support.processes import eventually


def test_what_is_signed_meanwhile_is_seen(world: World) -> None:
    forgetter = forgetter_of(world)
    portfolio: FactPortfolio = forgetter._portfolio  # type: ignore[assignment]
    looked = portfolio.invoices_of

    def sign_behind(customer_id: UUID) -> Sequence[UUID]:
        found = looked(customer_id)
        portfolio.invoices_of = looked  # type: ignore[method-assign]
        world.sign("K1")
        return found

    portfolio.invoices_of = sign_behind  # type: ignore[method-assign]
    with pytest.raises(CustomerInBusinessError):
        forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")


def test_a_contract_without_a_word_of_notes_is_not_signed_behind_an_erasure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is sealed, and still it is with somebody."""
    written = appending.append

    def append_late(*args: Any) -> int:
        monkeypatch.undo()
        forgetter_of(world).forget(SYSTEM, world.customers[0], REASON, "titular")
        return written(*args)

    monkeypatch.setattr(recorder, "append", append_late)
    refused, signed = world.commands.contracts.sign_many(SYSTEM, [world.form("K1"), world.form("K2", 1)])
    assert isinstance(refused, CustomerForgottenError)
    assert isinstance(signed, Done)
    (fact,) = world.facts(topics=["contract.signed.v1"])
    assert fact.originator_id == signed.id
    with pytest.raises(CustomerForgottenError):
        world.sign("K1")


@pytest.mark.parametrize("act", ["revise", "extend"])
def test_nothing_more_is_agreed_behind_an_erasure(
    world: World, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    contract = world.commands.contracts.sign(SYSTEM, world.form("K1")).id
    contracts, written = world.commands.contracts, appending.append
    before = world.topics_of(contract)

    def append_late(*args: Any) -> int:
        monkeypatch.undo()
        forgetter_of(world).forget(SYSTEM, world.customers[0], REASON, "titular", despite_open=True)
        return written(*args)

    monkeypatch.setattr(recorder, "append", append_late)
    commands: dict[str, Callable[[], object]] = {
        "extend": lambda: contracts.extend(SYSTEM, contract, None, 5),
        "revise": lambda: contracts.revise(SYSTEM, contract, world.terms(due_day=15), date(2026, 4, 1)),
    }
    with pytest.raises(CustomerForgottenError):
        commands[act]()
    assert world.topics_of(contract) == before


def test_an_erasure_waits_for_a_contract_without_notes_that_is_being_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = appending.append
    with ThreadPoolExecutor(1) as pool:
        erasure: list[Future[object]] = []

        def append_first(connection: Connection, *args: Any) -> int:
            monkeypatch.undo()
            with connection.transaction():
                position = written(connection, *args)
                forget = forgetter_of(world).forget
                erasure.append(pool.submit(forget, SYSTEM, world.customers[0], REASON, "titular"))
                eventually(lambda: waits_for_a_lock(world), 10, "the erasure waits")
            return position

        monkeypatch.setattr(recorder, "append", append_first)
        world.sign("K1")
        with pytest.raises(CustomerInBusinessError):
            erasure[0].result()


def waits_for_a_lock(world: World) -> bool:
    with world.lastro.database.connection() as db:
        return db.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").rowcount > 0


def test_a_batch_bills_nobody_who_is_forgotten_while_it_writes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payer was sealed when the batch was planned, and the chunk has looked at the customer already."""
    world.sign("K0")
    world.sign("K1", customer=1)
    batch = world.commands.batch
    plan = batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    unpack = prepared.unpack

    def unpack_late(*args: Any) -> Any:
        monkeypatch.undo()
        forgetter_of(world).forget(SYSTEM, world.customers[0], REASON, "titular", despite_open=True)
        return unpack(*args)

    monkeypatch.setattr(prepared, "unpack", unpack_late)
    run = batch.confirm(SYSTEM, plan.plan_hash).run
    assert (run.billed, run.refused, run.failed) == (1, 1, 0)
    (boleto,) = world.facts(topics=["invoice.boleto_issued.v1"])
    assert getattr(boleto, "customer_id", None) == world.customers[1]
    assert getattr(boleto, "payer", None) is not None
