"""The world around a chain under crashes: contracts signed and billed, a shop's orders, a bank's receipts.

What is told, and what of it is wrong on purpose, follows from a seed; the judge finds it noted here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import count
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

from kafka import KafkaProducer
from kafka.errors import KafkaError

from application.access import SYSTEM
from application.app import Lastro
from application.clock import sao_paulo_date, utc_now
from application.kafka_access import made
from consumers.contracts import orders, settlements
from domain.invoice.events import BoletoIssued
from tests.application.world import World
from tests.consumers.letters import event, order, packed, receipt

SHOP, BANK = "loja", "banco"
"""The sources that the tests' messages name."""

_CUSTOMERS = 12
_PATIENCE = 120.0
_CENT = Decimal("0.01")


@dataclass
class Receipt:
    """What the bank told of a receipt. `unknown`: it names a boleto that is not ours."""

    reference: str
    amount: Decimal
    invoice_id: UUID | None
    taken_back: bool = False


@dataclass
class Told:
    """Everything that was told."""

    receipts: dict[str, Receipt] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    """How each order of the shop is to end: open, at_once, cancelled."""
    poison: set[bytes] = field(default_factory=set)
    refused: set[bytes] = field(default_factory=set)
    sent: int = 0


type Message = tuple[str, str, bytes]
"""Topic, key, value."""


