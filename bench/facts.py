"""Realistic facts for benchmarks: a boleto of an invoice, the commonest fact of a billing day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from application.event_store.context import Context
from application.ids import new_id
from domain.invoice.events import InstallmentPaid
from domain.kernel import DomainEvent

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
COMPANY = UUID("01942f5e-0000-7000-8000-000000000001")
ACCOUNT = UUID("01942f5e-0000-7000-8000-000000000002")


def context() -> Context:
    """One command's worth."""
    return Context("bench", new_id())


def paid(stream: UUID, version: int = 1) -> DomainEvent:
    """A receipt: no personal data, so that both recorders store the same."""
    return InstallmentPaid(
        originator_id=stream,
        originator_version=version,
        occurred_at=NOW,
        company_id=COMPANY,
        instalment=1,
        payment_id=stream,
        paid_on=date(2026, 3, 2),
        account_id=ACCOUNT,
        amount=Decimal("151.50"),
        principal=Decimal("148.35"),
        fine=Decimal("3.00"),
        interest=Decimal("0.15"),
        discount=Decimal("0.00"),
        excess=Decimal("0.00"),
    )
