"""Billing one invoice: which documents are made now, and which could not be made and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from domain.invoice.errors import (
    BoletoNumberMissingError,
    InvoiceBilledError,
    InvoiceCancelledError,
    PriceForecastError,
    ValuePendingError,
)
from domain.invoice.events import (
    BillingRequested,
    BoletoFailed,
    BoletoIssued,
    Instalment,
    InvoiceBilled,
    InvoiceEvent,
    NfseFailed,
    Payer,
    PixChargeFailed,
)
from domain.invoice.situacao import Situacao
from domain.invoice.state import InvoiceState
from domain.kernel import Header
from domain.values.payment import Document


class FailureReason(StrEnum):
    """Why we ourselves could not make a document; a gateway's refusals will have codes of their own."""

    SERVICE_WITHOUT_FISCAL_CODE = "service_without_fiscal_code"
    LINE_WITHOUT_SERVICE = "line_without_service"
    GOODS_TAKE_NFE = "goods_take_nfe"
    PAYER_WITHOUT_DOCUMENT = "payer_without_document"
    ACCOUNT_WITHOUT_AGREEMENT = "account_without_agreement"
    ACCOUNT_WITHOUT_PIX_KEY = "account_without_pix_key"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a document cannot be made: a stable code, and what to correct."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class NumberedBoleto:
    """The numbers of one boleto, as the bank's rules make them from the account's agreement.

    `account_version` is the version of the account that the agreement was read from.
    """

    account_version: int
    bank_code: str
    portfolio: str
    nosso_numero: str
    nosso_numero_digit: str
    barcode: str
    linha_digitavel: str


@dataclass(frozen=True, slots=True)
class BillingInputs:
    """What an invoice cannot know of itself when it is billed.

    `boletos` has an entry for each instalment of `boletos_needed()`: its numbers, or why there are
    none. `pix_obstacle` is set when the account cannot receive Pix. `uncoded_services` are the
    invoice's services without a fiscal code, `goods` its products, with the words that name them to
    a person.
    """

    requested_by: Literal["person", "batch", "scheduler"]
    run_id: UUID | None
    payer: Payer | None
    boletos: Mapping[int, NumberedBoleto | Obstacle] = field(default_factory=dict)
    pix_obstacle: Obstacle | None = None
    uncoded_services: Mapping[UUID, str] = field(default_factory=dict)
    goods: Mapping[UUID, str] = field(default_factory=dict)


_NO_PAYER_DOCUMENT = Obstacle(FailureReason.PAYER_WITHOUT_DOCUMENT.value, "")


def bill(invoice: InvoiceState, inputs: BillingInputs, now: datetime, today: date) -> list[InvoiceEvent]:
    """See `Invoice.bill`."""
    before = invoice.situacao()
    documents = invoice.documents_to_make()
    _require_billable(invoice, before, documents, inputs)
    decision = _Decision(invoice, inputs, now)
    decision.request(documents)
    if Document.BOLETO in documents:
        decision.number_boletos()
    if Document.PIX in documents:
        decision.check_pix()
    if Document.NFSE in documents:
        decision.check_nfse()
    if not decision.failed and before is not Situacao.BILLED:
        decision.facts.append(InvoiceBilled(**decision.header(), billed_on=today))
    return decision.facts


def _require_billable(
    invoice: InvoiceState, before: Situacao, documents: tuple[Document, ...], inputs: BillingInputs
) -> None:
    if before is Situacao.CANCELLED:
        raise InvoiceCancelledError
    if invoice.value_pending:
        raise ValuePendingError
    if invoice.forecast and not invoice.definitive and inputs.requested_by == "scheduler":
        raise PriceForecastError
    # F51. What a person cancelled or exchanged on a billed invoice, only a person makes again (F87).
    if before is Situacao.BILLED and not (documents and inputs.requested_by == "person"):
        raise InvoiceBilledError


