"""A row of the listing as the template needs it: words, icons and tones are decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from application.access import Principal
from domain.invoice.billing import FailureReason
from domain.invoice.situacao import Situacao
from domain.user.roles import Permission
from domain.values.payment import Document, DocumentState
from projections.invoice_grid.rows import GridRow as FoundRow
from web import formats
from web.alarm import operates
from web.past import Past
from web.wording import terms
from web.wording.failures import FailureWords, failure, without_person
from web.wording.stale import explanation


@dataclass(frozen=True, slots=True)
class Tag:
    """A coloured label."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class CompanyMark:
    """F28: initials in a circle; the tip says name and CNPJ."""

    id: UUID
    legal_name: str
    trade_name: str
    cnpj: str

    @property
    def initials(self) -> str:
        return formats.initials(self.trade_name or self.legal_name)


@dataclass(frozen=True, slots=True)
class CustomerCell:
    """F30, F31. `name` is a placeholder where the person was forgotten."""

    name: str
    trade_name: str | None
    document: str | None

    @property
    def document_words(self) -> str:
        return document_words(self.name, self.document)

    @property
    def tooltip(self) -> str:
        trade = f"\nNome fantasia: {self.trade_name}" if self.trade_name else ""
        return f"{self.name}{trade}\n{self.document_words}"


@dataclass(frozen=True, slots=True)
class DocumentMark:
    """The state of one wanted document, beside the Situação (V18)."""

    document: Document
    state_of: DocumentState

    @property
    def icon(self) -> str:
        return terms.DOCUMENT_ICON[self.document]

    @property
    def label(self) -> str:
        return terms.DOCUMENT[self.document]

    @property
    def short(self) -> str:
        return terms.DOCUMENT_SHORT[self.document]

    @property
    def state(self) -> str:
        """A boleto that we numbered is not at the bank yet, and nothing here claims more."""
        if self.document is Document.BOLETO and self.state_of is DocumentState.REQUESTED:
            return "numerado, aguardando envio ao banco"
        return terms.DOCUMENT_STATE[self.state_of]

    @property
    def tone(self) -> str:
        match self.state_of:
            case DocumentState.DONE:
                return "done"
            case DocumentState.FAILED:
                return "failed"
            case DocumentState.CANCELLED:
                return "cancelled"
            case _:
                return "waiting"


@dataclass(frozen=True, slots=True)
class PaidMark:
    """F73: paid, partly paid, not paid."""

    paid_amount: Decimal
    paid: bool

    @property
    def words(self) -> str:
        if self.paid:
            return "Quitado"
        return "Quitado parcialmente" if self.paid_amount else "Não quitado"

    @property
    def icon(self) -> str:
        if self.paid:
            return "circle-check"
        return "circle-half-2" if self.paid_amount else "circle-dashed"

    @property
    def tone(self) -> str:
        if self.paid:
            return "full"
        return "half" if self.paid_amount else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One invoice of the listing (V15). `past` ends the address of its windows at a position of the past."""

    id: UUID
    company: CompanyMark
    customer: CustomerCell
    failure: FailureWords | None
    billed_on: date | None
    forecast_on: date | None
    due_on: date
    late: bool
    kind: Tag
    situacao: Tag
    amount: Decimal
    documents: tuple[DocumentMark, ...]
    sent_on: date | None
    method: str
    method_icon: str
    has_boleto: bool
    paid: PaidMark
    instalments_total: int
    instalments_paid: int
    can_bill: bool
    stale: str = ""
    stale_address: str = ""
    past: str = ""

    @property
    def cents(self) -> int:
        """The amount for the sum of what is selected."""
        return int(self.amount * 100)


BILLABLE = frozenset({Situacao.PENDING.value, Situacao.ERROR.value})
"""F51: what may be billed now."""


def document_words(name: str | None, document: str | None) -> str:
    """A CPF or CNPJ, or why there is none: never given (F30), or the person was forgotten."""
    if name in (None, terms.FORGOTTEN):
        return terms.FORGOTTEN
    return formats.tax_document(document) or "Documento não cadastrado"


def customer_of(found: FoundRow) -> CustomerCell:
    """The customer of a row; one that was forgotten has no name any more."""
    return CustomerCell(
        found.customer_name or terms.FORGOTTEN, found.customer_trade_name, found.customer_document
    )


def documents_of(found: FoundRow) -> tuple[DocumentMark, ...]:
    """The documents that the invoice wants, or wanted, each with its state."""
    states = {
        Document.BOLETO: found.boleto_state,
        Document.PIX: found.pix_state,
        Document.NFSE: found.nfse_state,
        Document.PDF: found.pdf_state,
        Document.EMAIL: found.email_state,
    }
    return tuple(
        DocumentMark(document, DocumentState(state))
        for document, state in states.items()
        if state != DocumentState.NOT_WANTED
    )


def failure_of(found: FoundRow) -> FailureWords | None:
    """The failure that the row shows (F34)."""
    if found.error_document is None or found.situacao != Situacao.ERROR:
        return None
    if lacks_person(found):
        return without_person(found.error_document)
    return failure(found.error_document, found.error_reason or "", found.error_detail or "")


def lacks_person(found: FoundRow) -> bool:
    """The document that failed names its payer, and the payer was forgotten: nothing mends that."""
    return found.customer_name is None and (
        found.error_document == Document.BOLETO
        or found.error_reason == FailureReason.PAYER_WITHOUT_DOCUMENT.value
    )


def is_late(found: FoundRow, today: date) -> bool:
    """F38: open past the last day without charges, of an invoice that is owed."""
    until = found.next_open_payable_until
    return found.situacao != Situacao.CANCELLED and until is not None and until < today


def company_of(found: FoundRow) -> CompanyMark:
    """The company's circle."""
    name = found.company_legal_name or found.company_code or "?"
    return CompanyMark(found.company_id, name, found.company_trade_name or name, found.company_cnpj or "")


def parked_address(principal: Principal, stream: UUID) -> str:
    """Where an operator sees what is parked of a stream; empty for others."""
    return f"/operacao?registro={stream}" if operates(principal) else ""


def row_of(found: FoundRow, principal: Principal, today: date, past: Past | None = None) -> GridRow:
    """A row for this person: what they may do with it included, which is nothing with one of the past."""
    billable = found.situacao in BILLABLE and past is None
    settled = found.instalments_paid == found.instalments_total
    return GridRow(
        id=found.invoice_id,
        company=company_of(found),
        customer=customer_of(found),
        failure=failure_of(found),
        billed_on=found.billed_on,
        forecast_on=None if found.situacao == Situacao.CANCELLED else found.forecast_on,
        due_on=found.due_on,
        late=is_late(found, today),
        kind=Tag(*terms.KIND[found.kind]),
        situacao=Tag(*terms.SITUACAO[found.situacao]),
        amount=found.amount,
        documents=documents_of(found),
        sent_on=found.sent_on,
        method=terms.PAYMENT_METHOD[found.payment_method],
        method_icon=terms.PAYMENT_ICON[found.payment_method],
        has_boleto=found.payment_method == "boleto",
        paid=PaidMark(found.paid_amount, settled),
        instalments_total=found.instalments_total,
        instalments_paid=found.instalments_paid,
        can_bill=billable and principal.may(Permission.BILL_NOW, found.company_id),
        stale=explanation(found.parked) if found.parked else "",
        stale_address=parked_address(principal, found.invoice_id) if found.parked else "",
        past="" if past is None else past.suffix,
    )


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    value: str
    without: str
