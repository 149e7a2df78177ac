"""Decides the billing of many invoices: plan, batch, scheduler and *Faturar agora* all decide here,
so that what a plan shows is what a confirmation does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from application.app import Lastro
from application.billing.numbers import ACCOUNT_CLOSED, numbering_of
from application.billing.payers import KnownPayer, payers_of
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.boleto.numbering import BoletoNumbering
from domain.invoice.billing import BillingInputs, FailureReason, NumberedBoleto, Obstacle
from domain.invoice.events import (
    BoletoFailed,
    BoletoIssued,
    Instalment,
    InvoiceBilled,
    InvoiceEvent,
    NfseFailed,
    PixChargeFailed,
)
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainError
from domain.service.service import FiscalGap, Service
from domain.service.service import project as project_service
from domain.values.payment import Document, PaymentMethod

NUMBERS_EXHAUSTED = "boleto_numbers_exhausted"

type Failure = BoletoFailed | PixChargeFailed | NfseFailed


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for a billing, in which run, and when."""

    requested_by: Literal["person", "batch", "scheduler"]
    run_id: UUID | None
    now: datetime
    today: date


@dataclass(slots=True)
class Loaded:
    """The current state of some invoices and of every stream that their billing rests on."""

    invoices: Mapping[UUID, Invoice]
    accounts: Mapping[UUID, Account]
    services: Mapping[UUID, Service]
    payers: Mapping[UUID, KnownPayer]
    uncoded: Mapping[UUID, str]
    goods: Mapping[UUID, str]
    _numberings: dict[UUID, BoletoNumbering | Obstacle] = field(default_factory=dict)

    def shared_rests(self, invoice: Invoice) -> Iterator[tuple[UUID, int]]:
        """The registries that an invoice rests on and shares with others, with their versions."""
        yield invoice.account_id, self.accounts[invoice.account_id].version
        if Document.NFSE in invoice.documents:
            for line in invoice.lines:
                if line.service_id is not None:
                    yield line.service_id, self.services[line.service_id].version

    def numbering(self, account_id: UUID) -> BoletoNumbering | Obstacle:
        """How an account numbers its boletos, or why it cannot."""
        found = self._numberings.get(account_id)
        if found is None:
            found = self._numberings[account_id] = numbering_of(self.accounts[account_id])
        return found


def load(lastro: Lastro, invoice_ids: Iterable[UUID]) -> Loaded:
    """Everything that deciding needs, in one query per kind of stream. Unknown ids are left out."""
    return around(lastro, lastro.load_many(project_invoice, list(invoice_ids)))


def around(lastro: Lastro, invoices: Mapping[UUID, Invoice]) -> Loaded:
    """The same for invoices that are loaded already, or are yet to be opened."""
    services = lastro.load_many(project_service, list(_services_of(invoices.values())))
    return Loaded(
        invoices=invoices,
        accounts=lastro.load_many(project_account, list({each.account_id for each in invoices.values()})),
        services=services,
        payers=payers_of(lastro, {each.customer_id for each in invoices.values()}),
        uncoded=_named(services, FiscalGap.WITHOUT_FISCAL_CODE),
        goods=_named(services, FiscalGap.GOODS),
    )


def decide(loaded: Loaded, invoice: Invoice, numbers: Sequence[int], request: Request) -> list[InvoiceEvent]:
    """The facts of billing one invoice now; raises DomainError where the invoice refuses.

    `numbers` are this invoice's nosso números, one for each of its `boletos_needed()`; too few of
    them fail the boletos that go without.
    """
    inputs = BillingInputs(
        requested_by=request.requested_by,
        run_id=request.run_id,
        payer=loaded.payers[invoice.customer_id].payer,
        boletos=_boletos(loaded, invoice, numbers),
        pix_obstacle=_pix_obstacle(loaded, invoice),
        uncoded_services=loaded.uncoded,
        goods=loaded.goods,
    )
    return invoice.bill(inputs, request.now, request.today)


def failure_in(facts: Iterable[InvoiceEvent]) -> Failure | None:
    """The first document that could not be made."""
    return next((f for f in facts if isinstance(f, BoletoFailed | PixChargeFailed | NfseFailed)), None)


def progresses(facts: Iterable[InvoiceEvent]) -> bool:
    """Whether the billing got anywhere, or would only repeat the failures that are known."""
    return any(isinstance(fact, BoletoIssued | InvoiceBilled) for fact in facts)


def _named(services: Mapping[UUID, Service], gap: FiscalGap) -> dict[UUID, str]:
    """Those that no nota of services can carry for this reason, with the words that name them to a person."""
    return {
        each.id: f"{each.code} {each.description}" for each in services.values() if each.fiscal_gap() is gap
    }


def _services_of(invoices: Iterable[Invoice]) -> set[UUID]:
    return {
        line.service_id
        for invoice in invoices
        if Document.NFSE in invoice.documents
        for line in invoice.lines
        if line.service_id is not None
    }


def _boletos(
    loaded: Loaded, invoice: Invoice, numbers: Sequence[int]
) -> dict[int, NumberedBoleto | Obstacle]:
    needed = invoice.boletos_needed()
    if not needed:
        return {}
    numbering = loaded.numbering(invoice.account_id)
    if isinstance(numbering, Obstacle):
        return dict.fromkeys((each.number for each in needed), numbering)
    account = loaded.accounts[invoice.account_id]
    return {
        instalment.number: _numbered(numbering, account, numbers[index : index + 1], instalment)
        for index, instalment in enumerate(needed)
    }


def _numbered(
    numbering: BoletoNumbering, account: Account, number: Sequence[int], instalment: Instalment
) -> NumberedBoleto | Obstacle:
    assert account.agreement is not None
    portfolio = account.agreement.portfolio
    if not number or number[0] > numbering.max_number:
        return Obstacle(NUMBERS_EXHAUSTED, portfolio)
    try:
        numbers = numbering.numbers(number[0], instalment.due_on, instalment.amount)
    except DomainError as error:
        return Obstacle(error.code, str(error.details.get("field", "")))
    return NumberedBoleto(
        account_version=account.version,
        bank_code=numbering.bank_code,
        portfolio=portfolio,
        nosso_numero=numbers.nosso_numero,
        nosso_numero_digit=numbers.nosso_numero_digit,
        barcode=numbers.barcode,
        linha_digitavel=numbers.linha_digitavel,
    )


def _pix_obstacle(loaded: Loaded, invoice: Invoice) -> Obstacle | None:
    if invoice.payment_method is not PaymentMethod.PIX:
        return None
    account = loaded.accounts[invoice.account_id]
    if account.closed:
        return Obstacle(ACCOUNT_CLOSED, account.code)
    if account.pix_key is None:
        return Obstacle(FailureReason.ACCOUNT_WITHOUT_PIX_KEY.value, account.code)
    return None