class _Decision:
    """The facts of one billing, gathered in their order."""

    def __init__(self, invoice: InvoiceState, inputs: BillingInputs, now: datetime) -> None:
        self.invoice, self.inputs, self.now = invoice, inputs, now
        self.facts: list[InvoiceEvent] = []
        self.failed = False

    def header(self) -> Header:
        return self.invoice.following(self.now, after=len(self.facts))

    def fail(self, fact: InvoiceEvent) -> None:
        self.facts.append(fact)
        self.failed = True

    def request(self, documents: tuple[Document, ...]) -> None:
        self.facts.append(
            BillingRequested(
                **self.header(),
                documents=documents,
                requested_by=self.inputs.requested_by,
                run_id=self.inputs.run_id,
            )
        )

    def number_boletos(self) -> None:
        for instalment in self.invoice.boletos_needed():
            prepared = self._prepared(instalment)
            if isinstance(prepared, Obstacle):
                self.fail(
                    BoletoFailed(
                        **self.header(),
                        instalment=instalment.number,
                        reason=prepared.reason,
                        detail=prepared.detail,
                    )
                )
            else:
                self.facts.append(self._issued(instalment, prepared))

    def _prepared(self, instalment: Instalment) -> NumberedBoleto | Obstacle:
        prepared = self.inputs.boletos.get(instalment.number)
        if prepared is None:
            raise BoletoNumberMissingError(instalment=instalment.number)
        # A boleto names its payer by CPF or CNPJ (Circular BCB 3.656/2013).
        payer = self.inputs.payer
        if isinstance(prepared, NumberedBoleto) and (payer is None or not payer.document):
            return _NO_PAYER_DOCUMENT
        return prepared

    def _issued(self, instalment: Instalment, numbers: NumberedBoleto) -> BoletoIssued:
        invoice = self.invoice
        return BoletoIssued(
            **self.header(),
            customer_id=invoice.customer_id,
            account_id=invoice.account_id,
            account_version=numbers.account_version,
            instalment=instalment.number,
            bank_code=numbers.bank_code,
            portfolio=numbers.portfolio,
            nosso_numero=numbers.nosso_numero,
            nosso_numero_digit=numbers.nosso_numero_digit,
            barcode=numbers.barcode,
            linha_digitavel=numbers.linha_digitavel,
            due_on=instalment.due_on,
            amount=instalment.amount,
            late_charges=invoice.late_charges,
            payer=self.inputs.payer,
        )

    def check_pix(self) -> None:
        obstacle = self.inputs.pix_obstacle
        if obstacle is None:
            return
        for instalment in self.invoice.instalments:
            if self.invoice.open_principal(instalment) > 0:
                self.fail(
                    PixChargeFailed(
                        **self.header(),
                        instalment=instalment.number,
                        reason=obstacle.reason,
                        detail=obstacle.detail,
                    )
                )

    def check_nfse(self) -> None:
        for service_id, obstacle in self._nfse_obstacles():
            self.fail(
                NfseFailed(
                    **self.header(), reason=obstacle.reason, detail=obstacle.detail, service_id=service_id
                )
            )

    def _nfse_obstacles(self) -> Iterator[tuple[UUID | None, Obstacle]]:
        """Each service to correct once, and each line that names none (F107).

        Goods are no matter of a nota of services (F168): beside services it leaves them out, alone
        they leave it nothing to say.
        """
        uncoded, goods = self.inputs.uncoded_services, self.inputs.goods
        sold = dict.fromkeys(line.service_id for line in self.invoice.lines)
        if all(each in goods for each in sold):
            names = ", ".join(goods[each] for each in sold if each is not None)
            yield next(iter(sold)), Obstacle(FailureReason.GOODS_TAKE_NFE.value, names)
        seen: set[UUID] = set()
        for line in self.invoice.lines:
            service_id = line.service_id
            if service_id is None:
                yield None, Obstacle(FailureReason.LINE_WITHOUT_SERVICE.value, line.description)
            elif service_id in uncoded and service_id not in seen:
                seen.add(service_id)
                reason = FailureReason.SERVICE_WITHOUT_FISCAL_CODE.value
                yield service_id, Obstacle(reason, uncoded[service_id])
