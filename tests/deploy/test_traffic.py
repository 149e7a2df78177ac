"""The demo's outside world keeps to the contracts of what comes in, but for what it gets wrong on purpose."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import ValidationError

from consumers.contracts import orders, settlements
from consumers.contracts.orders import ORDER_EVENTS, OrderPlacedEvent
from consumers.contracts.settlements import SETTLEMENT_EVENTS, SettlementReceivedEvent
from deploy.local.traffic import Bill, Buyer, Portfolio, Telling, Ware, World

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
TODAY = date(2026, 1, 15)
LINHA = "34191091070000100081005367890006" + "8" * 15
PAYING = {"receipt_full", "receipt_part", "receipt_over", "receipt_unnamed"}
POISON = {"order_with_binary_money", "receipt_cut_off"}


def bill(number: int) -> Bill:
    return Bill("NIMBO", UUID(int=1000 + number), LINHA, Decimal("100.01"), "Ana Prado", "529.982.247-25")


def portfolio(bills: Sequence[Bill] = ()) -> Portfolio:
    return Portfolio(
        buyers=[Buyer("NIMBO", UUID(int=1)), Buyer("ATLAS", UUID(int=2))],
        wares=[Ware("NIMBO", "ERP", Decimal("349.90")), Ware("ATLAS", "FOLHA", Decimal("35.00"))],
        tills={"NIMBO": "CAIXA"},
        bills=lambda: bills,
    )


def told(count: int, bills: Sequence[Bill] = (), *, run: str = "r") -> list[Telling]:
    world = World(portfolio(bills), run, seed=7)
    return [world.next(NOW, TODAY) for _ in range(count)]


def test_what_is_right_is_read_and_what_is_wrong_on_purpose_is_not() -> None:
    for each in told(400, [bill(number) for number in range(300)]):
        events = ORDER_EVENTS if each.topic == orders.TOPIC else SETTLEMENT_EVENTS
        if each.what in POISON:
            with pytest.raises(ValidationError):
                events.validate_json(each.value)
        else:
            data = events.validate_json(each.value).data
            number = getattr(data, "order", None) or getattr(data, "settlement_id", None)
            assert each.key == f"{data.source}/{number}".encode()


def test_one_of_each_kind_comes_first_and_then_all_go_on() -> None:
    found = told(1000, [bill(number) for number in range(900)])
    kinds = {each.what for each in found}

    assert len({each.what for each in found[:15]}) == 15
    assert kinds == {each.what for each in found[:15]}
    assert min(Counter(each.what for each in found[15:]).values()) >= 3
    assert {each.topic for each in found} == {orders.TOPIC, settlements.TOPIC}


def test_a_boleto_is_paid_once_whatever_is_looked_up_again() -> None:
    received = [
        SETTLEMENT_EVENTS.validate_json(each.value)
        for each in told(300, [bill(number) for number in range(4)])
        if each.what in PAYING and each.topic == settlements.TOPIC
    ]
    amounts = [each.data.amount for each in received if isinstance(each, SettlementReceivedEvent)]

    assert sorted(amounts) == [Decimal("40.00"), Decimal("100.01"), Decimal("100.01"), Decimal("110.01")]


def test_without_boletos_it_sells_on() -> None:
    found = told(200)
    assert sum(each.topic == orders.TOPIC for each in found) > 150


def test_sales_are_of_the_buyer_s_own_company() -> None:
    of = {UUID(int=1): ("NIMBO", "ERP"), UUID(int=2): ("ATLAS", "FOLHA")}
    sold = [
        ORDER_EVENTS.validate_json(each.value)
        for each in told(300)
        if each.what in ("order_contractual", "order_avulso", "order_without_documents")
    ]
    for each in sold:
        assert isinstance(each, OrderPlacedEvent)
        assert each.data.customer_id is not None
        company, service = of[each.data.customer_id]
        assert each.data.company_code == company
        assert {item.service_code for item in each.data.items} == {service}


def test_no_two_runs_share_a_number_and_a_run_can_be_repeated() -> None:
    def numbers(run: str) -> set[str]:
        return {json.loads(each.value)["id"] for each in told(50, run=run) if each.what not in POISON}

    assert numbers("a") == numbers("a")
    assert not numbers("a") & numbers("b")


def test_a_world_without_customers_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody to sell to"):
        World(Portfolio([], [], {}, lambda: ()), "r", 1)
