"""How a charge is paid, and the documents that a charge may carry."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethod(StrEnum):
    """Forma de pagamento (F142). Only boleto and pix make a charge document (F143)."""

    BOLETO = "boleto"
    PIX = "pix"
    BANK_TRANSFER = "bank_transfer"
    CREDIT_CARD = "credit_card"
    DEBIT_CARD = "debit_card"
    DIRECT_DEBIT = "direct_debit"
    CHEQUE = "cheque"
    CASH = "cash"
    PAYROLL_DEDUCTION = "payroll_deduction"
    OTHER = "other"


class Document(StrEnum):
    """A document of an invoice, each with a state of its own (V12)."""

    BOLETO = "boleto"
    PIX = "pix"
    NFSE = "nfse"
    PDF = "pdf"
    EMAIL = "email"


class DocumentState(StrEnum):
    """V12: where one document of an invoice stands."""

    NOT_WANTED = "not_wanted"
    WAITING = "waiting"
    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ValueType(StrEnum):
    """Tipo de valor (F22, F128): recurring is Recorrente, split is Parcelado."""

    RECURRING = "recurring"
    SPLIT = "split"


class DueShift(StrEnum):
    """V8: what a contract does with a due date that is not a bank day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"