class OutsideWorld:
    """Writes to us and tells us of sales and receipts; each in a thread of its own, until `stopping`."""

    def __init__(self, lastro: Lastro, bootstrap: str, seed: str) -> None:
        self.told = Told()
        self._lastro = lastro
        self._bootstrap = bootstrap
        self._seed = seed
        self._chance = Random(f"{seed}/tell")
        self._world = World(lastro, utc_now())
        self._today = sao_paulo_date(self._world.now)
        self._customers = [f"C{number}" for number in range(len(self._world.customers))]
        for number in range(len(self._customers), _CUSTOMERS):
            self._customers.append(f"C{number}")
            self._world.customers.append(self._world.add_customer(f"C{number}", None))
        self._bills: deque[tuple[UUID, str, Decimal]] = deque()
        self._before: deque[Message] = deque(maxlen=60)
        self._producer: KafkaProducer | None = None
        self._numbers = count(1)

    def write(self, stopping: Event) -> None:
        """Sign, bill and cancel, at a pace that two cores keep up with."""
        chance = Random(f"{self._seed}/write")
        while not stopping.is_set():
            self._sign_and_bill(chance)
            stopping.wait(chance.uniform(0.1, 0.8))

    def tell(self, stopping: Event) -> None:
        """Send what was sold and paid, beside it."""
        try:
            while not stopping.is_set():
                self._send([each for _ in range(self._chance.randint(2, 12)) for each in self._something()])
                stopping.wait(self._chance.uniform(0.1, 0.8))
        finally:
            self._forget_producer()

    # Ours

    def _sign_and_bill(self, chance: Random) -> None:
        due = self._today + timedelta(days=chance.randint(5, 25))
        price = str(Decimal(chance.randint(1000, 90000)) / 100)
        invoices = self._world.sign(
            f"S-{next(self._numbers)}",
            chance.randrange(_CUSTOMERS),
            items=(self._world.item(price=price),),
            starts_on=self._today.replace(day=1),
            first_due_on=due,
            due_day=due.day,
            instalment_count=chance.randint(1, 3),
        )
        self._world.commands.invoices.bill_now(SYSTEM, invoices)
        boletos = self._lastro.opened(self._lastro.read_streams(invoices, [BoletoIssued.TOPIC]))
        for boleto in boletos:
            assert isinstance(boleto, BoletoIssued)
            self._bills.append((boleto.originator_id, boleto.linha_digitavel, boleto.amount))
        if len(self._bills) > 20 and chance.random() < 0.3:
            cancelled, _, _ = self._bills.pop()
            self._world.commands.invoices.cancel(SYSTEM, cancelled, "engano", frees_period=False)

    # Told to us

    def _something(self) -> list[Message]:
        kinds = {
            self._receipt: 10,
            self._reversed: 3,
            self._unknown: 2,
            self._order: 6,
            self._cancelled: 2,
            self._again: 4,
            self._unreadable: 1,
            self._refused: 1,
        }
        (make,) = self._chance.choices(list(kinds), list(kinds.values()))
        told = make()
        self._before.extend(told)
        return told

    def _receipt(self) -> list[Message]:
        return [message] if (message := self._payment()) else []

    def _payment(self) -> Message | None:
        """In full, in part (the rest may follow) or over; by invoice or by what stands on the boleto."""
        if not self._bills:
            return None
        invoice, linha, amount = self._bills.popleft()
        part = self._chance.choice((Decimal(1), Decimal(1), Decimal("0.4"), Decimal("1.1")))
        paid = max((amount * part).quantize(_CENT, ROUND_DOWN), _CENT)
        if part < 1 and self._chance.random() < 0.5:
            self._bills.append((invoice, linha, amount))
        by_boleto = self._chance.random() < 0.5
        named = {"linha_digitavel": linha} if by_boleto else {"invoice_id": str(invoice)}
        return self._told_receipt(paid, invoice, named)

    def _told_receipt(self, amount: Decimal, invoice: UUID | None, named: dict[str, Any]) -> Message:
        number = f"R-{next(self._numbers)}"
        self.told.receipts[number] = Receipt(number, amount, invoice)
        value = packed(receipt(number, str(amount), paid_on=self._today.isoformat(), **named))
        return settlements.TOPIC, f"{BANK}/{number}", value

    def _reversed(self) -> list[Message]:
        """The reversal comes after its receipt, or before."""
        message = self._payment()
        if message is None:
            return []
        number = message[1].partition("/")[2]
        self.told.receipts[number].taken_back = True
        data = {"source": BANK, "settlement_id": number, "reason": "devolvido"}
        value = packed(event(settlements.REVERSED, f"reversed-{number}", data))
        both = [message, (settlements.TOPIC, message[1], value)]
        return both if self._chance.random() < 0.7 else both[::-1]

    def _unknown(self) -> list[Message]:
        named = {"bank_code": "341", "nosso_numero": str(self._chance.randint(90_000_000, 99_999_999))}
        return [self._told_receipt(Decimal("77.10"), None, named)]

    def _order(self, end: str = "") -> list[Message]:
        number = f"O-{next(self._numbers)}"
        end = end or self._chance.choice(("open", "at_once"))
        self.told.orders[number] = end
        return [self._placed(number, emits_documents=end != "at_once")]

    def _placed(self, number: str, **changes: Any) -> Message:
        given = {
            "sold_on": self._today.isoformat(),
            "due_on": (self._today + timedelta(days=9)).isoformat(),
            "mode": self._chance.choice(("contractual", "avulso")),
        }
        value = packed(order(number, self._chance.choice(self._customers), **given, **changes))
        return orders.TOPIC, f"{SHOP}/{number}", value

    def _cancelled(self) -> list[Message]:
        (placed,) = self._order("cancelled")
        number = placed[1].partition("/")[2]
        data = {"source": SHOP, "order": number, "company_code": "ACME", "reason": "desistência"}
        return [
            placed,
            (orders.TOPIC, placed[1], packed(event(orders.CANCELLED, f"cancelled-{number}", data))),
        ]

    def _again(self) -> list[Message]:
        return [self._chance.choice(list(self._before))] if self._before else []

    def _unreadable(self) -> list[Message]:
        """Half of a message, as unlike every other as the whole one."""
        topic, key, value = self._chance.choice((self._refusable(), self._unregistered()))
        half = value[: len(value) // 2]
        self.told.poison.add(half)
        return [(topic, key, half)]

    def _refused(self) -> list[Message]:
        """Understood, and of something that is not registered."""
        message = self._refusable()
        self.told.refused.add(message[2])
        return [message]

    def _refusable(self) -> Message:
        items = [{"service_code": "BRINDE", "quantity": "1", "unit_price": "9.90"}]
        return self._placed(f"X-{next(self._numbers)}", items=items)

    def _unregistered(self) -> Message:
        number = f"Y-{next(self._numbers)}"
        return settlements.TOPIC, f"{BANK}/{number}", packed(receipt(number))

    def _send(self, messages: Sequence[Message]) -> None:
        """Until the broker has all of them: what it may not have is sent once more, in the same order."""
        deadline = time.monotonic() + _PATIENCE
        while messages:
            try:
                self._sent(messages)
                self.told.sent += len(messages)
                break
            except KafkaError:
                assert time.monotonic() < deadline, "the broker takes no message"
                self._forget_producer()

    def _sent(self, messages: Sequence[Message]) -> None:
        self._producer = self._producer or made(
            KafkaProducer,
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            delivery_timeout_ms=10_000,
            request_timeout_ms=3_000,
            max_block_ms=10_000,
        )
        under_way = [self._producer.send(topic, value, key.encode()) for topic, key, value in messages]
        for each in under_way:
            each.get(timeout=15)

    def _forget_producer(self) -> None:
        """One whose batches have expired does not always recover from a killed broker."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=1)
