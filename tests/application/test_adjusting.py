"""The scheduler applies index clauses on their day; what waits for its index is Valor Pendente (F127, V5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.billing.due import Tick
from application.growing import Growth
from application.price_indices import PriceIndexForm
from domain.contract.contract import Contract
from domain.contract.errors import DueDatesCollideError
from domain.contract.events import AdjustmentClause
from domain.invoice.situacao import Situacao
from domain.values.ids import contract_id
from tests.application.world import FactReadModels, World

ADJUSTS_ON = date(2027, 3, 1)


def clause(**changes: Any) -> AdjustmentClause:
    base: dict[str, Any] = {
        "index": "IPCA",
        "every_months": 12,
        "when_unpublished": "hold",
        "when_negative": "floor",
        "rounded_percent": False,
        "outside_law": False,
    }
    return AdjustmentClause(**{**base, **changes})


def signed(world: World, code: str = "A-1", **changes: Any) -> list[UUID]:
    """Two years of a contract, with its invoices of the second one."""
    world.sign(code, instalment_count=24, adjustment=clause(**changes))
    return world.invoices_of(contract_id(world.company, code))[12:]


def registered(world: World, code: str = "IPCA") -> UUID:
    return world.commands.price_indices.register(SYSTEM, PriceIndexForm(code=code, name=code)).id


def publish(world: World, index: UUID) -> None:
    """One per cent for each month from March 2026 to February 2027."""
    for month in range(12):
        year, number = divmod(2 + month, 12)
        point = f"{2026 + year}-{number + 1:02d}"
        world.commands.price_indices.publish(SYSTEM, index, point, Decimal("1.00"), "IBGE")


def tick(world: World) -> Tick:
    return world.commands.scheduler.tick()


def come(world: World, day: date = ADJUSTS_ON) -> None:
    world.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def amounts(world: World, invoices: list[UUID]) -> set[Decimal]:
    return {world.invoice(invoice).amount for invoice in invoices}


def situacoes(world: World, invoices: list[UUID]) -> set[Situacao]:
    return {world.invoice(invoice).situacao() for invoice in invoices}


def test_a_clause_acts_on_its_day_and_once(world: World) -> None:
    index, invoices = registered(world), signed(world)
    come(world, date(2027, 2, 28))
    assert tick(world).adjusted == 0
    come(world)
    publish(world, index)
    assert tick(world).adjusted == 1
    assert amounts(world, invoices) == {Decimal("169.02")}
    before = world.lastro.safe_position()
    assert tick(world).adjusted == 0
    assert world.lastro.safe_position() == before


@pytest.mark.parametrize("known", [True, False])
def test_what_waits_for_its_index_is_valor_pendente_until_it_is_published(world: World, known: bool) -> None:
    """Published on the very day, the next tick takes it."""
    index = registered(world) if known else None
    invoices = signed(world)
    come(world)
    assert tick(world).adjusted == 1
    assert situacoes(world, invoices) == {Situacao.VALUE_PENDING}
    assert tick(world).adjusted == 0
    publish(world, index or registered(world))
    assert tick(world).adjusted == 1
    assert situacoes(world, invoices) == {Situacao.PENDING}
    assert amounts(world, invoices) == {Decimal("169.02")}


def test_a_clause_that_skips_lets_the_price_stand(world: World) -> None:
    invoices = signed(world, when_unpublished="skip")
    come(world)
    assert tick(world).adjusted == 1
    assert situacoes(world, invoices) == {Situacao.PENDING}
    assert amounts(world, invoices) == {Decimal("150.00")}


def test_a_missed_day_catches_up_before_anything_is_billed(world: World) -> None:
    index, invoices = registered(world), signed(world)
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    publish_later = date(2027, 4, 12)
    come(world, publish_later)
    publish(world, index)
    tick(world)
    billed = [world.invoice(each) for each in invoices[:2]]
    assert [(each.situacao(), each.amount) for each in billed] == [(Situacao.BILLED, Decimal("169.02"))] * 2


def test_automatic_billing_waits_for_an_adjustment_that_failed_and_a_person_may_go_ahead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to, invoices = registered(world), signed(world)
    other = world.sign("A-2")[0]
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    come(world, date(2027, 3, 31))
    publish(world, publish_to)

    def refuse(*_: Any) -> Any:
        raise DueDatesCollideError

    monkeypatch.setattr(Contract, "adjust", refuse)
    assert tick(world).adjusted == 0
    assert world.invoice(other).situacao() is Situacao.BILLED
    assert world.invoice(invoices[0]).situacao() is Situacao.PENDING
    (outcome,) = world.commands.invoices.bill_now(SYSTEM, invoices[:1])
    assert outcome.outcome == "billed"


def test_a_contract_that_refuses_does_not_keep_the_others_from_their_price(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, first, second = registered(world), signed(world), signed(world, "A-2")
    come(world)
    publish(world, index)
    adjust = Contract.adjust

    def refuse_one(contract: Contract, *rest: Any) -> Any:
        if contract.code == "A-1":
            raise DueDatesCollideError
        return adjust(contract, *rest)

    monkeypatch.setattr(Contract, "adjust", refuse_one)
    assert tick(world).adjusted == 1
    assert (amounts(world, first), amounts(world, second)) == ({Decimal("150.00")}, {Decimal("169.02")})


def test_a_definitive_value_stands_beside_a_new_price(world: World) -> None:
    index, invoices = registered(world), signed(world)
    world.commands.invoices.set_definitive_value(SYSTEM, invoices[0], Decimal("99.00"))
    come(world)
    publish(world, index)
    tick(world)
    assert world.invoice(invoices[0]).amount == Decimal("99.00")
    assert amounts(world, invoices[1:]) == {Decimal("169.02")}


def test_contracts_are_looked_through_only_when_a_day_a_point_or_a_contract_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, looks = registered(world), list[date]()
    models = FactReadModels(world.lastro.database)
    growth = Growth(world.lastro, lambda: world.now, world.commands.contracts, models)
    look = models.adjustable

    def looking(until: date) -> Iterator[UUID]:
        looks.append(until)
        return look(until)

    monkeypatch.setattr(models, "adjustable", looking)

    def looked() -> int:
        looks.clear()
        growth.adjust(SYSTEM)
        return len(looks)

    assert [looked(), looked()] == [1, 0]
    signed(world)
    assert [looked(), looked()] == [1, 0]
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=True)
    assert looked() == 0
    world.commands.price_indices.publish(SYSTEM, index, "2026-02", Decimal("1.00"), "IBGE")
    assert [looked(), looked()] == [1, 0]
    come(world)
    assert [looked(), looked(), looked()] == [1, 1, 0]  # what the clause did to the contract is news once


def test_a_contract_that_the_read_model_shows_late_is_looked_at_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = FactReadModels(world.lastro.database)
    growth = Growth(world.lastro, lambda: world.now, world.commands.contracts, models)
    come(world)
    behind = world.lastro.safe_position()
    signed(world)
    with monkeypatch.context() as late:
        late.setattr(models, "known_until", lambda: behind)
        late.setattr(models, "adjustable", lambda until: iter(()))
        assert growth.adjust(SYSTEM) == 0
    assert growth.adjust(SYSTEM) == 1
