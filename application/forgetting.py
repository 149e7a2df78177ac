"""Forgets a customer (LGPD art. 18): fact, key and every way back from a document go in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

from application.access import Principal
from application.app import ConcurrencyError, Lastro, NotFoundError
from application.clock import Clock, sao_paulo_date
from application.database import Connection
from application.event_store.plans import plan_of
from application.forgetting_register import Erasure
from application.incoming.erasing import KeptMessages
from application.lookups import Lookup, Lookups
from application.ports import CustomerPortfolio
from application.settlements.payers import receipts_telling_of
from application.unit_of_work import context_of, retried
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.customer.customer import Customer, project
from domain.customer.forgetting import ForgettingRole, OpenBusiness, fiscal_term
from domain.invoice.invoice import project as project_invoice
from domain.kernel import EVENT_TYPES, DomainError
from domain.late_charges import ZERO
from domain.user.roles import Permission
from domain.values.cnpj import parse_cnpj
from domain.values.cpf import parse_cpf
from domain.values.text import code_key

_WAIT_SECONDS = 30.0
_LATEST_DOCUMENT = (
    "SELECT max(greatest((state->>'due_on')::date, (occurred_at AT TIME ZONE 'America/Sao_Paulo')::date))"
    " FROM event WHERE stream_id = ANY(%s) AND topic = ANY(%s)"
)
_ANYTHING_NEW = "SELECT FROM event WHERE position > %s AND state->>'customer_id' = %s LIMIT 1"
_ANY_NEW_PAYER = "SELECT FROM event WHERE position > %s AND topic = 'settlement.unidentified.v1' LIMIT 1"
_TERMS_OVER = (
    "SELECT fiscal.subject_id FROM subject_key AS fiscal JOIN subject_key AS own USING (subject_id)"
    " WHERE own.purpose = 'subject' AND own.erased_at IS NOT NULL"
    " AND fiscal.purpose = 'fiscal' AND fiscal.erased_at IS NULL ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting this customer would do, or has done. `position` None: nothing was recorded now."""

    customer_id: UUID
    name: str | None
    contracts: int
    invoices: int
    business: OpenBusiness
    fiscal_until: date | None
    forgotten_at: datetime | None
    position: int | None = None


