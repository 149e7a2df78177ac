"""What may come in: good messages are read, wrong ones are refused by model and schema alike."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from consumers.contracts import orders, settlements
from consumers.contracts.catalogue import INCOMING
from tests.support.messages import example_of, released, revisions

type Change = Callable[[dict[str, Any]], object]

ADAPTERS: dict[str, TypeAdapter[Any]] = {
    orders.TOPIC: orders.ORDER_EVENTS,
    settlements.TOPIC: settlements.SETTLEMENT_EVENTS,
}
TOPIC_OF = {each.message_type: each.topic for each in INCOMING}


@cache
def _schema(message_type: str) -> jsonschema_rs.Draft202012Validator:
    newest = released(revisions(message_type)[-1])
    return jsonschema_rs.Draft202012Validator(newest, validate_formats=True)


def _read(message: dict[str, Any]) -> Any:
    return ADAPTERS[TOPIC_OF[message["type"]]].validate_json(orjson.dumps(message))


def _data(message_type: str, change: Change) -> dict[str, Any]:
    message = deepcopy(example_of(message_type))
    change(message["data"])
    return message


def _put(**fields: Any) -> Change:
    return lambda data: data.update(fields)


def _item(**fields: Any) -> Change:
    return lambda data: data["items"][0].update(fields)


def _without(*names: str) -> Change:
    return lambda data: [data.pop(name) for name in names]


@pytest.mark.parametrize("contract", INCOMING, ids=lambda each: str(each.message_type))
def test_the_example_is_read(contract: Any) -> None:
    event = _read(example_of(contract.message_type))
    assert type(event.data) is contract.payload


def test_an_order_has_exact_decimals_and_what_is_absent_has_its_meaning() -> None:
    order = _read(example_of(orders.PLACED)).data
    assert [(item.quantity, item.unit_price, item.discount) for item in order.items] == [
        (Decimal("1.5"), Decimal("200.00"), Decimal("0.00")),
        (Decimal(3), Decimal("33.33"), Decimal("9.99")),
    ]
    assert order.emits_documents is True
    assert order.items[0].description is None


WRONG: dict[str, tuple[str, Change]] = {
    "money as a number": (settlements.RECEIVED, _put(amount=1015.57)),
    "money with one place": (settlements.RECEIVED, _put(amount="10.5")),
    "money with a comma": (settlements.RECEIVED, _put(amount="10,50")),
    "no money": (settlements.RECEIVED, _put(amount="0.00")),
    "negative money": (settlements.RECEIVED, _put(amount="-1.00")),
    "other digits": (settlements.RECEIVED, _put(barcode="١" * 44)),
    "a bank without its number": (settlements.RECEIVED, _without("nosso_numero")),
    "a number without its bank": (settlements.RECEIVED, _without("bank_code")),
    "an agreement of nothing": (
        settlements.RECEIVED,
        lambda data: [_without("bank_code", "nosso_numero")(data), _put(agreement="1234567")(data)],
    ),
    "an instalment of nothing": (settlements.RECEIVED, _put(instalment=1)),
    "an id that is none": (settlements.RECEIVED, _put(invoice_id="7")),
    "no day": (settlements.RECEIVED, _put(paid_on="2026-02-30")),
    "a field that is not known": (settlements.RECEIVED, _put(discont="1.00")),
    "a part that is not known": (settlements.RECEIVED, _put(payer={"nome": "Ana"})),
    "no name of the sender": (settlements.REVERSED, _without("source")),
    "a sender's name with a blank": (settlements.REVERSED, _put(source="a b")),
    "a number with blanks around it": (orders.CANCELLED, _put(order=" 1001")),
    "a number with two spaces within it": (orders.PLACED, _put(order="A  1")),
    "a number with a line's end": (orders.PLACED, _put(order="A-1\n")),
    "a number with a hyphen that is none": (orders.PLACED, _put(order="A\u20101")),
    "a number in full-width letters": (orders.CANCELLED, _put(order="\uff21-1")),
    "a number with a sign that nobody sees": (settlements.RECEIVED, _put(settlement_id="E-1\u200b")),
    "a number of nothing that is seen": (settlements.RECEIVED, _put(settlement_id="\u200b")),
    "a number that runs backwards": (settlements.REVERSED, _put(settlement_id="E\u202e1")),
    "a number with a control sign": (settlements.REVERSED, _put(settlement_id="E\x001")),
    "no reason": (orders.CANCELLED, _put(reason="")),
    "an order of nothing": (orders.PLACED, _put(items=[])),
    "an unknown method": (orders.PLACED, _put(payment_method="barter")),
    "an unknown mode": (orders.PLACED, _put(mode="later")),
    "a quantity of zero": (orders.PLACED, _item(quantity="0")),
    "a quantity with five places": (orders.PLACED, _item(quantity="1.00001")),
    "a negative price": (orders.PLACED, _item(unit_price="-1.00")),
    "a negative discount": (orders.PLACED, _item(discount="-1.00")),
    "an item's field that is not known": (orders.PLACED, _item(price="1.00")),
    "no due date": (orders.PLACED, _without("due_on")),
}

GOOD: dict[str, tuple[str, Change]] = {
    "a receipt that names nothing": (settlements.RECEIVED, _without("bank_code", "nosso_numero")),
    "a payer to find out by": (settlements.RECEIVED, _put(payer={"name": "Ana", "text": "TED 123"})),
    "null is absent": (settlements.RECEIVED, _put(barcode=None, credited_on=None)),
    "a product sold at nothing": (orders.PLACED, _item(unit_price="0.00")),
    "a number with a space within it": (orders.PLACED, _put(order="Pedido 10/2026 #7")),
    "any number in ASCII": (settlements.RECEIVED, _put(settlement_id="!E-1~{}\\\"'")),
    "text beyond ASCII": (orders.PLACED, _item(description="Manutenção – nº 7")),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_refused_by_the_model_and_by_the_schema(kind: str) -> None:
    message = _data(*WRONG[kind])
    with pytest.raises(ValidationError):
        _read(message)
    assert not _schema(message["type"]).is_valid(message["data"])


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_good_is_taken_by_the_model_and_by_the_schema(kind: str) -> None:
    message = _data(*GOOD[kind])
    assert _schema(message["type"]).is_valid(message["data"])
    _read(message)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("specversion", "0.3"), ("type", "sales.order_eaten.v1"), ("id", ""), ("source", None)],
)
def test_an_envelope_that_is_none_is_refused(attribute: str, value: object) -> None:
    message = {**example_of(orders.PLACED), attribute: value}
    with pytest.raises(ValidationError):
        orders.ORDER_EVENTS.validate_json(orjson.dumps(message))


def test_attributes_that_we_do_not_know_are_left_alone() -> None:
    message = {**example_of(orders.PLACED), "traceparent": "00-0af7651916cd43dd8448eb211c80319c-01"}
    assert _read(message).data.order == "1001"
