"""What an invoice remembers of its facts, and what follows from it: no more than decisions need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from domain.invoice.errors import InstalmentUnknownError
from domain.invoice.events import Instalment, LateCharges, Line
from domain.invoice.situacao import (
    InstalmentStatus,
    Situacao,
    Standing,
    instalment_statuses,
    situacao,
)
from domain.kernel import Aggregate
from domain.late_charges import ZERO, Abatement
from domain.values.payment import Document, DocumentState, PaymentMethod

type PaymentSource = Literal["manual", "bank_file", "settlement", "reconciliation"]
"""How a receipt became known, as in InstallmentPaid."""

CHARGES = frozenset({Document.BOLETO, Document.PIX})
"""The documents by which money is asked for: made only while something is open."""


@dataclass(frozen=True, slots=True)
class ValidBoleto:
    """A boleto that can be paid, and the instalment it charges."""

    instalment: int
    nosso_numero: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that arrived and was not taken back, as it was imputed."""

    instalment: int
    payment_id: UUID
    paid_on: date
    amount: Decimal
    principal: Decimal
    fine: Decimal
    interest: Decimal
    discount: Decimal
    source: PaymentSource

    @property
    def abated(self) -> Decimal:
        return self.principal + self.discount


class InvoiceState(Aggregate):
    """`documents` are those still wanted, `asked` those a billing has asked for, `failed` is within both.

    `without_boleto` names the instalments whose boleto was cancelled and not made again. `waived`
    keeps a person's *não gerar* over later revisions of the contract.
    """

    customer_id: UUID
    account_id: UUID
    kind: Literal["billing", "renegotiation"]
    contract_id: UUID | None
    payment_method: PaymentMethod
    documents: tuple[Document, ...]
    late_charges: LateCharges
    lines: tuple[Line, ...]
    instalments: tuple[Instalment, ...]
    value_pending: bool
    forecast: bool
    definitive: bool = False
    asked: frozenset[Document] = frozenset()
    failed: frozenset[Document] = frozenset()
    waived: frozenset[Document] = frozenset()
    boletos: tuple[ValidBoleto, ...] = ()
    without_boleto: frozenset[int] = frozenset()
    billed: bool = False
    cancelled: bool = False
    receipts: tuple[Receipt, ...] = ()
    reversed_ids: frozenset[UUID] = frozenset()

    @property
    def amount(self) -> Decimal:
        """The invoice's total."""
        return sum((each.amount for each in self.instalments), ZERO)

    def instalment(self, number: int) -> Instalment:
        """One instalment; raises InstalmentUnknownError."""
        for each in self.instalments:
            if each.number == number:
                return each
        raise InstalmentUnknownError(instalment=number)

    def receipts_of(self, number: int) -> tuple[Receipt, ...]:
        """The receipts kept for one instalment, in the order they became known."""
        return tuple(each for each in self.receipts if each.instalment == number)

    def abatements(self, number: int) -> tuple[Abatement, ...]:
        """The principal of one instalment that is no longer owed, and since when."""
        return tuple(Abatement(each.paid_on, each.abated) for each in self.receipts_of(number))

    def open_principal(self, instalment: Instalment) -> Decimal:
        """What is still owed of an instalment's amount, charges apart; never below zero."""
        if self.cancelled:
            return ZERO
        if not self.receipts:
            return instalment.amount
        return instalment.amount - sum(
            (each.abated for each in self.receipts if each.instalment == instalment.number), ZERO
        )

    @property
    def balance(self) -> Decimal:
        """What is still owed of the invoice, charges apart."""
        return sum((self.open_principal(each) for each in self.instalments), ZERO)

    def boletos_needed(self) -> tuple[Instalment, ...]:
        """The instalments that a billing must number now, each with its open amount.

        Those that want a boleto, owe something and have no valid one: what failed, what was
        cancelled and what was never made (V12).
        """
        if Document.BOLETO not in self.documents:
            return ()
        valid = {each.instalment for each in self.boletos}
        owed = ((each, self.open_principal(each)) for each in self.instalments if each.number not in valid)
        return tuple(
            each if amount == each.amount else each.model_copy(update={"amount": amount})
            for each, amount in owed
            if amount > 0
        )

    def documents_to_make(self) -> tuple[Document, ...]:
        """What a billing would ask for now: only what failed or is missing (V12)."""
        return tuple(each for each in self.documents if each in self.failed or self._missing(each))

    def _missing(self, document: Document) -> bool:
        if document is Document.BOLETO:
            return bool(self.boletos_needed())
        if document in self.asked:
            return False
        return document not in CHARGES or self.balance > 0

    def document_states(self) -> dict[Document, DocumentState]:
        """V12, for every kind of document.

        A boleto numbered by us is `requested`: only the bank's acceptance makes it done. What was
        asked for and waits for its gateway stays `waiting`.
        """
        return {each: self._state_of(each) for each in Document}

    def _state_of(self, document: Document) -> DocumentState:
        if document in self.failed:
            return DocumentState.FAILED
        if document is Document.BOLETO:
            return self._boleto_state()
        if document not in self.documents:
            return DocumentState.NOT_WANTED
        if document in self.asked or self._missing(document):
            return DocumentState.WAITING
        return DocumentState.NOT_WANTED

    def _boleto_state(self) -> DocumentState:
        needed = {each.number for each in self.boletos_needed()}
        if needed:
            again = needed <= self.without_boleto
            return DocumentState.CANCELLED if again else DocumentState.WAITING
        if self.boletos:
            return DocumentState.REQUESTED
        return DocumentState.CANCELLED if self.without_boleto else DocumentState.NOT_WANTED

    def situacao(self) -> Situacao:
        """V18. `failed` is a subset of the documents still wanted, so a waived one fails no more."""
        return situacao(
            cancelled=self.cancelled,
            value_pending=self.value_pending,
            billed=self.billed,
            documents=(DocumentState.FAILED,) if self.failed else (),
        )

    def instalment_statuses(self, today: date) -> frozenset[InstalmentStatus]:
        """Every predicate of *Situação Parcela* that holds today (V3); none on a cancelled invoice."""
        if self.cancelled:
            return frozenset()
        standings = (
            Standing(each.amount, self.open_principal(each), each.payable_until) for each in self.instalments
        )
        return instalment_statuses(standings, today)
