"""Invoices: values, dates, documents, receipts, cancellation, and *Faturar agora* for one or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from application.access import Principal
from application.amending import freed, period_of
from application.app import Also, ConcurrencyError, Lastro, NotFoundError
from application.billing.immediate import BilledNow, bill_now
from application.clock import Clock, sao_paulo_date
from application.database import Connection
from application.lookups import Key, Lookup, LookupRacedError, Lookups
from application.openings import lines_of
from application.registry import Change, Done
from application.sales_opening import released
from application.unit_of_work import context_of, retried
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.company.company import project as project_company
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.invoice.events import (
    InstallmentPaid,
    Instalment,
    InvoiceEvent,
    LateCharges,
    Line,
    PaymentReversed,
    SaleItem,
)
from domain.invoice.invoice import Invoice, project
from domain.invoice.state import PaymentSource
from domain.kernel import DomainError, DomainEvent
from domain.late_charges import ZERO, Owed
from domain.user.roles import Permission
from domain.values.payment import Document, PaymentMethod
from domain.values.split import split_like

type Decision = InvoiceEvent | Sequence[DomainEvent] | None


class LinesNotFromContractError(DomainError):
    """No contract says how an amount is shared among these lines. Set the value line by line."""


class PaymentElsewhereError(DomainError):
    """This receipt is on another invoice. If it is there by mistake, reverse it there first.

    Details: `payment_id`, and `invoice_id` of the other one, None where it may not be seen.
    """


class SettlementPaymentError(DomainError):
    """This payment is a receipt that another system told of. Release or take back the receipt, not the
    payment: the two would tell different stories.

    Details: `payment_id`.
    """


class Invoices:
    """Each command takes EDIT_BILLING in the invoice's company, *Faturar agora* BILL_NOW."""

    def __init__(self, lastro: Lastro, lookups: Lookups, clock: Clock) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock

    def bill_now(self, principal: Principal, invoice_ids: Sequence[UUID]) -> list[BilledNow]:
        """Bill these invoices whatever their date (F90), with an outcome for each, in order.

        Only what failed or is missing is made again (V12). Raises nothing of a single invoice.
        """
        return bill_now(self._lastro, self._clock, principal, invoice_ids)

    def load(self, principal: Principal, invoice_id: UUID) -> Invoice:
        """An invoice as it stands."""
        return self._seen(principal, invoice_id, Permission.SEE_BILLING)

    def set_definitive_value(self, principal: Principal, invoice_id: UUID, amount: Decimal) -> Done:
        """Say what an unbilled period is worth in all (F113, V10); its lines share it in proportion.

        So do the instalments of a single nota, whose periods are one invoice.
        """

        def decide(invoice: Invoice) -> Decision:
            lines = self._lines_worth(invoice, amount)
            return invoice.set_definitive_value(lines, self._clock(), _shares(invoice, amount))

        return self._change(principal, invoice_id, decide)

    def set_definitive_lines(self, principal: Principal, invoice_id: UUID, lines: tuple[Line, ...]) -> Done:
        """The same, line by line."""
        return self._change(
            principal, invoice_id, lambda invoice: invoice.set_definitive_value(lines, self._clock())
        )

    def reschedule(self, principal: Principal, invoice_id: UUID, instalment: int, due_on: date) -> Done:
        """Let one instalment fall due on another day; the contract's others stay (F158)."""

        def decide(invoice: Invoice) -> Decision:
            rule = self._lastro.load(project_company, _company_of(invoice)).year_end_rule
            return invoice.reschedule(instalment, due_on, self._clock(), year_end_rule=rule)

        return self._change(principal, invoice_id, decide)

    def revise_payment(
        self,
        principal: Principal,
        invoice_id: UUID,
        payment_method: PaymentMethod,
        account_id: UUID,
        late_charges: LateCharges | None = None,
    ) -> Done:
        """Another method, account or charges for this invoice alone, while nothing is paid (F144, F147)."""

        def decide(invoice: Invoice) -> Decision:
            self._account(invoice, account_id).require_accepts(payment_method)
            documents = _documents_under(payment_method, invoice.documents)
            charges = late_charges or invoice.late_charges
            return invoice.revise_payment(payment_method, account_id, documents, charges, self._clock())

        return self._change(principal, invoice_id, decide)

    def waive(self, principal: Principal, invoice_id: UUID, documents: tuple[Document, ...]) -> Done:
        """*Não gerar* these documents (F76-F80)."""
        return self._change(
            principal, invoice_id, lambda invoice: invoice.waive(documents, self._clock(), self._today())
        )

    def cancel_boleto(self, principal: Principal, invoice_id: UUID, instalment: int, reason: str) -> Done:
        """Withdraw a valid boleto; the debt stays (F85-F87)."""
        return self._change(
            principal, invoice_id, lambda invoice: invoice.cancel_boleto(instalment, reason, self._clock())
        )

    def owed_on(self, principal: Principal, invoice_id: UUID, instalment: int, on: date) -> Owed:
        """Principal, fine and interest that settle an instalment on a day (V8)."""
        return self.load(principal, invoice_id).owed_on(instalment, on)

    def pay(
        self,
        principal: Principal,
        invoice_id: UUID,
        instalment: int,
        *,
        payment_id: UUID,
        paid_on: date,
        amount: Decimal,
        account_id: UUID | None = None,
        discount: Decimal = Decimal("0.00"),
        source: PaymentSource = "manual",
        on_principal: bool = False,
    ) -> Done:
        """Record a receipt; the same `payment_id` twice is one. Without account: the invoice's own.

        A receipt is on one invoice at a time: on another one it raises PaymentElsewhereError.
        """

        def decide(invoice: Invoice) -> Decision:
            self._require_not_elsewhere(principal, invoice_id, payment_id)
            into = account_id or invoice.account_id
            self._account(invoice, into)
            return invoice.pay(
                instalment,
                payment_id=payment_id,
                paid_on=paid_on,
                account_id=into,
                amount=amount,
                now=self._clock(),
                today=self._today(),
                discount=discount,
                source=source,
                on_principal=on_principal,
            )

        return self._change(principal, invoice_id, decide)

    def reverse_payment(self, principal: Principal, invoice_id: UUID, payment_id: UUID, reason: str) -> Done:
        """Take a receipt back: the amount is owed again. One from outside raises SettlementPaymentError."""

        def decide(invoice: Invoice) -> Decision:
            if any(
                each.payment_id == payment_id and each.source == "settlement" for each in invoice.receipts
            ):
                raise SettlementPaymentError(payment_id=payment_id)
            return invoice.reverse_payment(payment_id, reason, self._clock())

        return self._change(principal, invoice_id, decide)

    def cancel(self, principal: Principal, invoice_id: UUID, reason: str, *, frees_period: bool) -> Done:
        """Stop owing. With `frees_period` its contract bills the period again as a new invoice (V19); items
        of sales are open again."""

        def decide(invoice: Invoice) -> Decision:
            facts: list[DomainEvent] = [*invoice.cancel(reason, self._clock(), frees_period=frees_period)]
            facts += released(self._lastro, [invoice], "asked", self._clock())
            return facts + self._freed(invoice) if frees_period else facts

        return self._change(principal, invoice_id, decide)

    def _lines_worth(self, invoice: Invoice, amount: Decimal) -> tuple[Line, ...]:
        source = period_of(invoice)
        if source is None:
            raise LinesNotFromContractError
        contract: Contract = self._lastro.load(project_contract, source.contract_id)
        return lines_of(contract, source.ordinal, source.attempt, amount)

    def _freed(self, invoice: Invoice) -> list[DomainEvent]:
        source = period_of(invoice)
        if source is None:
            return []
        contract: Contract = self._lastro.load(project_contract, source.contract_id)
        rule = self._lastro.load(project_company, _company_of(invoice)).year_end_rule
        return freed(contract, source, rule, self._clock())

    def _change(self, principal: Principal, invoice_id: UUID, decide: Callable[[Invoice], Decision]) -> Done:
        def command() -> Done:
            decided = decide(self._seen(principal, invoice_id, Permission.EDIT_BILLING))
            facts = [decided] if isinstance(decided, DomainEvent) else list(decided or ())
            if not facts:
                return Done(invoice_id, Change.SAME)
            position = self._lastro.record_batch(context_of(principal), facts, self._claims(facts))
            return Done(invoice_id, Change.CORRECTED, position)

        return retried(command)

    def _require_not_elsewhere(self, principal: Principal, invoice_id: UUID, payment_id: UUID) -> None:
        holder = self._lookups.find(*_by_payment(payment_id))
        if holder in (None, invoice_id):
            return
        other = self._lastro.load(project, holder)
        shown = holder if principal.sees(_company_of(other)) else None
        raise PaymentElsewhereError(payment_id=payment_id, invoice_id=shown)

    def _claims(self, facts: Sequence[DomainEvent]) -> Also | None:
        """A receipt holds its identity from when it is recorded until it is reversed."""
        paid = [fact for fact in facts if isinstance(fact, InstallmentPaid)]
        taken_back = [fact for fact in facts if isinstance(fact, PaymentReversed)]
        if not (paid or taken_back):
            return None
        released = [_by_payment(fact.payment_id) for fact in taken_back]
        taken = {_by_payment(fact.payment_id): fact.originator_id for fact in paid}

        def also(db: Connection) -> None:
            try:
                self._lookups.exchange(db, released, taken)
            except LookupRacedError as raced:  # another invoice took it since we looked
                raise ConcurrencyError from raced

        return also

    def _account(self, invoice: Invoice, account_id: UUID) -> Account:
        account = self._lastro.load(project_account, account_id)
        if account.company_id != invoice.company_id:
            raise NotFoundError(f"nothing is recorded under {account_id}", id=account_id)
        return account

    def _seen(self, principal: Principal, invoice_id: UUID, permission: Permission) -> Invoice:
        invoice = self._lastro.load(project, invoice_id)
        if not principal.sees(_company_of(invoice)):
            raise NotFoundError(f"nothing is recorded under {invoice_id}", id=invoice_id)
        principal.require(permission, invoice.company_id)
        return invoice

    def _today(self) -> date:
        return sao_paulo_date(self._clock())


def _by_payment(payment_id: UUID) -> Key:
    return Lookup.PAYMENT_ID, str(payment_id)


def _shares(invoice: Invoice, amount: Decimal) -> tuple[Instalment, ...] | None:
    """Several instalments as they share what the contract's lines and those of sales are worth together."""
    if len(invoice.instalments) == 1:
        return None
    sold = sum((line.amount for line in invoice.lines if isinstance(line.source, SaleItem)), ZERO)
    shares = split_like(amount + sold, [each.amount for each in invoice.instalments])
    return tuple(
        each.model_copy(update={"amount": share})
        for each, share in zip(invoice.instalments, shares, strict=True)
    )


def _company_of(invoice: Invoice) -> UUID:
    assert invoice.company_id is not None
    return invoice.company_id


def _documents_under(method: PaymentMethod, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    """The same documents, with the charge document of the new method in place of the old one."""
    charge = {PaymentMethod.BOLETO: Document.BOLETO, PaymentMethod.PIX: Document.PIX}.get(method)
    others = [each for each in documents if each not in (Document.BOLETO, Document.PIX)]
    return tuple([charge, *others] if charge else others)
