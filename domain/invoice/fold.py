"""What each fact changes in the state of an invoice; a fold refuses nothing."""

from __future__ import annotations

from typing import Any, assert_never

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
    Instalment,
    InvoiceBilled,
    InvoiceCancelled,
    InvoiceLineAdded,
    InvoiceOpened,
    InvoicePaymentRevised,
    NfseFailed,
    PaymentReversed,
    PixChargeFailed,
)
from domain.invoice.state import CHARGES, InvoiceState, Receipt, ValidBoleto
from domain.values.payment import Document

type Changes = dict[str, Any]

type _Document = (
    BillingRequested
    | BoletoIssued
    | BoletoFailed
    | BoletoCancelled
    | PixChargeFailed
    | NfseFailed
    | DocumentsWaived
    | InvoicePaymentRevised
)
type _Amount = InvoiceLineAdded | DefinitiveValueSet | InstallmentRescheduled | InstallmentRepriced
type _Fate = InvoiceBilled | InstallmentPaid | PaymentReversed | InvoiceCancelled


def opened(event: InvoiceOpened) -> Changes:
    """The state of a new invoice."""
    return {
        "id": event.originator_id,
        "version": event.originator_version,
        "company_id": event.company_id,
        "customer_id": event.customer_id,
        "account_id": event.account_id,
        "kind": event.kind,
        "contract_id": event.contract_id,
        "payment_method": event.payment_method,
        "documents": event.documents,
        "late_charges": event.late_charges,
        "lines": event.lines,
        "instalments": event.instalments,
        "value_pending": event.value_pending,
        "forecast": event.forecast,
    }


def changes(invoice: InvoiceState, event: _Document | _Amount | _Fate) -> Changes:
    """What differs after any later fact."""
    match event:
        case InvoiceBilled() | InstallmentPaid() | PaymentReversed() | InvoiceCancelled():
            return _fate(invoice, event)
        case InvoiceLineAdded() | DefinitiveValueSet() | InstallmentRescheduled() | InstallmentRepriced():
            return _amount(invoice, event)
        case _:
            return _document(invoice, event)


def _document(invoice: InvoiceState, event: _Document) -> Changes:
    match event:
        case BillingRequested():
            return {
                "asked": invoice.asked.union(event.documents),
                "failed": invoice.failed.difference(event.documents),
            }
        case BoletoIssued():
            return {
                "boletos": (*invoice.boletos, ValidBoleto(event.instalment, event.nosso_numero)),
                "without_boleto": invoice.without_boleto - {event.instalment},
            }
        case BoletoCancelled():
            return {
                "boletos": tuple(each for each in invoice.boletos if each.instalment != event.instalment),
                "without_boleto": invoice.without_boleto | {event.instalment},
            }
        case BoletoFailed():
            return _failed(invoice, Document.BOLETO)
        case PixChargeFailed():
            return _failed(invoice, Document.PIX)
        case NfseFailed():
            return _failed(invoice, Document.NFSE)
        case DocumentsWaived():
            return _waived(invoice, event)
        case InvoicePaymentRevised():
            return _payment_revised(invoice, event)
        case _:
            assert_never(event)


def _failed(invoice: InvoiceState, document: Document) -> Changes:
    """A document that was waived meanwhile fails no more."""
    if document not in invoice.documents:
        return {}
    return {"failed": invoice.failed | {document}}


def _waived(invoice: InvoiceState, event: DocumentsWaived) -> Changes:
    return {
        "documents": tuple(each for each in invoice.documents if each not in event.documents),
        "failed": invoice.failed.difference(event.documents),
        "waived": invoice.waived.union(event.documents),
    }


def _payment_revised(invoice: InvoiceState, event: InvoicePaymentRevised) -> Changes:
    """A charge asked for under the old method or account is to be asked for again."""
    return {
        "payment_method": event.payment_method,
        "account_id": event.account_id,
        "documents": event.documents,
        "late_charges": event.late_charges,
        "asked": invoice.asked - CHARGES,
        "failed": (invoice.failed - CHARGES).intersection(event.documents),
        "waived": invoice.waived.difference(event.documents),
    }


def _amount(invoice: InvoiceState, event: _Amount) -> Changes:
    match event:
        case InvoiceLineAdded():
            return {"lines": (*invoice.lines, *event.lines), "instalments": event.instalments}
        case DefinitiveValueSet():
            return {
                "lines": event.lines,
                "instalments": event.instalments,
                "value_pending": False,
                "forecast": False,
                "definitive": True,
            }
        case InstallmentRescheduled():
            return {"instalments": _rescheduled(invoice, event)}
        case InstallmentRepriced():
            return {
                "lines": event.lines,
                "instalments": event.instalments,
                "value_pending": event.value_pending,
                "forecast": event.forecast,
            }
        case _:
            assert_never(event)


def _rescheduled(invoice: InvoiceState, event: InstallmentRescheduled) -> tuple[Instalment, ...]:
    moved = {"due_on": event.due_on, "payable_until": event.payable_until}
    return tuple(
        each.model_copy(update=moved) if each.number == event.instalment else each
        for each in invoice.instalments
    )


def _fate(invoice: InvoiceState, event: _Fate) -> Changes:
    match event:
        case InvoiceBilled():
            return {"billed": True}
        case InstallmentPaid():
            return {"receipts": (*invoice.receipts, _receipt(event))}
        case PaymentReversed():
            kept = tuple(each for each in invoice.receipts if each.payment_id != event.payment_id)
            return {"receipts": kept, "reversed_ids": invoice.reversed_ids | {event.payment_id}}
        case InvoiceCancelled():
            return {
                "cancelled": True,
                "documents": (),
                "failed": frozenset(),
                "value_pending": False,
            }
        case _:
            assert_never(event)


def _receipt(event: InstallmentPaid) -> Receipt:
    return Receipt(
        instalment=event.instalment,
        payment_id=event.payment_id,
        paid_on=event.paid_on,
        amount=event.amount,
        principal=event.principal,
        fine=event.fine,
        interest=event.interest,
        discount=event.discount,
        source=event.source,
    )
