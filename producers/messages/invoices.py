"""billing.invoices.v1: each fact of an invoice as a public message."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from producers.messages import invoice_payloads as payloads
from producers.messages.mapping import Data, telling

TOPIC = "billing.invoices.v1"

_SOURCES = {
    "contract_id": "contract_period",
    "sale_id": "sale_item",
    "invoice_id": "renegotiated_instalment",
}


_tells = telling(TOPIC, "invoice_id")


def _line(line: Data) -> Data:
    source = line["source"]
    return {
        "number": line["number"],
        "source": None if source is None else _source(source),
        "service_id": line["service_id"],
        "description": line["description"],
        "quantity": line["quantity"],
        "unit_price": line["unit_price"],
        "discount": line["discount"],
        "amount": line["amount"],
    }


def _source(source: Data) -> Data:
    kind = next(word for name, word in _SOURCES.items() if name in source)
    return {"type": kind, **source}


def _total(instalments: list[Data]) -> str:
    if len(instalments) == 1:
        amount: str = instalments[0]["amount"]
        return amount
    return str(sum((Decimal(each["amount"]) for each in instalments), Decimal("0.00")))


def _opened(invoice_id: UUID, state: Data) -> Data:
    return {
        "invoice_id": invoice_id,
        "customer_id": state["customer_id"],
        "account_id": state["account_id"],
        "contract_id": state["contract_id"],
        "kind": state["kind"],
        "origin": state["origin"],
        "value_type": state["value_type"],
        "payment_method": state["payment_method"],
        "documents": state["documents"],
        "competencia": state["competencia"],
        "department": state["department"],
        "late_charges": state["late_charges"],
        "amount": _total(state["instalments"]),
        "lines": [_line(line) for line in state["lines"]],
        "instalments": state["instalments"],
        "value_pending": state["value_pending"],
        "forecast": state["forecast"],
    }


def _amounts(invoice_id: UUID, state: Data) -> Data:
    return {
        "invoice_id": invoice_id,
        "lines": [_line(line) for line in state["lines"]],
        "instalments": state["instalments"],
        "amount": _total(state["instalments"]),
    }


def _repriced(invoice_id: UUID, state: Data) -> Data:
    return {
        **_amounts(invoice_id, state),
        "was_amount": state["was_amount"],
        "reason": state["reason"],
        "value_pending": state["value_pending"],
        "forecast": state["forecast"],
    }


def _paid(invoice_id: UUID, state: Data) -> Data:
    return {
        "invoice_id": invoice_id,
        "instalment": state["instalment"],
        "payment_id": state["payment_id"],
        "paid_on": state["paid_on"],
        "account_id": state["account_id"],
        "amount": state["amount"],
        "principal": state["principal"],
        "fine": state["fine"],
        "interest": state["interest"],
        "excess": state["excess"],
        "discount": state["discount"],
        "settled_amount": str(Decimal(state["principal"]) + Decimal(state["discount"])),
        "source": state["source"],
    }


MAPPINGS = (
    _tells("invoice.opened.v1", payloads.InvoiceOpenedMessage, _opened),
    _tells("invoice.line_added.v1", payloads.InvoiceLineAddedMessage, _amounts),
    _tells("invoice.definitive_value_set.v1", payloads.DefinitiveValueSetMessage, _amounts),
    _tells("invoice.installment_rescheduled.v1", payloads.InstallmentRescheduledMessage),
    _tells("invoice.installment_repriced.v1", payloads.InstallmentRepricedMessage, _repriced),
    _tells("invoice.payment_revised.v1", payloads.InvoicePaymentRevisedMessage),
    _tells("invoice.billing_requested.v1", payloads.BillingRequestedMessage),
    _tells("invoice.boleto_issued.v1", payloads.BoletoIssuedMessage),
    _tells("invoice.boleto_failed.v1", payloads.BoletoFailedMessage),
    _tells("invoice.boleto_cancelled.v1", payloads.BoletoCancelledMessage),
    _tells("invoice.pix_charge_failed.v1", payloads.PixChargeFailedMessage),
    _tells("invoice.nfse_failed.v1", payloads.NfseFailedMessage),
    _tells("invoice.documents_waived.v1", payloads.DocumentsWaivedMessage),
    _tells("invoice.billed.v1", payloads.InvoiceBilledMessage),
    _tells("invoice.installment_paid.v1", payloads.InstallmentPaidMessage, _paid),
    _tells("invoice.payment_reversed.v1", payloads.PaymentReversedMessage),
    _tells("invoice.cancelled.v1", payloads.InvoiceCancelledMessage),
)
