"""Invoices: values, dates, documents, receipts, cancellation, and *Faturar agora* for one or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from application.access import Principal
from application.amending import after
from application.app import Lastro, NotFoundError
from application.billing.immediate import BilledNow, bill_now
from application.clock import Clock, sao_paulo_date
from application.openings import lines_of, open_invoices
from application.registry import Change, Done
from application.unit_of_work import context_of, retried
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.company.company import project as project_company
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.contract.errors import PeriodOutsideTermError
from domain.contract.events import ContractEvent, InstallmentGenerated
from domain.invoice.events import ContractPeriod, InvoiceEvent, LateCharges, Line
from domain.invoice.invoice import Invoice, project
from domain.invoice.payments import PaymentSource
from domain.kernel import DomainError, DomainEvent
from domain.late_charges import Owed
from domain.user.roles import Permission
from domain.values.payment import Document, PaymentMethod

type Decision = InvoiceEvent | Sequence[DomainEvent] | None


class LinesNotFromContractError(DomainError):
    """No contract says how an amount is shared among these lines. Set the value line by line."""


class Invoices:
    """Each command takes EDIT_BILLING in the invoice's company, *Faturar agora* BILL_NOW."""

    def __init__(self, lastro: Lastro, clock: Clock) -> None:
        self._lastro = lastro
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
        """Say what an unbilled period is worth in all (F113, V10); its lines share it in proportion."""

        def decide(invoice: Invoice) -> Decision:
            return invoice.set_definitive_value(self._lines_worth(invoice, amount), self._clock())

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
        """Record a receipt; the same `payment_id` twice is one. Without account: the invoice's own."""

        def decide(invoice: Invoice) -> Decision:
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
        """Take a receipt back: the amount is owed again."""
        return self._change(
            principal, invoice_id, lambda invoice: invoice.reverse_payment(payment_id, reason, self._clock())
        )

    def cancel(self, principal: Principal, invoice_id: UUID, reason: str, *, frees_period: bool) -> Done:
        """Stop owing. With `frees_period` its contract bills the period again as a new invoice (V19)."""

        def decide(invoice: Invoice) -> Decision:
            facts: list[DomainEvent] = [*invoice.cancel(reason, self._clock(), frees_period=frees_period)]
            return facts + self._freed(invoice) if frees_period else facts

        return self._change(principal, invoice_id, decide)

    def _lines_worth(self, invoice: Invoice, amount: Decimal) -> tuple[Line, ...]:
        source = _period(invoice)
        if source is None:
            raise LinesNotFromContractError
        contract: Contract = self._lastro.load(project_contract, source.contract_id)
        return lines_of(contract, source.ordinal, source.attempt, amount)

    def _freed(self, invoice: Invoice) -> list[DomainEvent]:
        source = _period(invoice)
        if source is None:
            return []
        contract: Contract = self._lastro.load(project_contract, source.contract_id)
        released = contract.release(source.ordinal, source.attempt, self._clock())
        facts: list[ContractEvent] = [*released]
        try:
            facts += after(contract, released).regenerate(source.ordinal, self._clock())
        except PeriodOutsideTermError:
            return [*facts]
        rule = self._lastro.load(project_company, _company_of(invoice)).year_end_rule
        generated = (fact for fact in facts if isinstance(fact, InstallmentGenerated))
        return [*facts, *open_invoices(after(contract, facts), generated, rule, self._clock())]

    def _change(self, principal: Principal, invoice_id: UUID, decide: Callable[[Invoice], Decision]) -> Done:
        def command() -> Done:
            decided = decide(self._seen(principal, invoice_id, Permission.EDIT_BILLING))
            facts = [decided] if isinstance(decided, DomainEvent) else list(decided or ())
            if not facts:
                return Done(invoice_id, Change.SAME)
            position = self._lastro.record_batch(context_of(principal), facts)
            return Done(invoice_id, Change.CORRECTED, position)

        return retried(command)

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


def _period(invoice: Invoice) -> ContractPeriod | None:
    sources = (line.source for line in invoice.lines)
    return next((source for source in sources if isinstance(source, ContractPeriod)), None)


def _company_of(invoice: Invoice) -> UUID:
    assert invoice.company_id is not None
    return invoice.company_id


def _documents_under(method: PaymentMethod, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    """The same documents, with the charge document of the new method in place of the old one."""
    charge = {PaymentMethod.BOLETO: Document.BOLETO, PaymentMethod.PIX: Document.PIX}.get(method)
    others = [each for each in documents if each not in (Document.BOLETO, Document.PIX)]
    return tuple([charge, *others] if charge else others)
