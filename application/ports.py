"""What the use cases ask of the outside: each port says what may block, raise and repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID


class ReadModelBehindError(Exception):
    """The read model did not reach the asked position in time: start the worker, or look at it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice that a read model holds to be open for billing."""

    invoice_id: UUID
    company_id: UUID
    customer_id: UUID
    account_id: UUID
    due_on: date
    amount: Decimal


class BillableInvoices(Protocol):
    """Which invoices may be billed, as a read model knows it. Deciding is the aggregate's."""

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Block until every fact up to `position` is in the read model.

        Raises `ReadModelBehindError` after the timeout. Calling it again is harmless.
        """
        ...

    def candidates(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        due_on: date | None = None,
    ) -> Iterator[Candidate]:
        """Every invoice Pendente, Erro or Valor Pendente due in the interval, both ends included.

        `companies` None means every company; `due_on` narrows to that due date. Order: company,
        customer, due date, invoice; two calls over the same facts give the same order. Streams:
        memory must not grow with the number of rows. Reads only; raises what the database raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class BoletoRegistration:
    """What a bank must know of a boleto (Circular BCB 3.656/2013). `id` is our own, for asking."""

    id: UUID
    account_id: UUID
    nosso_numero: str
    due_on: date
    amount: Decimal
    payer_name: str
    payer_document: str


class BoletoRegistrar(Protocol):
    """A bank that registers boletos by API.

    Blocks on the network, at most for the gateway's own timeout. Raises `GatewayRefusedError` for
    good, `GatewayUnavailableError` when the answer is unknown. After the latter ask `find` before
    calling `register` again: a second registration would be a second debt.
    """

    def register(self, boleto: BoletoRegistration) -> None: ...
    def find(self, id: UUID) -> bool: ...


class PixCharger(Protocol):
    """A PSP that makes Pix charges (API Pix 2.9). `txid` is ours, so `charge` may be repeated:
    PUT /cobv with the same txid and content is one charge. Blocks and raises as BoletoRegistrar."""

    def charge(self, txid: str, pix_key: str, due_on: date, amount: Decimal) -> str: ...


class NfseIssuer(Protocol):
    """SEFIN Nacional. `issue` blocks, and must never be repeated blindly: POST of a DPS is not
    idempotent. After `GatewayUnavailableError`, ask `find` by the idDPS first."""

    def issue(self, id_dps: str, xml: bytes) -> bytes: ...
    def find(self, id_dps: str) -> bytes | None: ...


class Mailer(Protocol):
    """An SMTP server. Blocks; a message may arrive twice, so it carries the given Message-ID."""

    def send(self, message_id: str, recipients: Collection[str], message: bytes) -> None: ...


class PdfRenderer(Protocol):
    """Draws an invoice. Pure: the same invoice gives the same bytes; blocks on the processor."""

    def render(self, invoice_id: UUID) -> bytes: ...


class GatewayRefusedError(Exception):
    """The other side said no for good: correct what it names, then bill again."""


class GatewayUnavailableError(Exception):
    """No answer, or one that says nothing: the act may have happened. Ask by id before repeating."""


class AutomaticCompanies(Protocol):
    """Which companies have automatic billing switched on (F191)."""

    def automatic(self) -> Sequence[UUID]:
        """Their ids, in a fixed order. Reads only."""
        ...


class GrowingContracts(Protocol):
    """Which contracts time has reached: a horizon too short (F119), an index clause. Deciding is theirs."""

    def known_until(self) -> int:
        """The position up to which contracts are known. Reads only."""
        ...

    def short_of(self, until: date) -> Iterator[UUID]:
        """Open-ended contracts whose last generated period falls due before `until`, in a fixed order.

        Contracts that lack nothing may be among them: topping up is idempotent. Streams. Reads only.
        """
        ...

    def adjustable(self, until: date) -> Iterator[UUID]:
        """Contracts whose index clause may act up to `until` (F127), in a fixed order.

        Contracts that wait for their index, or for a later day, may be among them: adjusting is
        idempotent. Streams. Reads only.
        """
        ...


