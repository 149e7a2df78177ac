"""Invoice (fatura): born Pendente, billed document by document, paid, or cancelled; never owed twice."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypedDict, Unpack
from uuid import UUID

from domain.calendar import CALENDAR_VERSION, payable_until
from domain.invoice import amounts, billing, fold, payments
from domain.invoice.billing import BillingInputs
from domain.invoice.errors import (
    BoletoNotIssuedError,
    BoletoStillValidError,
    InstalmentSettledError,
    InvoiceBilledError,
    InvoiceCancelledError,
    InvoicePaidError,
)
from domain.invoice.events import (
    BoletoCancelled,
    DefinitiveValueSet,
    DocumentsWaived,
    InstallmentPaid,
    InstallmentRepriced,
    InstallmentRescheduled,
    Instalment,
    InvoiceBilled,
    InvoiceCancelled,
    InvoiceEvent,
    InvoiceLineAdded,
    InvoiceOpened,
    InvoicePaymentRevised,
    LateCharges,
    Line,
    PaymentReversed,
)
from domain.invoice.state import InvoiceState, PaymentSource
from domain.kernel import exact_money, first, projector
from domain.late_charges import ZERO, Owed
from domain.values.payment import Document, PaymentMethod, ValueType


class Birth(TypedDict):
    """What an invoice is born with, as in InvoiceOpened."""

    customer_id: UUID
    account_id: UUID
    kind: Literal["billing", "renegotiation"]
    origin: Literal["contract", "sale", "manual", "renegotiation"]
    contract_id: UUID | None
    value_type: ValueType
    payment_method: PaymentMethod
    documents: tuple[Document, ...]
    competencia: str
    department: str | None
    late_charges: LateCharges
    lines: tuple[Line, ...]
    instalments: tuple[Instalment, ...]
    calendar: int


class Invoice(InvoiceState):
    """Decisions on an invoice. What they read of it is in InvoiceState."""

    @staticmethod
    def open(
        *,
        id: UUID,
        company_id: UUID,
        now: datetime,
        value_pending: bool = False,
        forecast: bool = False,
        **birth: Unpack[Birth],
    ) -> InvoiceOpened:
        """Be born, Pendente (design: Boundaries). Lines and instalments must add up."""
        amounts.require_whole(birth["lines"], birth["instalments"])
        amounts.require_fit(birth["documents"], birth["payment_method"])
        birth["lines"] = amounts.numbered(birth["lines"])
        return InvoiceOpened(
            **first(id, now, company_id), **birth, value_pending=value_pending, forecast=forecast
        )

    def add_lines(
        self, lines: tuple[Line, ...], now: datetime, instalments: tuple[Instalment, ...] | None = None
    ) -> InvoiceLineAdded:
        """Let sale items join this unbilled invoice (V16). Their numbers go on from the last line's.

        The only instalment takes the new total; of several, all must be given.
        """
        self._require_unbilled()
        joined, whole = amounts.with_more(self, lines, instalments)
        return InvoiceLineAdded(**self.following(now), lines=joined, instalments=whole)

    def set_definitive_value(
        self, lines: tuple[Line, ...], now: datetime, instalments: tuple[Instalment, ...] | None = None
    ) -> DefinitiveValueSet:
        """Say what an unbilled period is really worth (F113, V10), whether or not it was pending.

        `lines` replace those that no sale brought. Later repricings of the contract leave it alone.
        """
        self._require_unbilled()
        whole, shares = amounts.replacing(self, lines, instalments)
        return DefinitiveValueSet(**self.following(now), lines=whole, instalments=shares)

    def reprice(
        self,
        lines: tuple[Line, ...],
        now: datetime,
        *,
        reason: Literal["contract_revised", "contract_adjusted"],
        instalments: tuple[Instalment, ...] | None = None,
        value_pending: bool = False,
        forecast: bool = False,
    ) -> InstallmentRepriced | None:
        """Follow the contract's new price while unbilled (V6, V7); sale lines stay.

        None if nothing changes, or if a definitive value was set: that one was measured.
        """
        self._require_unbilled()
        if self.definitive:
            return None
        whole, shares = amounts.replacing(self, lines, instalments)
        before = (self.lines, self.instalments, self.value_pending, self.forecast)
        if before == (whole, shares, value_pending, forecast):
            return None
        return InstallmentRepriced(
            **self.following(now),
            lines=whole,
            instalments=shares,
            was_amount=self.amount,
            amount=amounts.total(whole),
            reason=reason,
            value_pending=value_pending,
            forecast=forecast,
        )

    def reschedule(
        self,
        number: int,
        due_on: date,
        now: datetime,
        *,
        year_end_rule: bool = True,
        reason: Literal["asked", "contract_revised"] = "asked",
    ) -> InstallmentRescheduled | None:
        """Let one open instalment fall due on another day (F158). None if it does already.

        A valid boleto carries the old date in its barcode, so it must be cancelled first. Charges
        count from the new date on; those already paid stay paid.
        """
        self._require_owed()
        instalment = self.instalment(number)
        until = payable_until(due_on, year_end_rule)
        if (instalment.due_on, instalment.payable_until) == (due_on, until):
            return None
        if self.open_principal(instalment) == 0:
            raise InstalmentSettledError(instalment=number)
        self._require_no_boleto(number)
        return InstallmentRescheduled(
            **self.following(now),
            instalment=number,
            was_due_on=instalment.due_on,
            due_on=due_on,
            payable_until=until,
            calendar=CALENDAR_VERSION,
            reason=reason,
        )

    def revise_payment(
        self,
        payment_method: PaymentMethod,
        account_id: UUID,
        documents: tuple[Document, ...],
        late_charges: LateCharges,
        now: datetime,
        *,
        reason: Literal["asked", "contract_revised"] = "asked",
    ) -> InvoicePaymentRevised | None:
        """Change method, account, documents or charges while nothing is paid (F147, V7).

        A person may do so on a billed invoice once its boletos are cancelled, and bill it again; a
        contract reaches unbilled invoices only, and does not bring back what a person waived. None
        if nothing changes.
        """
        self._require_owed()
        if reason == "contract_revised":
            self._require_unbilled()
            documents = tuple(each for each in documents if each not in self.waived)
        amounts.require_fit(documents, payment_method)
        before = (self.payment_method, self.account_id, self.documents, self.late_charges)
        if before == (payment_method, account_id, documents, late_charges):
            return None
        if self.receipts:
            raise InvoicePaidError
        self._require_no_boleto()
        return InvoicePaymentRevised(
            **self.following(now),
            payment_method=payment_method,
            account_id=account_id,
            documents=documents,
            late_charges=late_charges,
            reason=reason,
        )

    def waive(self, documents: tuple[Document, ...], now: datetime, today: date) -> list[InvoiceEvent]:
        """*Não gerar* (F76-F80). A valid boleto remains until it is cancelled (F77).

        Where nothing else failed, the billing that had failed has thereby come to its end.
        """
        self._require_owed()
        waived = tuple(each for each in self.documents if each in documents)
        if not waived:
            return []
        facts: list[InvoiceEvent] = [DocumentsWaived(**self.following(now), documents=waived)]
        if self.failed and self.failed <= set(waived) and not self.value_pending:
            facts.append(InvoiceBilled(**self.following(now, after=1), billed_on=today))
        return facts

    def bill(self, inputs: BillingInputs, now: datetime, today: date) -> list[InvoiceEvent]:
        """Bill, or bill again what failed or is missing (V12): never a second valid boleto.

        Pendente and Erro only (F51), not Valor Pendente (V10); on Faturado a person may have a
        cancelled boleto or an exchanged method made again (F87). InvoiceBilled comes last, if
        nothing failed (V18); documents that wait for a gateway do not hold it back.
        """
        return billing.bill(self, inputs, now, today)

    def cancel_boleto(self, number: int, reason: str, now: datetime) -> BoletoCancelled:
        """Withdraw an instalment's valid boleto; the debt stays, and Faturado stays Faturado (F87).

        Erro does not forbid it: there the boleto was billed and something else failed (F53).
        """
        for each in self.boletos:
            if each.instalment == number:
                return BoletoCancelled(
                    **self.following(now),
                    instalment=number,
                    nosso_numero=each.nosso_numero,
                    reason=reason,
                )
        raise BoletoNotIssuedError(instalment=number)

    def cancel(
        self,
        reason: str,
        now: datetime,
        *,
        frees_period: bool,
        because: Literal["asked", "contract_ended"] = "asked",
    ) -> list[InvoiceEvent]:
        """Stop owing, with all valid boletos. Refused while money received for it is kept.

        Its contract period may be billed again only if `frees_period` (V19).
        """
        self._require_owed()
        if self.receipts:
            raise InvoicePaidError
        facts: list[InvoiceEvent] = []
        for each in self.boletos:
            facts.append(
                BoletoCancelled(
                    **self.following(now, after=len(facts)),
                    instalment=each.instalment,
                    nosso_numero=each.nosso_numero,
                    reason=reason,
                )
            )
        facts.append(
            InvoiceCancelled(
                **self.following(now, after=len(facts)),
                because=because,
                reason=reason,
                frees_period=frees_period and self.contract_id is not None,
            )
        )
        return facts

    def owed_on(self, number: int, on: date) -> Owed:
        """Principal, fine and interest that settle one instalment on a day (V8)."""
        return payments.owed_on(self, number, on)

    def pay(
        self,
        number: int,
        *,
        payment_id: UUID,
        paid_on: date,
        account_id: UUID,
        amount: Decimal,
        now: datetime,
        today: date,
        discount: Decimal = ZERO,
        source: PaymentSource = "manual",
        on_principal: bool = False,
    ) -> InstallmentPaid | None:
        """Record a receipt for one instalment, imputed by CC art. 354 to interest, fine, principal.

        Money that arrived is a fact: what is beyond the debt, or came after the invoice was
        cancelled, is kept as excess. `on_principal` serves the principal first; a bank's settlement
        of its own boleto is such a one, for the bank has computed the charges. A receipt already
        known, even if reversed since, changes nothing.
        """
        money, given = exact_money(amount), exact_money(discount)
        receipt = payments.Arrived(payment_id, paid_on, account_id, money, given, source, on_principal)
        return payments.paid(self, number, receipt, now, today)

    def reverse_payment(self, payment_id: UUID, reason: str, now: datetime) -> PaymentReversed | None:
        """Take a receipt back: what it paid is owed again, with charges as if it had never come."""
        return payments.taken_back(self, payment_id, reason, now)

    def _require_owed(self) -> None:
        if self.cancelled:
            raise InvoiceCancelledError

    def _require_unbilled(self) -> None:
        self._require_owed()
        if self.billed or self.boletos:
            raise InvoiceBilledError

    def _require_no_boleto(self, number: int | None = None) -> None:
        for each in self.boletos:
            if number in (None, each.instalment):
                raise BoletoStillValidError(instalment=each.instalment, nosso_numero=each.nosso_numero)


def evolve(invoice: Invoice | None, event: InvoiceEvent) -> Invoice:
    """The state one fact later."""
    if isinstance(event, InvoiceOpened):
        return Invoice(**fold.opened(event))
    assert invoice is not None
    return invoice.moved(event, **fold.changes(invoice, event))


project = projector(evolve)
