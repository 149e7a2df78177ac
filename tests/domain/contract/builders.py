"""Terms and contracts to start from: a plain monthly one, changed by what a test is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.contract.contract import Contract, project
from domain.contract.events import (
    AdjustmentClause,
    ContractEvent,
    InstallmentGenerated,
    Item,
    Periodicity,
    SplitPart,
    Terms,
)
from domain.values.payment import DueShift, PaymentMethod, ValueType

CONTRACT = UUID("00000000-0000-7000-8000-00000000c001")
COMPANY = UUID("00000000-0000-7000-8000-00000000e001")
CUSTOMER = UUID("00000000-0000-7000-8000-00000000d001")
ACCOUNT = UUID("00000000-0000-7000-8000-00000000a001")
OTHER_ACCOUNT = UUID("00000000-0000-7000-8000-00000000a002")
SERVICE = UUID("00000000-0000-7000-8000-000000005001")
TODAY = date(2026, 1, 1)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def item(
    unit_price: str = "100.00",
    quantity: str = "1",
    percent: str | None = None,
    amount: str | None = None,
    description: str = "Licença de software",
) -> Item:
    return Item(
        service_id=SERVICE,
        description=description,
        quantity=Decimal(quantity),
        unit_price=Decimal(unit_price),
        discount_percent=None if percent is None else Decimal(percent),
        discount_amount=None if amount is None else Decimal(amount),
    )


def terms(**changes: Any) -> Terms:
    """Monthly, recurring, open-ended, 100.00 on the first, from 1 January 2026."""
    plain: dict[str, Any] = {
        "items": (item(),),
        "gross_amount": None,
        "value_type": ValueType.RECURRING,
        "variable": False,
        "periodicity": Periodicity.MONTHLY,
        "starts_on": date(2026, 1, 1),
        "ends_on": None,
        "instalment_count": None,
        "first_due_on": date(2026, 1, 1),
        "due_day": 1,
        "due_shift": DueShift.NONE,
        "pro_rata_from": None,
        "split": (),
        "retroactive": "every_period",
        "adjustment": None,
        "payment_method": PaymentMethod.BOLETO,
        "account_id": ACCOUNT,
        "nfse": "per_instalment",
        "send_email": True,
        "fine_percent": Decimal(2),
        "interest_percent_month": Decimal(1),
        "consumer": True,
        "competencia_offset_months": 0,
        "department": None,
    }
    return Terms(**{**plain, **changes})


def due_on(day: date, **changes: Any) -> Terms:
    """Terms that start, and first fall due, on this day."""
    return terms(**{"starts_on": day, "first_due_on": day, "due_day": day.day, **changes})


def weekly(**changes: Any) -> Terms:
    return terms(**{"periodicity": Periodicity.WEEKLY, "due_day": None, **changes})


def split(count: int | None = 6, total: str = "60000.00", **changes: Any) -> Terms:
    return terms(
        **{
            "value_type": ValueType.SPLIT,
            "items": (item(total),),
            "instalment_count": count,
            **changes,
        }
    )


def percents(*parts: str) -> tuple[SplitPart, ...]:
    return tuple(SplitPart(percent=Decimal(part), amount=None) for part in parts)


def amounts(*parts: str) -> tuple[SplitPart, ...]:
    return tuple(SplitPart(percent=None, amount=Decimal(part)) for part in parts)


def clause(**changes: Any) -> AdjustmentClause:
    """IGP-M every twelve months, holding while unpublished, floored at zero."""
    plain: dict[str, Any] = {
        "index": "igpm",
        "every_months": 12,
        "when_unpublished": "hold",
        "when_negative": "floor",
        "rounded_percent": False,
        "outside_law": False,
    }
    return AdjustmentClause(**{**plain, **changes})


def signed(agreed: Terms | None = None, today: date = TODAY) -> list[ContractEvent]:
    """The facts of signing these terms."""
    return Contract.sign(CONTRACT, COMPANY, "CT-1", CUSTOMER, agreed or terms(), today, NOW)


def contract(*history: Iterable[ContractEvent]) -> Contract:
    """The state after these decisions, one after the other."""
    state = project(None, (event for decided in history for event in decided))
    assert state is not None
    return state


def after(state: Contract, *decided: Iterable[ContractEvent]) -> Contract:
    """A state some decisions later."""
    later = project(state, (event for events in decided for event in events))
    assert later is not None
    return later


def instalments(events: Iterable[ContractEvent]) -> list[InstallmentGenerated]:
    return [event for event in events if isinstance(event, InstallmentGenerated)]


def due_dates(events: Iterable[ContractEvent]) -> list[date]:
    return [event.due_on for event in instalments(events)]


def ordinals(events: Iterable[ContractEvent]) -> list[int]:
    return [event.ordinal for event in instalments(events)]


def charged(events: Iterable[ContractEvent]) -> list[str]:
    return [str(event.amount) for event in instalments(events)]
