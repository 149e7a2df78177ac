"""Settlements: receipts from outside pay what they name, once each; people place the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from uuid import UUID

from application.access import Principal
from application.app import Context, Lastro, NotFoundError
from application.clock import Clock, sao_paulo_date
from application.incoming.settling import Settle, record_settled
from application.lookups import Lookups
from application.ports import NumberedBoletos, WaitingReceipts
from application.registry import Change, Done
from application.settlements.batch import Batch
from application.settlements.deciding import Facts, Instant, found_now, paid, undone
from application.settlements.desk import Desk, Sitting
from application.settlements.outcomes import Outcome, Result
from application.settlements.received import Incoming
from application.settlements.references import References
from application.settlements.told import checked_reversal_day
from application.unit_of_work import context_of, retried
from domain.account.account import project as project_account
from domain.invoice.errors import PaymentContradictedError
from domain.invoice.events import BoletoIssued, InstallmentPaid
from domain.invoice.invoice import Invoice
from domain.settlement.events import PayerSaid, SettlementUnidentified
from domain.settlement.settlement import Place, Settlement
from domain.user.roles import Permission

type Decide = Callable[[Sitting, Settlement], Facts]


class Settlements:
    """`apply`, `identify_matching` and `reconsider` are for processes. What people do takes EDIT_BILLING in
    the receipt's company, and in every company where nobody knows which it is."""

    def __init__(
        self,
        lastro: Lastro,
        lookups: Lookups,
        clock: Clock,
        numbered: NumberedBoletos,
        waiting: WaitingReceipts,
    ) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock
        self._numbered = numbered
        self._waiting = waiting

    def apply(
        self, items: Sequence[Incoming], contexts: Context | Sequence[Context], settle: Settle
    ) -> list[Outcome]:
        """Take note of receipts and reversals, in their order, in one transaction with `settle`.

        `contexts` is one for all, or one for each item. The answers come in the order of the items; `settle`
        gets their refusals (None for an item that took effect, now or before). One that is refused changes
        nothing and does not keep the others. Raises what `settle` raises, and ConcurrencyError when others
        kept writing the same invoices.
        """
        batch = Batch(self._lastro, self._lookups, self._numbered, items)

        def command() -> list[Outcome]:
            facts, outcomes, of = batch.decided(self._at())
            of_facts = contexts if isinstance(contexts, Context) else [contexts[place] for place in of]
            refusals = [each.error for each in outcomes]
            record_settled(self._lastro, of_facts, facts, refusals, settle)
            return outcomes

        return _anew(command, batch.refresh)

    def identify_matching(self, invoice_ids: Collection[UUID], context: Context) -> list[Outcome]:
        """Place the receipts that wait for these invoices or for boletos of theirs; answers for those placed.

        To be called after a boleto was issued or a definitive value was set. Twice is once.
        """
        issued = self._lastro.read_streams(list(invoice_ids), [BoletoIssued.TOPIC])
        linhas = [str(each.state["linha_digitavel"]) for each in issued]
        return self.reconsider(self._waiting.naming(invoice_ids, linhas), context)

    def reconsider(
        self, settlement_ids: Sequence[UUID], contexts: Context | Sequence[Context]
    ) -> list[Outcome]:
        """Look once more for what these receipts name; answers for those that could be placed now.

        To be called after a receipt came that nobody could place: what it names may have been recorded at
        that very moment. `contexts` is one for all, or one for each. Twice is once.
        """
        desk = Desk(self._lastro, settlement_ids)
        named = [each.told["named"] for each in desk.settlements.values() if each.told is not None]
        references = References(self._lookups, self._numbered, named, desk.invoices.get)
        desk.want(references.invoices())
        references.find_accounts()

        def command() -> list[Outcome]:
            sitting, at = Sitting(desk), self._at()
            facts: Facts = []
            of_facts: list[Context] = []
            placed: list[Outcome] = []
            for place, id in enumerate(settlement_ids):
                decided = found_now(sitting, references, id, at)
                if decided:
                    sitting.note(decided)
                    facts += decided
                    each = contexts if isinstance(contexts, Context) else contexts[place]
                    of_facts += [each] * len(decided)
                    placed.append(Outcome(Result.APPLIED, id))
            self._lastro.record_batch(of_facts, facts)
            return placed

        return _anew(command, desk.refresh)

    def load(self, principal: Principal, settlement_id: UUID) -> Settlement:
        """A receipt as it stands, with SEE_BILLING. Raises NotFoundError."""
        desk = Desk(self._lastro, [settlement_id])
        return self._permitted(principal, desk, settlement_id, Permission.SEE_BILLING)

    def payers(self, principal: Principal, settlement_ids: Collection[UUID]) -> dict[UUID, PayerSaid]:
        """What was said of who paid, of those receipts that the principal sees and whose key still exists."""
        recorded = self._lastro.read_streams(list(settlement_ids), [SettlementUnidentified.TOPIC])
        seen = [each for each in recorded if _sees(principal, each.company_id)]
        return {
            fact.originator_id: fact.payer
            for fact in self._lastro.opened(seen)
            if isinstance(fact, SettlementUnidentified) and fact.payer is not None
        }

    def preview(
        self, principal: Principal, settlement_id: UUID, invoice_id: UUID, instalment: int
    ) -> InstallmentPaid:
        """The payment that `identify` would record now; nothing is recorded. Raises what it raises."""
        desk = Desk(self._lastro, [settlement_id])
        settlement = self._permitted(principal, desk, settlement_id, Permission.EDIT_BILLING)
        desk.want([invoice_id])
        return self._payment(principal, Sitting(desk), settlement, invoice_id, instalment, None)[1]

    def identify(
        self,
        principal: Principal,
        settlement_id: UUID,
        invoice_id: UUID,
        instalment: int,
        account_id: UUID | None = None,
    ) -> Done:
        """Say whose debt a receipt pays. `account_id` where the receipt does not say where the money is;
        without it, the invoice's own. Raises what the receipt and the invoice refuse."""

        def decide(sitting: Sitting, settlement: Settlement) -> Facts:
            place, payment = self._payment(principal, sitting, settlement, invoice_id, instalment, account_id)
            identified = settlement.identify(place, "person", payment.excess, payment.occurred_at)
            return [identified, payment]

        return self._change(principal, settlement_id, decide, invoice_id)

    def release(self, principal: Principal, settlement_id: UUID, reason: str) -> Done:
        """It was the wrong debt: the payment is reversed there, and the receipt waits again."""

        def decide(sitting: Sitting, settlement: Settlement) -> Facts:
            at = self._at()
            released = settlement.release(reason, at.now)
            return [released, *undone(sitting, settlement, released.reason, at)]

        return self._change(principal, settlement_id, decide)

    def reverse(
        self, principal: Principal, settlement_id: UUID, reason: str, reversed_on: date | None = None
    ) -> Done:
        """The money was taken back, and nobody else will tell. What it had paid is owed again."""

        def decide(sitting: Sitting, settlement: Settlement) -> Facts:
            at = self._at()
            day = checked_reversal_day(reversed_on, at.today)
            back = settlement.reverse(None, day, reason, at.now)
            return [back, *undone(sitting, settlement, back.reason, at)] if back else []

        return self._change(principal, settlement_id, decide)

    def _change(self, principal: Principal, settlement_id: UUID, decide: Decide, *invoice_ids: UUID) -> Done:
        def command() -> Done:
            desk = Desk(self._lastro, [settlement_id])
            settlement = self._permitted(principal, desk, settlement_id, Permission.EDIT_BILLING)
            desk.want(invoice_ids)
            facts = decide(Sitting(desk), settlement)
            if not facts:
                return Done(settlement_id, Change.SAME)
            position = self._lastro.record_batch(context_of(principal), facts)
            return Done(settlement_id, Change.CORRECTED, position)

        return retried(command)

    def _permitted(
        self, principal: Principal, desk: Desk, settlement_id: UUID, permission: Permission
    ) -> Settlement:
        settlement = desk.settlements.get(settlement_id)
        if settlement is None:
            raise _unknown(settlement_id)
        if settlement.company_id is None:
            # Whose receipt it is nobody knows, so that only who sees all may see that there is one.
            if not _sees(principal, None):
                raise _unknown(settlement_id)
            principal.require_everywhere(permission)
        elif not principal.sees(settlement.company_id):
            raise _unknown(settlement_id)
        principal.require(permission, settlement.company_id)
        return settlement

    def _invoice(self, principal: Principal, sitting: Sitting, invoice_id: UUID) -> Invoice:
        invoice = sitting.invoice(invoice_id)
        if invoice is None or invoice.company_id is None or not principal.sees(invoice.company_id):
            raise _unknown(invoice_id)
        principal.require(Permission.EDIT_BILLING, invoice.company_id)
        return invoice

    def _payment(
        self,
        principal: Principal,
        sitting: Sitting,
        settlement: Settlement,
        invoice_id: UUID,
        instalment: int,
        account_id: UUID | None,
    ) -> tuple[Place, InstallmentPaid]:
        invoice = self._invoice(principal, sitting, invoice_id)
        place = self._place(settlement, invoice, instalment, account_id)
        told = settlement.require_open(place)
        payment = paid(invoice, place, settlement.payment_id, told, self._at(), on_principal=False)
        if payment is None:  # a person gave a payment of his own this very identity
            raise PaymentContradictedError(payment_id=settlement.payment_id)
        return place, payment

    def _place(
        self, settlement: Settlement, invoice: Invoice, instalment: int, account_id: UUID | None
    ) -> Place:
        assert invoice.company_id is not None
        into = settlement.account_id or account_id or invoice.account_id
        if into == account_id:
            account = self._lastro.load(project_account, into)
            if account.company_id != invoice.company_id:
                raise _unknown(into)
        return Place(invoice.company_id, invoice.id, instalment, invoice.customer_id, into)

    def _at(self) -> Instant:
        now = self._clock()
        return Instant(now, sao_paulo_date(now))


def _anew[T](command: Callable[[], T], refresh: Callable[[], None]) -> T:
    """Decide and record; after a conflict, look first at what has moved."""
    attempts = 0

    def attempt() -> T:
        nonlocal attempts
        attempts += 1
        if attempts > 1:
            refresh()
        return command()

    return retried(attempt)


def _sees(principal: Principal, company_id: UUID | None) -> bool:
    """Whose receipt nobody knows only those may see who see all."""
    if company_id is None:
        return principal.companies(Permission.SEE_BILLING) is None
    return principal.may(Permission.SEE_BILLING, company_id)


def _unknown(id: UUID) -> NotFoundError:
    return NotFoundError(f"nothing is recorded under {id}", id=id)
