"""receivables: one row per instalment of an invoice with what is open of it, and every boleto."""

from __future__ import annotations

from domain.invoice.events import (
    BillingRequested,
    BoletoCancelled,
    BoletoFailed,
    BoletoIssued,
    DefinitiveValueSet,
    DocumentsWaived,
    InstallmentPaid,
    InstallmentRepriced,
    InstallmentRescheduled,
    InvoiceCancelled,
    InvoiceLineAdded,
    InvoiceOpened,
    InvoicePaymentRevised,
    PaymentReversed,
)
from projections.projection import Projection, sql_file

_FACTS = (
    InvoiceOpened,
    InvoiceLineAdded,
    DefinitiveValueSet,
    InstallmentRescheduled,
    InstallmentRepriced,
    InvoicePaymentRevised,
    BillingRequested,
    BoletoIssued,
    BoletoFailed,
    BoletoCancelled,
    DocumentsWaived,
    InstallmentPaid,
    PaymentReversed,
    InvoiceCancelled,
)

RECEIVABLES = Projection(
    name="receivables",
    version=1,
    topics=tuple(fact.TOPIC for fact in _FACTS),
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    tables=("receivable_boletos",),
    by_stream=True,
)
