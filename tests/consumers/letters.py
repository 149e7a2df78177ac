"""Messages that were set aside, as a consumer leaves them, for tests without a broker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from application.clock import utc_now
from application.database import Database
from application.incoming.dead_letters import Reason, SetAside, write
from application.incoming.positions import PauseReason, Place, Seen, Standing, move, note, take_up
from application.incoming.raw import MessageSeal, RawMessage
from consumers.contracts import orders, settlements
from domain.kernel import DomainError

TOPIC_ID = UUID("0b54ac95-8dab-409c-86e2-49a82d82f1ac")


def order(number: str = "1001", customer: str = "C0", **changes: Any) -> dict[str, Any]:
    """An order of the tests' shop, as a message."""
    data: dict[str, Any] = {
        "source": "loja",
        "order": number,
        "company_code": "ACME",
        "customer_code": customer,
        "account_code": "ITAU",
        "sold_on": "2026-03-02",
        "due_on": "2026-03-10",
        "mode": "contractual",
        "payment_method": "boleto",
        "items": [{"service_code": "SUP", "quantity": "1", "unit_price": "100.00"}],
    }
    return event(orders.PLACED, f"placed-{number}", data | changes)


def receipt(number: str, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
    """A receipt, as a message."""
    data = {"source": "banco", "settlement_id": number, "amount": amount, "paid_on": "2026-03-02"}
    return event(settlements.RECEIVED, f"receipt-{number}", data | changes)


def event(kind: str, id: str, data: dict[str, Any]) -> dict[str, Any]:
    """The envelope around it."""
    return {"specversion": "1.0", "id": id, "source": "/tests", "type": kind, "data": data}


def packed(message: dict[str, Any]) -> bytes:
    """As it is sent."""
    return orjson.dumps(message)


def set_aside(
    database: Database,
    seal: MessageSeal,
    value: bytes,
    why: DomainError | str,
    *,
    topic: str = orders.TOPIC,
    offset: int = 0,
    source_id: str | None = None,
    key: bytes | None = None,
) -> UUID:
    """Leave a message as its consumer would."""
    place = Place(orders.GROUP if topic == orders.TOPIC else settlements.GROUP, topic, 0)
    reason = Reason.poison(why) if isinstance(why, str) else Reason.refused(why)
    letter = SetAside(place, offset, TOPIC_ID, RawMessage(key, (), value), utc_now(), source_id, reason)
    with database.connection() as connection:
        write(connection, seal, [letter], utc_now())
    return letter.id


def read_up_to(
    database: Database,
    place: Place,
    offset: int,
    end: int,
    paused: tuple[PauseReason, str] | None = None,
) -> None:
    """Leave a partition as its consumer would."""
    with database.connection() as connection:
        stored = take_up(connection, place)
        move(connection, place, stored.next_offset, Standing(offset, TOPIC_ID, 0), utc_now())
        reason, detail = paused or (None, None)
        seen = Seen("vm:1", end, reason, detail, utc_now() if paused else None, 3 if paused else 0)
        note(connection, place, seen, utc_now())
