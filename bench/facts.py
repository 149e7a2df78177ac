"""A realistic fact for benchmarks of the event store."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from application.event_store.context import Context
from application.ids import new_id
from domain.invoice.events import BillingRequested
from domain.kernel import DomainEvent
from domain.values.payment import Document

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
COMPANY = UUID("01942f5e-0000-7000-8000-000000000001")
RUN = UUID("01942f5e-0000-7000-8000-000000000002")


def context() -> Context:
    """One command's worth."""
    return Context("bench", new_id())


def requested(stream: UUID) -> DomainEvent:
    """The commonest fact of a billing day; no personal data, so that both recorders store the same."""
    return BillingRequested(
        originator_id=stream,
        originator_version=1,
        occurred_at=NOW,
        company_id=COMPANY,
        documents=(Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL),
        requested_by="batch",
        run_id=RUN,
    )
