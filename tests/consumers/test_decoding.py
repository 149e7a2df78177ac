"""What comes in: hostile bytes are poison, whose reason repeats none of them; the rest is as it was said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import orjson
import pytest

from application.sales_orders import OrderPlaced, OrderWithdrawn
from application.settlements.received import SettlementReceived, SettlementTakenBack
from consumers.contracts import orders, settlements
from consumers.decoding import LARGEST, source_id_said
from consumers.handler import Handler, Incoming, PoisonMessageError
from consumers.orders import OrdersHandler
from consumers.settlements import SettlementsHandler
from tests.consumers.letters import event, order, packed, receipt

ORDERS, SETTLEMENTS = OrdersHandler(Mock()), SettlementsHandler(Mock())
SECRET = "Maria Jose"


def incoming(value: bytes | None) -> Incoming:
    return Incoming("topic", 0, 0, None, value, (), None)


def but(message: dict[str, Any], **data: Any) -> bytes:
    return packed({**message, "data": {**message["data"], **data}})


HOSTILE = [
    None,
    b"",
    b"null",
    b"[]",
    b"\xff\xfe\x00",
    '{"data": "açúcar"}'.encode("latin-1"),
    b"{",
    b'{"a":' * 100_000,
    b"[" * 1_000_000,
    b'{"specversion":"1.0","specversion":"1.0"}',
    packed(order())[:-1],
    packed(order()) + b"x",
    packed({**order(), "specversion": "0.3"}),
    packed({**order(), "type": SECRET}),
    packed({key: value for key, value in order().items() if key != "id"}),
    but(order(), items=[]),
    but(order(), items=[{"service_code": "SUP", "quantity": 1, "unit_price": 0.1}]),
    but(order(), items=[{"service_code": "SUP", "quantity": "1e3", "unit_price": "1.00"}]),
    but(order(), items=[{"service_code": "SUP", "quantity": "1", "unit_price": "NaN"}]),
    but(order(), items=[{"service_code": "SUP", "quantity": "1", "unit_price": "-1.00"}]),
    but(order(), items=[{"service_code": "SUP", "quantity": "1", "unit_price": "1.00"}] * 501),
    but(order(), sold_on="2026-02-30"),
    but(order(), due_on=SECRET),
    but(order(), payment_method=SECRET),
    but(order(), **{SECRET: "1"}),
    but(order(), order="x" * 61),
    but(receipt("1"), amount="0.00"),
    but(receipt("1"), amount="١.٠٠"),
    but(receipt("1"), amount="99999999999999.00"),
    but(receipt("1"), nosso_numero="12"),
    but(receipt("1"), invoice_id=str(UUID(int=7)), instalment="há").replace('"há"'.encode(), b"1e400"),
    but(receipt("1"), source=SECRET + "\x00"),
    packed(order()).replace(b"loja", b"\\ud800"),
    b" " * (LARGEST + 1),
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("handler", [ORDERS, SETTLEMENTS], ids=["orders", "settlements"])
def test_what_is_not_of_the_contract_is_poison(handler: Handler[Any], value: bytes | None) -> None:
    with pytest.raises(PoisonMessageError) as poison:
        handler.decode(incoming(value))
    assert str(poison.value)
    assert len(str(poison.value)) < 1_000
    assert "Jose" not in str(poison.value).replace(f"data.{SECRET}", "")


def test_a_reason_names_the_place_and_the_rule() -> None:
    with pytest.raises(PoisonMessageError, match=r"data\.sold_on") as poison:
        ORDERS.decode(incoming(but(order(), sold_on="amanhã")))
    assert "amanhã" not in str(poison.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (but(order(), discout="1.00"), "loja/1001"),
        (but(receipt("7"), amount="x"), "banco/7"),
        (but(order(), order="x" * 61, sold_on="x"), None),
        (but(order(), source=SECRET + " x"), None),
        (b'{"data": {"source": "loja"}}', None),
        (b"{broken", None),
        (b"[" * 5_000, None),
        (None, None),
    ],
)
def test_what_cannot_be_understood_may_still_say_which_it_is(value: bytes | None, said: str | None) -> None:
    assert source_id_said(incoming(value)) == said


def test_an_order_is_as_its_sender_said() -> None:
    told = ORDERS.decode(incoming(packed(order()))).told
    assert isinstance(told, OrderPlaced)
    assert (told.source, told.order, told.company_code, told.mode) == ("loja", "1001", "ACME", "contractual")
    assert (told.sold_on, told.due_on) == (date(2026, 3, 2), date(2026, 3, 10))
    assert [(each.service_code, each.quantity, each.unit_price) for each in told.items] == [
        ("SUP", Decimal(1), Decimal("100.00"))
    ]


def test_an_order_that_was_cancelled_is_withdrawn() -> None:
    data = {"source": "loja", "order": "1001", "company_code": "ACME", "reason": "desistiu"}
    item = ORDERS.decode(incoming(packed(event(orders.CANCELLED, "c-1", data))))
    assert item.told == OrderWithdrawn("loja", "1001", "desistiu", company_code="ACME")
    assert ORDERS.source_id(item) == "loja/1001"


def test_a_receipt_and_its_reversal_have_one_identity() -> None:
    said = but(receipt("7"), payer={"text": "PIX"}, credited_on="2026-03-03")
    came = SETTLEMENTS.decode(incoming(said))
    assert came.told == SettlementReceived(
        "banco",
        "7",
        Decimal("100.00"),
        date(2026, 3, 2),
        credited_on=date(2026, 3, 3),
        payer_text="PIX",
    )
    data = {"source": "banco", "settlement_id": "7", "reason": "devolvido", "amount": "100.00"}
    back = SETTLEMENTS.decode(incoming(packed(event(settlements.REVERSED, "r-7", data))))
    assert back.told == SettlementTakenBack("banco", "7", "devolvido", amount=Decimal("100.00"))
    assert SETTLEMENTS.source_id(came) == SETTLEMENTS.source_id(back) == "banco/7"


def test_the_same_message_has_the_same_correlation_whenever_it_is_read() -> None:
    first, again = (ORDERS.decode(incoming(packed(order()))).context for _ in range(2))
    other = ORDERS.decode(incoming(packed(order("1002")))).context
    assert first == again
    assert first.correlation_id != other.correlation_id
    assert first.actor == "kafka:sales.orders.v1"


def test_attributes_that_we_do_not_read_are_left_alone() -> None:
    assert orjson.loads(packed({**order(), "traceparent": "00-1"}))
    ORDERS.decode(incoming(packed({**order(), "traceparent": "00-1"})))
