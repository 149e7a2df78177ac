"""A receipt as the templates need it: words and tones are decided here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from application.access import Principal
from domain.settlement.events import PayerSaid
from domain.user.roles import Permission
from projections.settlements.candidates import Candidate
from projections.settlements.query import SettlementRow
from web import formats
from web.rows import CompanyMark, Tag, document_words, parked_address
from web.wording import settlements as words
from web.wording import terms
from web.wording.stale import explanation
from web.wording.terms import FORGOTTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSettlement:
    """A row of the list. `who` is the customer once it is known, before that whoever is said to have paid."""

    id: UUID
    company: CompanyMark | None
    listed_on: date
    amount: Decimal | None
    who: str
    who_note: str
    who_is_said: bool
    method: str
    account: str
    source: str
    reference: str
    state: Tag
    state_help: str
    reason: str
    invoice_id: UUID | None
    debt: str
    excess: Decimal | None
    may_identify: bool
    stale: str
    stale_address: str


def listed(
    row: SettlementRow,
    marks: Mapping[UUID, CompanyMark],
    payers: Mapping[UUID, PayerSaid],
    principal: Principal,
) -> ListedSettlement:
    """The row for this person: what they may do with it included."""
    who, note, is_said = _who(row, payers.get(row.settlement_id))
    unknown = CompanyMark(row.company_id, row.company_trade_name or "?", "", "") if row.company_id else None
    return ListedSettlement(
        id=row.settlement_id,
        company=marks.get(row.company_id, unknown) if row.company_id else None,
        listed_on=row.listed_on,
        amount=row.amount,
        who=who,
        who_note=note,
        who_is_said=is_said,
        method=terms.PAYMENT_METHOD[row.method] if row.method else "Não informada",
        account=row.account_name or "",
        source=row.source,
        reference=row.reference,
        state=Tag(*words.STATE[row.state]),
        state_help=words.STATE_HELP[row.state],
        reason=reason_of(row),
        invoice_id=row.invoice_id,
        debt=f"Venc. {formats.day(row.due_on)}" if row.due_on else "Ver fatura",
        excess=row.excess if row.excess and row.state == "applied" else None,
        may_identify=row.state == "unidentified" and may_edit(principal, row.company_id),
        stale=explanation(row.parked) if row.parked else "",
        stale_address=parked_address(principal, row.settlement_id) if row.parked else "",
    )


def may_edit(principal: Principal, company_id: UUID | None) -> bool:
    """Whether the person may place this receipt; one of nobody knows which company takes every company."""
    if company_id is None:
        return principal.companies(Permission.EDIT_BILLING) is None
    return principal.may(Permission.EDIT_BILLING, company_id)


def reason_of(row: SettlementRow) -> str:
    """Why it stands as it does, where there is something to say."""
    match row.state:
        case "unidentified":
            return (
                f"{words.RELEASED}: {row.release_reason}" if row.release_reason else words.WHY[row.why or ""]
            )
        case "applied":
            return words.FOUND_BY[row.found_by or "invoice"].capitalize()
        case _:
            return row.reversal_reason or ""


def _who(row: SettlementRow, payer: PayerSaid | None) -> tuple[str, str, bool]:
    if row.customer_id is not None:
        name = row.customer_name or FORGOTTEN
        return name, document_words(name, row.customer_document), False
    if payer is None:
        return "—", "", False
    return payer.name or "—", formats.tax_document(payer.document) or payer.text or "", True


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """An open instalment to choose. `value` is what the form sends, `exact` that the amounts are the same."""

    value: str
    company: CompanyMark | None
    customer: str
    document: str
    about: str
    due_on: date
    open_amount: Decimal
    exact: bool


def candidate_row(
    found: Candidate, amount: Decimal | None, marks: Mapping[UUID, CompanyMark]
) -> CandidateRow:
    """The candidate in words."""
    parts = [f"Contrato {found.contract_code}"] if found.contract_code else []
    if found.instalments > 1:
        parts.append(f"parcela {found.instalment} de {found.instalments}")
    if found.nosso_numero:
        parts.append(f"nosso número {found.nosso_numero}")
    return CandidateRow(
        value=f"{found.invoice_id}:{found.instalment}",
        company=marks.get(found.company_id),
        customer=found.customer_name or FORGOTTEN,
        document=document_words(found.customer_name, found.customer_document),
        about=" · ".join(parts),
        due_on=found.due_on,
        open_amount=found.open_amount,
        exact=found.open_amount == amount,
    )
