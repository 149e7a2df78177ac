"""What is wrong with an unreadable message is said in Portuguese, place by place."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from application.incoming.dead_letters import Reason
from consumers.contracts.fields import _MONEY, _QUANTITY
from consumers.contracts.orders import ORDER_EVENTS
from consumers.contracts.settlements import SETTLEMENT_EVENTS
from consumers.handler import Handler, PoisonMessageError
from tests.consumers.letters import order, packed, receipt
from tests.consumers.test_decoding import HOSTILE, ORDERS, SETTLEMENTS, but, incoming
from web.wording import message_problems

UNKNOWN = "não segue o contrato"


def said(handler: Handler[Any], value: bytes | None) -> list[tuple[str, str]]:
    with pytest.raises(PoisonMessageError) as poison:
        handler.decode(incoming(value))
    details = Reason.poison(str(poison.value), poison.value.problems).details
    return [(each.at, each.words) for each in message_problems.problems(details)]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("handler", [ORDERS, SETTLEMENTS], ids=["orders", "settlements"])
def test_all_that_can_be_wrong_has_words(handler: Handler[Any], value: bytes | None) -> None:
    found = said(handler, value)
    assert found
    assert UNKNOWN not in {words for _, words in found}


@pytest.mark.parametrize(
    ("handler", "value", "expected"),
    [
        (ORDERS, None, [("", "a mensagem veio sem conteúdo")]),
        (ORDERS, b" " * 1_000_001, [("", "a mensagem passa de 1.000.000 bytes")]),
        (ORDERS, b"{", [("", "não é um JSON válido (linha 1, coluna 1)")]),
        (ORDERS, packed({**order(), "type": "outro"}), [("", message_problems._UNKNOWN_TYPE)]),
        (ORDERS, but(order(), sold_on="2026-02-30"), [("data.sold_on", message_problems._DATE)]),
        (ORDERS, but(order(), discout="1.00"), [("data.discout", "não existe no contrato")]),
        (ORDERS, but(order(), mode="sim"), [("data.mode", "precisa ser um destes: contractual, avulso")]),
        (ORDERS, but(order(), items=[]), [("data.items", "precisa de pelo menos 1 item")]),
        (ORDERS, but(order(), department="x" * 61), [("data.department", "passa de 60 caracteres")]),
        (
            ORDERS,
            but(order(), items=[{"service_code": "SUP", "quantity": "1"}]),
            [("data.items.0.unit_price", "falta")],
        ),
        (SETTLEMENTS, but(receipt("1"), amount="0.00"), [("data.amount", "precisa ser maior que 0")]),
        (
            SETTLEMENTS,
            but(receipt("1"), amount=100.0),
            [("data.amount", 'precisa ser um valor em reais entre aspas, como "150.00"')],
        ),
        (
            SETTLEMENTS,
            but(receipt("1"), nosso_numero="12"),
            [("data", "bank_code e nosso_numero só valem juntos")],
        ),
        (
            SETTLEMENTS,
            but(receipt("1"), barcode="123"),
            [("data.barcode", "precisa ter 44 dígitos")],
        ),
        (SETTLEMENTS, but(receipt("1"), instalment=0), [("data.instalment", "precisa ser no mínimo 1")]),
    ],
)
def test_place_and_words(handler: Handler[Any], value: bytes | None, expected: list[tuple[str, str]]) -> None:
    assert said(handler, value) == expected


def test_many_are_counted() -> None:
    found = said(ORDERS, but(order(), items=[{}] * 500))
    assert [at for at, _ in found[:2]] == ["data.items.0.service_code", "data.items.0.quantity"]
    assert found[-1] == ("", "e mais 1.495")


def test_every_form_of_the_contracts_has_words() -> None:
    text = json.dumps([ORDER_EVENTS.json_schema(), SETTLEMENT_EVENTS.json_schema()])
    forms = {json.loads(f'"{each}"') for each in re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', text)}
    assert forms - {_MONEY, _QUANTITY, r"^0+\.00$", r"^0+(\.0+)?$"} == set(message_problems._FORMS)


def test_what_was_set_aside_before_has_no_list() -> None:
    assert message_problems.problems({}) == []
    assert message_problems.together({}) == ""


def test_a_field_nobody_knows_is_told_without_what_identifies_a_person() -> None:
    for name, shown in (
        ("maria@exemplo.com.br 529.982.247-25", "[e-mail] [CPF]"),
        ("x maria.aparecida.de.souza.e.silva.neto@exemplo.com.br", "x [e-mail]"),
        ("Cliente Maria da Silva Souza 529.982.247-25", "Cliente Maria da Silva Souza [CPF]"),
    ):
        message = incoming(but(order(), **{name: "1"}))
        with pytest.raises(PoisonMessageError) as poison:
            ORDERS.decode(message)
        reason = Reason.poison(str(poison.value), poison.value.problems)
        assert reason.details["problems"] == [[f"data.{shown}", "extra_forbidden", ""]]
        assert reason.text.startswith(f"data.{shown}: ")
