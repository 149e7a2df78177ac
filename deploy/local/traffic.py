"""The world outside a demo: a shop that sells and a bank that tells of receipts, some of it wrong.

No clock, no broker and no database here: the same portfolio, seed and start give the same messages.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

ORDERS = "sales.orders.v1"
SETTLEMENTS = "payments.settlements.v1"
SHOP = "loja-demo"
BANK = "banco-demo"

_CENT = Decimal("0.01")
_PLACED, _CANCELLED = "sales.order_placed.v1", "sales.order_cancelled.v1"
_RECEIVED, _REVERSED = "payments.settlement_received.v1", "payments.settlement_reversed.v1"
_TYPES = {
    _PLACED: (ORDERS, "order"),
    _CANCELLED: (ORDERS, "order"),
    _RECEIVED: (SETTLEMENTS, "settlement_id"),
    _REVERSED: (SETTLEMENTS, "settlement_id"),
}
"""Where each is told, and which of its fields is its number."""


@dataclass(frozen=True)
class Buyer:
    """A customer of a company, who has a contract with it."""

    company: str
    customer_id: UUID


@dataclass(frozen=True)
class Ware:
    """What a company sells."""

    company: str
    code: str
    price: Decimal


@dataclass(frozen=True)
class Bill:
    """A billed boleto of which nothing is paid, and what it costs to pay it today."""

    company: str
    invoice_id: UUID
    linha_digitavel: str
    amount: Decimal
    payer: str
    document: str


@dataclass(frozen=True)
class Portfolio:
    """What the world knows of us. `bills` looks for boletos that are open now; there may be none."""

    buyers: Sequence[Buyer]
    wares: Sequence[Ware]
    tills: Mapping[str, str]
    """The account for cash of each company that has one."""
    bills: Callable[[], Sequence[Bill]]


@dataclass(frozen=True)
class Telling:
    """One message of the world. `what` names it for the log."""

    what: str
    topic: str
    key: bytes
    value: bytes


class World:
    """Tells one thing after the other: one of each kind as soon as it can be, then by how often each happens.

    `run` keeps the numbers of this run apart from those of earlier ones.
    """

    def __init__(self, portfolio: Portfolio, run: str, seed: int) -> None:
        if not portfolio.buyers or not portfolio.wares:
            raise ValueError("nobody to sell to, or nothing to sell")
        self._portfolio = portfolio
        self._run = run
        self._chance = random.Random(seed)  # noqa: S311  repeatable, not secret
        self._wares: dict[str, list[Ware]] = {}
        for ware in portfolio.wares:
            self._wares.setdefault(ware.company, []).append(ware)
        self._count = 0
        self._bills: deque[Bill] = deque()
        self._billed: set[UUID] = set()
        self._placed: deque[Telling] = deque(maxlen=20)
        self._received: deque[Telling] = deque(maxlen=20)
        self._first = deque(self._kinds())

    def next(self, now: datetime, today: date) -> Telling:
        """What happens now. A receipt for which no boleto is open is an order instead."""
        self._count += 1
        self._now, self._today = now, today
        kinds = self._kinds()
        for chosen in list(self._first):
            told = kinds[chosen][1](chosen)
            if told is not None:
                self._first.remove(chosen)
                return told
        chosen = self._chance.choices(list(kinds), [weight for weight, _ in kinds.values()])[0]
        return kinds[chosen][1](chosen) or self._order(chosen)

    def _kinds(self) -> dict[str, tuple[int, Callable[[str], Telling | None]]]:
        return {
            "order_contractual": (30, self._order),
            "receipt_full": (25, lambda what: self._receipt(what, Decimal(1))),
            "order_avulso": (12, lambda what: self._order(what, mode="avulso")),
            "order_without_documents": (4, self._cash_order),
            "receipt_part": (6, lambda what: self._receipt(what, Decimal("0.4"))),
            "receipt_over": (4, lambda what: self._receipt(what, Decimal("1.1"))),
            "receipt_unknown": (3, self._unknown_receipt),
            "receipt_unnamed": (4, self._unnamed_receipt),
            "receipt_reversed": (3, self._reversal),
            "order_cancelled": (3, self._cancellation),
            "order_repeated": (3, lambda what: self._again(what, self._placed)),
            "receipt_repeated": (3, lambda what: self._again(what, self._received)),
            "order_of_unknown_service": (1, self._misnamed),
            "order_with_binary_money": (1, self._binary_money),
            "receipt_cut_off": (1, self._cut_off),
        }

    def _order(self, what: str, *, mode: str = "contractual", **more: Any) -> Telling:
        buyer = self._chance.choice(self._portfolio.buyers)
        wares = self._wares.get(buyer.company) or list(self._portfolio.wares)
        data = self._order_data(buyer, wares, mode) | more
        told = self._told(what, _PLACED, data)
        self._placed.append(told)
        return told

    def _order_data(self, buyer: Buyer, wares: Sequence[Ware], mode: str) -> dict[str, Any]:
        sold = self._chance.sample(wares, k=min(len(wares), self._chance.choice((1, 1, 2))))
        return {
            "source": SHOP,
            "order": self._number(),
            "company_code": buyer.company,
            "customer_id": str(buyer.customer_id),
            "sold_on": self._today.isoformat(),
            "due_on": (self._today + timedelta(days=self._chance.randint(5, 25))).isoformat(),
            "mode": mode,
            "payment_method": "boleto",
            "items": [self._item(ware) for ware in sold],
        }

    def _item(self, ware: Ware) -> dict[str, Any]:
        item = {
            "service_code": ware.code,
            "quantity": str(self._chance.choice((1, 1, 2, 3))),
            "unit_price": str(ware.price),
        }
        return item | ({"discount": "10.00"} if ware.price > 50 and self._chance.random() < 0.2 else {})

    def _cash_order(self, what: str) -> Telling | None:
        """Owed at once and paid at the till: no boleto, no nota."""
        at_till = [each for each in self._portfolio.buyers if each.company in self._portfolio.tills]
        if not at_till:
            return None
        buyer = self._chance.choice(at_till)
        data = self._order_data(buyer, self._wares[buyer.company], "avulso")
        data |= {"payment_method": "cash", "emits_documents": False}
        data["account_code"] = self._portfolio.tills[buyer.company]
        return self._told(what, _PLACED, data)

    def _cancellation(self, what: str) -> Telling | None:
        if not self._placed:
            return None
        placed = json.loads(self._placed.popleft().value)["data"]
        data = {name: placed[name] for name in ("source", "order", "company_code")}
        data["reason"] = "desistência do cliente"
        return self._told(what, _CANCELLED, data)

    def _misnamed(self, what: str) -> Telling:
        """Understood, and refused: what was sold is not registered."""
        buyer = self._chance.choice(self._portfolio.buyers)
        data = self._order_data(buyer, [Ware(buyer.company, "BRINDE", Decimal("19.90"))], "contractual")
        return self._told(what, _PLACED, data)

    def _binary_money(self, what: str) -> Telling:
        """Poison: money as a binary number, which the contract refuses."""
        buyer = self._chance.choice(self._portfolio.buyers)
        data = self._order_data(buyer, self._wares.get(buyer.company) or self._portfolio.wares, "contractual")
        data["items"][0]["unit_price"] = float(data["items"][0]["unit_price"])
        return self._told(what, _PLACED, data)

    def _receipt(self, what: str, part: Decimal) -> Telling | None:
        bill = self._open_bill()
        if bill is None:
            return None
        amount = (bill.amount * part).quantize(_CENT, ROUND_DOWN)
        data = self._receipt_data(amount) | {"company_code": bill.company}
        if self._chance.random() < 0.5:
            data["linha_digitavel"] = bill.linha_digitavel
        else:
            data["invoice_id"] = str(bill.invoice_id)
        told = self._told(what, _RECEIVED, data)
        self._received.append(told)
        return told

    def _receipt_data(self, amount: Decimal) -> dict[str, Any]:
        return {
            "source": BANK,
            "settlement_id": self._number(),
            "amount": str(max(amount, _CENT)),
            "paid_on": self._today.isoformat(),
            "credited_on": self._today.isoformat(),
            "payment_method": "boleto",
        }

    def _unknown_receipt(self, what: str) -> Telling:
        """Money that names a boleto which is not ours; a person has who paid to find out."""
        data = self._receipt_data(Decimal(self._chance.randint(5000, 90000)) / 100)
        data |= {"bank_code": "341", "nosso_numero": str(self._chance.randint(90_000_000, 99_999_999))}
        data["payer"] = {"name": f"Pagador de Teste {self._count}", "text": "TED mensalidade"}
        return self._told(what, _RECEIVED, data)

    def _unnamed_receipt(self, what: str) -> Telling | None:
        """Paid by transfer: it names no boleto, but a person finds whose debt it is by payer and amount."""
        bill = self._open_bill()
        if bill is None:
            return None
        data = self._receipt_data(bill.amount) | {
            "payment_method": "bank_transfer",
            "company_code": bill.company,
        }
        payer = {"name": bill.payer, "document": bill.document, "text": "TED"}
        data["payer"] = {name: value for name, value in payer.items() if value}
        return self._told(what, _RECEIVED, data)

    def _reversal(self, what: str) -> Telling | None:
        if not self._received:
            return None
        received = json.loads(self._received.popleft().value)["data"]
        data = {name: received[name] for name in ("source", "settlement_id", "amount")}
        data |= {"reversed_on": self._today.isoformat(), "reason": "devolvido pelo banco"}
        return self._told(what, _REVERSED, data)

    def _cut_off(self, what: str) -> Telling:
        """Poison: a message of which half arrived."""
        whole = self._unknown_receipt(what)
        return Telling(what, whole.topic, whole.key, whole.value[: len(whole.value) // 2])

    def _again(self, what: str, told: Sequence[Telling]) -> Telling | None:
        """The same message a second time, which is to change nothing."""
        if not told:
            return None
        once = self._chance.choice(told)
        return Telling(what, once.topic, once.key, once.value)

    def _open_bill(self) -> Bill | None:
        if not self._bills:
            found = [each for each in self._portfolio.bills() if each.invoice_id not in self._billed]
            self._chance.shuffle(found)
            self._bills.extend(found)
        if not self._bills:
            return None
        bill = self._bills.popleft()
        self._billed.add(bill.invoice_id)
        return bill

    def _number(self) -> str:
        return f"{self._run}-{self._count}"

    def _told(self, what: str, message_type: str, data: dict[str, Any]) -> Telling:
        topic, number = _TYPES[message_type]
        source = data["source"]
        event = {
            "specversion": "1.0",
            "id": f"{source}/{self._run}/{self._count}",
            "source": f"urn:{source}",
            "type": message_type,
            "subject": data[number],
            "time": self._now.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": data,
        }
        return Telling(what, topic, f"{source}/{data[number]}".encode(), json.dumps(event).encode())