class Forgetter:
    """Takes FORGET_PERSONS in every company: customers belong to no single one."""

    def __init__(
        self,
        lastro: Lastro,
        lookups: Lookups,
        clock: Clock,
        portfolio: CustomerPortfolio,
        messages: KeptMessages,
    ) -> None:
        self._lastro = lastro
        self._lookups = lookups
        self._clock = clock
        self._portfolio = portfolio
        self._messages = messages

    def find(self, text: str) -> UUID:
        """The customer of this id, code, CPF or CNPJ. Raises NotFoundError.

        Once forgotten a customer is found by the id alone.
        """
        try:
            return UUID(text)
        except ValueError:
            found = set(self._lookups.find_many(_keys(text)).values())
        if len(found) != 1:
            # The text is personal data as often as not: it is not repeated into a log.
            raise NotFoundError("no customer, or more than one, has this code, CPF or CNPJ")
        return found.pop()

    def preview(self, principal: Principal, customer_id: UUID) -> Forgetting:
        """What `forget` would do now; nothing is recorded."""
        principal.require_everywhere(Permission.FORGET_PERSONS)
        customer = self._customer(customer_id)
        if customer.forgotten_at is not None:
            return _before(customer)
        self._awaited()
        return self._looked_at(customer)

    def forget(
        self,
        principal: Principal,
        customer_id: UUID,
        reason: str,
        requested_by: ForgettingRole,
        *,
        despite_open: bool = False,
        forgotten_at: datetime | None = None,
    ) -> Forgetting:
        """Destroy what opens the customer's words. Twice is once.

        `forgotten_at`: when it happened first, for a log that was restored from before. Raises
        NotFoundError, CustomerInBusinessError, TextInvalidError, ReadModelBehindError.
        """
        principal.require_everywhere(Permission.FORGET_PERSONS)

        def command() -> Forgetting:
            customer = self._customer(customer_id)
            if customer.forgotten_at is not None:
                return _before(customer)
            seen = self._awaited()
            found = self._looked_at(customer)
            now = forgotten_at or self._clock()
            fact = customer.forget(
                reason, requested_by, found.business, found.fiscal_until, now, despite_open=despite_open
            )
            assert fact is not None
            purposes = ("subject",) if fact.fiscal_until else ("subject", "fiscal")
            also = partial(
                self._erase_person,
                customer=customer,
                receipts=receipts_telling_of(self._lastro, self._portfolio, customer),
                purposes=purposes,
                now=self._clock(),
                seen=seen,
            )
            position = self._lastro.record(context_of(principal), fact, also=also)
            return replace(found, name=None, forgotten_at=now, position=position)

        return retried(command)

    def expire(self, principal: Principal) -> list[UUID]:
        """Destroy the fiscal key of everybody forgotten whose documents are past their term; who they were.

        One transaction each: what was interrupted goes on with the next call.
        """
        principal.require_everywhere(Permission.FORGET_PERSONS)
        with self._lastro.database.connection() as connection:
            waiting = [id for (id,) in connection.execute(_TERMS_OVER)]
        return [id for id in waiting if self._expired(principal, id)]

    def replay(self, principal: Principal, erasures: Iterable[Erasure]) -> Iterator[tuple[Erasure, str]]:
        """Forget again whom a restored log remembers: `forgotten`, `same`, or `unknown` to this log."""
        for erasure in erasures:
            try:
                done = self.forget(
                    principal,
                    erasure.customer_id,
                    erasure.reason,
                    erasure.requested_by,
                    despite_open=True,
                    forgotten_at=erasure.forgotten_at,
                )
            except NotFoundError:
                yield erasure, "unknown"
            else:
                yield erasure, "same" if done.position is None else "forgotten"

    def _expired(self, principal: Principal, customer_id: UUID) -> bool:
        def command() -> bool:
            customer = self._customer(customer_id)
            today, now = sao_paulo_date(self._clock()), self._clock()
            if customer.fiscal_until is None or today <= customer.fiscal_until:
                return False
            fact = customer.erase_fiscal_data(today, now)
            assert fact is not None
            also = partial(self._erase, customer_id=customer_id, purposes=("fiscal",), now=now)
            self._lastro.record(context_of(principal), fact, also=also)
            return True

        return retried(command)

    def _erase_person(
        self,
        connection: Connection,
        customer: Customer,
        receipts: Iterable[UUID],
        purposes: tuple[str, ...],
        now: datetime,
        seen: int,
    ) -> None:
        # First, for whoever records anything of anybody waits for the lock that comes with a key's end.
        self._messages.erase_of(connection, customer, now)
        for receipt in receipts:
            self._lastro.keyring.erase(connection, receipt, "subject", now)
        if connection.execute(_ANY_NEW_PAYER, [seen]).rowcount:
            raise ConcurrencyError("a receipt that nobody could place came meanwhile")
        self._erase(connection, customer.id, purposes, now, seen)

    def _erase(
        self,
        connection: Connection,
        customer_id: UUID,
        purposes: tuple[str, ...],
        now: datetime,
        seen: int | None = None,
    ) -> None:
        for purpose in purposes:
            self._lastro.keyring.erase(connection, customer_id, purpose, now)
        # Who was recording waited for, or came before, the lock of `erase`: what is new is seen here.
        if seen is not None and connection.execute(_ANYTHING_NEW, (seen, str(customer_id))).rowcount:
            raise ConcurrencyError("something was recorded about this customer meanwhile")
        self._lookups.release_all(connection, customer_id)

    def _awaited(self) -> int:
        position = self._lastro.safe_position()
        self._portfolio.wait_for(position, _WAIT_SECONDS)
        return position

    def _customer(self, customer_id: UUID) -> Customer:
        with self._lastro.database.connection() as connection:
            row = connection.execute(
                "SELECT FROM event WHERE stream_id = %s AND version = 1 AND topic = 'customer.registered.v1'",
                [customer_id],
            )
            if row.rowcount == 0:
                raise NotFoundError(f"no customer is recorded under {customer_id}", id=customer_id)
        return self._lastro.load(project, customer_id)

    def _looked_at(self, customer: Customer) -> Forgetting:
        contracts = self._lastro.load_many(project_contract, self._portfolio.contracts_of(customer.id))
        ids = self._portfolio.invoices_of(customer.id)
        invoices = self._lastro.load_many(project_invoice, ids).values()
        owed = [each for each in invoices if not each.cancelled and (each.balance > 0 or each.value_pending)]
        today = sao_paulo_date(self._clock())
        return Forgetting(
            customer_id=customer.id,
            name=customer.name,
            contracts=len(contracts),
            invoices=len(ids),
            business=OpenBusiness(
                invoices=len(owed),
                amount=sum((each.balance for each in owed), ZERO),
                contracts=sum(is_running(each, today) for each in contracts.values()),
            ),
            fiscal_until=self._fiscal_until(ids),
            forgotten_at=None,
        )

    def _fiscal_until(self, invoice_ids: Iterable[UUID]) -> date | None:
        with self._lastro.database.connection() as connection:
            row = connection.execute(_LATEST_DOCUMENT, (list(invoice_ids), _fiscal_topics())).fetchone()
        return fiscal_term(row[0]) if row and row[0] else None


def is_running(contract: Contract, today: date) -> bool:
    """Whether something of the contract still falls due."""
    term = contract.plan.term
    return term is None or (term > 0 and contract.plan.due_on(term) >= today)


def _keys(text: str) -> list[tuple[Lookup, str]]:
    keys = [(Lookup.CUSTOMER_CODE, code_key(text))]
    for parse in (parse_cpf, parse_cnpj):
        try:
            keys.append((Lookup.CUSTOMER_DOCUMENT, parse(text)))
        except DomainError:
            continue
    return keys


def _fiscal_topics() -> list[str]:
    return [
        topic
        for topic, cls in EVENT_TYPES.items()
        if any(field.purpose == "fiscal" for field in plan_of(cls).personal)
    ]


def _before(customer: Customer) -> Forgetting:
    return Forgetting(
        customer_id=customer.id,
        name=None,
        contracts=0,
        invoices=0,
        business=OpenBusiness(invoices=0, amount=ZERO, contracts=0),
        fiscal_until=customer.fiscal_until,
        forgotten_at=customer.forgotten_at,
    )
