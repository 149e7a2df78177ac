"""An invoice in error as its window sees it: what is wrong, what may be done, which others have the same."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from application.access import Principal
from domain.invoice.billing import FailureReason
from domain.invoice.invoice import Invoice
from domain.user.roles import Permission
from domain.values.payment import Document
from projections.invoice_grid.alike import failing_alike
from projections.invoice_grid.rows import GridRow
from projections.services.query import Service
from projections.services.query import services as services_of_companies
from web.billing import MOST_AT_ONCE
from web.rows import BILLABLE, failure_of, lacks_person
from web.services import Services
from web.wording.failures import FailureWords, failure


@dataclass(frozen=True, slots=True)
class Alike:
    """The other invoices with the same error, no more of them than one request bills."""

    invoice_ids: tuple[UUID, ...] = ()
    more: bool = False

    @property
    def ids(self) -> str:
        """As a form carries them."""
        return " ".join(str(each) for each in self.invoice_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """What the window says and offers. `contract` is the code of one that may forgo its notas."""

    words: FailureWords | None
    alike: Alike
    correctable: Service | None = None
    corrected: str | None = None
    waivable: bool = False
    contract: str | None = None
    rebillable: bool = False


def failing(services: Services, principal: Principal, row: GridRow) -> Failing:
    """Of an invoice without error: no words, nothing to offer."""
    words = failure_of(row)
    if words is not None and lacks_person(row):
        return Failing(words=words, alike=Alike())
    if words is None or row.error_document != Document.NFSE:
        return Failing(words=words, alike=Alike(), rebillable=row.situacao in BILLABLE)
    known = {each.service_id: each for each in services_of_companies(services.database, [row.company_id])}
    invoice = services.invoices.load(principal, row.invoice_id)
    others = alike(services, row)
    if _goods_alone(invoice, known):
        return _goods(services, principal, row, words, others)
    if row.error_reason == FailureReason.LINE_WITHOUT_SERVICE:
        return Failing(words=words, alike=Alike(), waivable=True)
    named = known.get(row.error_service_id) if row.error_service_id else None
    if named is None or named.kind == "product":
        return Failing(words=words, alike=others, rebillable=True)
    if named.lc116 is None:
        return Failing(words=words, alike=others, correctable=named)
    return Failing(words=words, alike=others, corrected=named.lc116, rebillable=True)


def alike(services: Services, row: GridRow) -> Alike:
    """The other invoices whose nota fails for the same service or product."""
    if row.error_service_id is None or row.error_document != Document.NFSE:
        return Alike()
    found = failing_alike(services.database, row, MOST_AT_ONCE + 1)
    return Alike(tuple(found[:MOST_AT_ONCE]), len(found) > MOST_AT_ONCE)


def _goods(
    services: Services, principal: Principal, row: GridRow, words: FailureWords, others: Alike
) -> Failing:
    if row.error_reason != FailureReason.GOODS_TAKE_NFE:
        # Releases before this reason took the product for a service without its code.
        words = failure(Document.NFSE, FailureReason.GOODS_TAKE_NFE, row.error_detail or "")
    forgoing = None
    if row.contract_id is not None and principal.may(Permission.EDIT_BILLING, row.company_id):
        contract = services.contracts.load(principal, row.contract_id)
        wants = any(each.terms.nfse == "per_instalment" for each in contract.plan.versions)
        forgoing = row.contract_code if wants and services.contracts.sells_goods_alone(contract) else None
    return Failing(words=words, alike=others, waivable=True, contract=forgoing)


def _goods_alone(invoice: Invoice, known: dict[UUID, Service]) -> bool:
    sold = [known.get(line.service_id) if line.service_id else None for line in invoice.lines]
    return all(each is not None and each.kind == "product" for each in sold)
