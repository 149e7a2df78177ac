"""A row of the listing as the template needs it: words, icons and tones are decided here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.values.payment import Document, DocumentState
from web import formats
from web.wording import terms
from web.wording.failures import FailureWords

_TONES = 8


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

    @property
    def tone(self) -> int:
        """One of the palette's colours, always the same for a company."""
        return self.id.int % _TONES


@dataclass(frozen=True, slots=True)
class CustomerCell:
    """F30, F31. `name` is a placeholder where the person was forgotten."""

    name: str
    trade_name: str | None
    document: str | None

    @property
    def tooltip(self) -> str:
        trade = f"\nNome fantasia: {self.trade_name}" if self.trade_name else ""
        document = formats.tax_document(self.document) or "Documento não cadastrado"
        return f"{self.name}{trade}\n{document}"


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
    def state(self) -> str:
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
    """One invoice of the listing (V15)."""

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

    @property
    def cents(self) -> int:
        """The amount for the sum of what is selected."""
        return int(self.amount * 100)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    value: str
    without: str
