"""*Faturar agora* as a page sees it: what may be billed, why the rest may not, then an outcome for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.access import Principal
from application.billing.immediate import BilledNow
from domain.invoice.situacao import Situacao
from domain.user.roles import Permission
from projections.invoice_grid import query as grid
from projections.invoice_grid.rows import GridRow
from projections.progress import wait_for
from projections.shown import ON_PAGES
from web.rows import BILLABLE, customer_of, failure_of, row_of
from web.rows import GridRow as ShownRow
from web.services import Services
from web.wording import refusals

MOST_AT_ONCE = 1_000
WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Before anything happens: what would be billed, and what is left out with its reason."""

    billable: list[ShownRow]
    excluded: list[tuple[str, int]]

    @property
    def total(self) -> Decimal:
        """What would be billed in all."""
        return sum((row.amount for row in self.billable), Decimal(0))

    @property
    def ids(self) -> str:
        """The invoices to bill, as the form carries them."""
        return " ".join(str(row.id) for row in self.billable)


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one invoice, in words. `id` is None for what is no invoice."""

    id: UUID | None
    tone: str
    icon: str
    customer: str
    due_on: date | None
    amount: Decimal | None
    words: str
    text: str
    error_id: UUID | None


@dataclass(frozen=True, slots=True)
class BillingOutcome:
    """What became of all; `behind` when the listing does not show it yet."""

    items: list[ItemOutcome]
    billed: int
    failed: int
    refused: int
    behind: bool

    def values(self) -> dict[str, Any]:
        """For the template."""
        return {name: getattr(self, name) for name in ("items", "billed", "failed", "refused", "behind")}


def parse_ids(text: str) -> list[UUID]:
    """The invoices of a form, each once; what is no id is left out."""
    found: dict[UUID, None] = {}
    for part in text.split():
        try:
            found[UUID(part)] = None
        except ValueError:
            continue
    return list(found)


def confirmation(services: Services, principal: Principal, ids: Sequence[UUID]) -> Confirmation:
    """What billing these invoices would do. Raises PermissionMissingError for who may bill nothing."""
    principal.require(Permission.BILL_NOW)
    beyond, ids = len(ids) - MOST_AT_ONCE, ids[:MOST_AT_ONCE]
    rows = [row for row in grid.chosen(services.database, ids) if _seen(principal, row)]
    reasons = Counter(reason for row in rows if (reason := _obstacle(principal, row)))
    if missing := len(ids) - len(rows):
        reasons["não encontradas"] += missing
    if beyond > 0:
        reasons[f"além de {MOST_AT_ONCE} por vez; fature-as em seguida"] += beyond
    today = services.today()
    billable = [row_of(row, principal, today) for row in rows if not _obstacle(principal, row)]
    return Confirmation(billable, reasons.most_common())


def bill_now(services: Services, principal: Principal, ids: Sequence[UUID]) -> BillingOutcome:
    """Bill, wait until the listing shows it, and tell what became of each."""
    principal.require(Permission.BILL_NOW)
    results = services.invoices.bill_now(principal, ids[:MOST_AT_ONCE])
    position = max((each.position or 0 for each in results), default=0)
    behind = position > 0 and not wait_for(services.database, position, WAIT_SECONDS, ON_PAGES)
    rows = {row.invoice_id: row for row in grid.chosen(services.database, ids) if _seen(principal, row)}
    counts = Counter(each.outcome for each in results)
    return BillingOutcome(
        items=[_item(each, rows.get(each.invoice_id)) for each in results],
        billed=counts["billed"],
        failed=counts["failed"],
        refused=counts["refused"],
        behind=behind,
    )


def _seen(principal: Principal, row: GridRow) -> bool:
    return principal.may(Permission.SEE_BILLING, row.company_id)


def _obstacle(principal: Principal, row: GridRow) -> str:
    if not principal.may(Permission.BILL_NOW, row.company_id):
        return "sem permissão nesta empresa"
    if row.situacao in BILLABLE:
        return ""
    return {
        Situacao.BILLED.value: "já faturadas",
        Situacao.CANCELLED.value: "canceladas",
        Situacao.VALUE_PENDING.value: "esperam o valor definitivo",
    }.get(row.situacao, row.situacao)


def _item(result: BilledNow, row: GridRow | None) -> ItemOutcome:
    tone, icon, words, text = _words(result, row)
    return ItemOutcome(
        id=result.invoice_id,
        tone=tone,
        icon=icon,
        customer=customer_of(row).name if row else "Fatura não encontrada",
        due_on=row.due_on if row else None,
        amount=row.amount if row else None,
        words=words,
        text=text,
        error_id=result.invoice_id if row and result.outcome == "failed" else None,
    )


def _words(result: BilledNow, row: GridRow | None) -> tuple[str, str, str, str]:
    match result.outcome:
        case "billed":
            return "ok", "circle-check", "Faturada", ""
        case "failed":
            failed = failure_of(row) if row else None
            cause = failed.cause if failed else result.detail
            return "warn", "alert-triangle", failed.headline if failed else "Erro no faturamento", cause
        case "refused":
            return "bad", "ban", "Recusada", refusals.text(result.reason, ValueError(result.detail))