class CustomerPortfolio(Protocol):
    """Which streams belong to a customer, as the read models know them. What they say, the facts do."""

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Block until every fact up to `position` is in the read models. Raises `ReadModelBehindError`."""
        ...

    def contracts_of(self, customer_id: UUID) -> Sequence[UUID]:
        """The customer's contracts. Reads only."""
        ...

    def invoices_of(self, customer_id: UUID) -> Sequence[UUID]:
        """The customer's invoices, of contracts or not, billed or not. Reads only."""
        ...

    def receipts_of(self, customer_id: UUID) -> Sequence[UUID]:
        """The receipts told from outside that pay an invoice of the customer, or paid it last. Reads only."""
        ...

    def waiting_receipts(self) -> Sequence[UUID]:
        """The receipts that nobody could place yet, of whomever. Reads only."""
        ...


@dataclass(frozen=True, slots=True)
class ShownInvoice:
    """How the listing shows an invoice."""

    situacao: str
    version: int


class ShownInvoices(Protocol):
    """The listing, to be held against the facts."""

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Block until it shows every fact up to `position`. Raises `ReadModelBehindError`."""
        ...

    def shown(self, invoice_ids: Sequence[UUID]) -> Mapping[UUID, ShownInvoice]:
        """The rows of those invoices that have one. Reads only."""
        ...


class CompanyAccounts(Protocol):
    """Which accounts companies have, as the read models know it. What they take, the accounts say."""

    def accounts_of(self, companies: Collection[UUID]) -> Sequence[UUID]:
        """Their open accounts, in a fixed order. Reads only."""
        ...


@dataclass(frozen=True, slots=True)
class NumberedBoleto:
    """A boleto that was numbered once, whether or not it is still valid, and what it charges."""

    invoice_id: UUID
    instalment: int
    account_id: UUID
    nosso_numero: str
    linha_digitavel: str


class NumberedBoletos(Protocol):
    """Every boleto ever numbered, by its nosso número."""

    def numbered(self, nosso_numeros: Collection[str]) -> Sequence[NumberedBoleto]:
        """The boletos with exactly one of these numbers, of whatever bank.

        What is recorded when it is asked is found, however far behind the read model is. Reads only;
        blocks longer the further behind it is.
        """
        ...


class WaitingReceipts(Protocol):
    """Which receipts nobody has placed yet. Whether one still waits, the receipt says."""

    def naming(self, invoice_ids: Collection[UUID], linhas: Collection[str]) -> Sequence[UUID]:
        """Receipts that may mean these invoices, or boletos with these linhas digitáveis, oldest first.

        Too many rather than too few: what a receipt means is decided by whoever looks at it. What is
        recorded when it is asked is found. Reads only.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenSale:
    """A sale that a read model holds to be open, and when it is due. What is open of it, the sale says."""

    sale_id: UUID
    company_id: UUID
    customer_id: UUID
    account_id: UUID | None
    due_on: date


@dataclass(frozen=True, slots=True)
class SalesReminder:
    """What is open of a customer's sales in one company: how many, how much, and due since when."""

    company_id: UUID
    customer_id: UUID
    sales: int
    amount: Decimal
    due_on: date


class OpenSales(CompanyAccounts, Protocol):
    """Which sales wait to be billed, as a read model knows it."""

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Block until every fact up to `position` is in the read model. Raises `ReadModelBehindError`."""
        ...

    def due(
        self, companies: Collection[UUID] | None, due_from: date, due_until: date, due_on: date | None = None
    ) -> Iterator[OpenSale]:
        """Every open contractual sale due in the interval that emits documents, both ends included.

        Arguments, order and streaming as `BillableInvoices.candidates`. Nearly always there is none.
        """
        ...

    def reminders(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        modes: Collection[str],
        limit: int,
    ) -> Sequence[SalesReminder]:
        """What is open in the interval, of sales of these modes, by customer, the largest first."""
        ...


class ReadModels(BillableInvoices, AutomaticCompanies, GrowingContracts, CompanyAccounts, Protocol):
    """All that the commands ask of the read models."""
