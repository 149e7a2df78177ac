"""Periods that are freed later, moved by an end, or hold a definitive value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.app import NotFoundError
from application.contracts import PeriodKeptError
from domain.contract.errors import PeriodNotLiveError
from domain.contract.events import SplitPart
from domain.invoice.situacao import Situacao
from domain.user.roles import Role
from domain.values.ids import contract_id
from domain.values.payment import DueShift, ValueType
from tests.application.world import CNPJS, World, person


def the_contract(world: World) -> UUID:
    return contract_id(world.company, "A-1")


def cancelled(world: World, **changes: Any) -> UUID:
    """The first invoice of a contract, cancelled without freeing its period."""
    first = world.sign("A-1", **changes)[0]
    world.commands.invoices.cancel(SYSTEM, first, "duplicate", frees_period=False)
    return first


def due_dates(world: World) -> list[date]:
    invoices = [world.invoice(each) for each in world.invoices_of(the_contract(world))]
    return [each.instalments[0].due_on for each in invoices if not each.cancelled]


def test_a_period_kept_by_a_cancelled_invoice_is_freed_later_and_billed_again(world: World) -> None:
    first = cancelled(world)
    done = world.commands.contracts.free_period(SYSTEM, first)
    assert done.id == the_contract(world)
    again = next(
        each for each in world.invoices_of(done.id) if world.invoice(each).situacao() is Situacao.PENDING
    )
    assert world.invoice(again).instalments == world.invoice(first).instalments
    (outcome,) = world.commands.invoices.bill_now(SYSTEM, [again])
    assert outcome.outcome == "billed"
    with pytest.raises(PeriodNotLiveError):
        world.commands.contracts.free_period(SYSTEM, first)


def test_a_single_nota_is_freed_with_all_its_instalments(world: World) -> None:
    parts = tuple(SplitPart(percent=Decimal(p), amount=None) for p in (50, 50))
    first = cancelled(world, value_type=ValueType.SPLIT, split=parts, nfse="single", instalment_count=2)
    world.commands.contracts.free_period(SYSTEM, first)
    (again,) = set(world.invoices_of(the_contract(world))) - {first}
    assert [each.amount for each in world.invoice(again).instalments] == [75, 75]


def test_a_period_after_the_end_is_freed_and_not_billed_again(world: World) -> None:
    world.sign("A-1")
    third = world.invoices_of(the_contract(world))[2]
    world.commands.invoices.cancel(SYSTEM, third, "duplicate", frees_period=False)
    world.commands.contracts.end(SYSTEM, the_contract(world), date(2026, 4, 30), "left")
    world.commands.contracts.free_period(SYSTEM, third)
    assert len(world.invoices_of(the_contract(world))) == 3
    world.commands.contracts.extend(SYSTEM, the_contract(world), None, 3)
    assert due_dates(world) == [date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)]


def test_only_a_cancelled_invoice_s_period_is_freed(world: World) -> None:
    first = world.sign("A-1")[0]
    with pytest.raises(PeriodKeptError):
        world.commands.contracts.free_period(SYSTEM, first)
    with pytest.raises(NotFoundError):
        world.commands.contracts.free_period(SYSTEM, UUID(int=9))


def test_freeing_a_period_asks_for_permission(world: World) -> None:
    first = cancelled(world)
    other = world.add_company("BETA", CNPJS[1])
    with pytest.raises(PermissionMissingError):
        world.commands.contracts.free_period(person(Role.VIEWER, world.company), first)
    with pytest.raises(NotFoundError):
        world.commands.contracts.free_period(person(Role.FINANCE, other), first)


def test_an_end_before_the_bank_day_lets_the_last_period_fall_due_as_agreed(world: World) -> None:
    """10 May 2026 is a Sunday; the contract ends on it, so the shift may not carry the due date past it."""
    world.sign("A-1", due_shift=DueShift.NEXT, instalment_count=4)
    assert due_dates(world)[2] == date(2026, 5, 11)
    world.commands.contracts.end(SYSTEM, the_contract(world), date(2026, 5, 10), "left")
    assert due_dates(world) == [date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)]
    world.commands.contracts.extend(SYSTEM, the_contract(world), None, 4)
    assert due_dates(world)[2:] == [date(2026, 5, 11), date(2026, 6, 10)]


def test_a_billed_last_period_keeps_its_date_at_an_end(world: World) -> None:
    third = world.sign("A-1", due_shift=DueShift.NEXT, instalment_count=4)[2]
    world.commands.invoices.bill_now(SYSTEM, [third])
    world.commands.contracts.end(SYSTEM, the_contract(world), date(2026, 5, 10), "left")
    assert world.invoice(third).instalments[0].due_on == date(2026, 5, 11)


def test_a_definitive_value_stands_beside_a_revision_and_the_preview_says_so(world: World) -> None:
    _, second, third = world.sign("A-1")
    world.commands.invoices.set_definitive_value(SYSTEM, second, Decimal("99.00"))
    contracts, terms = world.commands.contracts, world.terms(items=(world.item(price="200.00"),), due_day=20)
    changes = contracts.preview_revision(SYSTEM, the_contract(world), terms, date(2026, 4, 1))
    assert [(each.repriced, each.was_amount, each.amount) for each in changes] == [
        (False, Decimal("99.00"), Decimal("99.00")),
        (True, Decimal("150.00"), Decimal("200.00")),
    ]
    contracts.revise(SYSTEM, the_contract(world), terms, date(2026, 4, 1))
    assert [world.invoice(each).amount for each in (second, third)] == [Decimal("99.00"), Decimal("200.00")]
    assert world.invoice(second).instalments[0].due_on == date(2026, 4, 20)


def test_a_revision_of_the_price_alone_does_not_name_a_definitive_value(world: World) -> None:
    _, second, third = world.sign("A-1")
    world.commands.invoices.set_definitive_value(SYSTEM, second, Decimal("99.00"))
    terms = world.terms(items=(world.item(price="200.00"),))
    changes = world.commands.contracts.preview_revision(SYSTEM, the_contract(world), terms, date(2026, 4, 1))
    assert [each.invoice_id for each in changes] == [third]
