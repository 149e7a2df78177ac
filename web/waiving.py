"""*Não gerar nota* as a page sees it: of an invoice, of those that fail alike, of a contract from now on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from application.access import Principal
from domain.invoice.situacao import Situacao
from domain.kernel import DomainError
from domain.user.roles import Permission
from domain.values.payment import Document
from projections.invoice_grid import query as grid
from projections.invoice_grid.rows import GridRow
from projections.progress import wait_for
from projections.shown import ON_PAGES
from web.billing import MOST_AT_ONCE, WAIT_SECONDS, BillingOutcome, ItemOutcome
from web.rows import customer_of, failure_of
from web.services import Services
from web.wording import refusals


def waive_nfse(
    services: Services, principal: Principal, ids: Sequence[UUID], contract: GridRow | None
) -> BillingOutcome:
    """Waive it of each invoice, then of the contract of a row, wait until the listing shows it, and tell.

    Those that nothing else fails of are billed thereby.
    """
    refused: dict[UUID, str] = {}
    last = 0
    for invoice_id in ids[:MOST_AT_ONCE]:
        try:
            done = services.invoices.waive(principal, invoice_id, (Document.NFSE,))
            last = max(last, done.position or 0)
        except DomainError as error:
            refused[invoice_id] = refusals.text(error.code, error)
    told: list[ItemOutcome] = []
    if contract is not None and contract.contract_id is not None:
        told, position = _forgone(services, principal, contract.contract_id, contract)
        last = max(last, position)
    behind = last > 0 and not wait_for(services.database, last, WAIT_SECONDS, ON_PAGES)
    found = {row.invoice_id: row for row in grid.chosen(services.database, ids)}
    rows = {each: row for each, row in found.items() if principal.may(Permission.SEE_BILLING, row.company_id)}
    items = [_item(each, rows.get(each), refused.get(each)) for each in ids[:MOST_AT_ONCE]]
    tones = [item.tone for item in items]
    return BillingOutcome(
        items=told + items,
        billed=tones.count("ok"),
        failed=tones.count("warn"),
        refused=tones.count("bad"),
        behind=behind,
    )


def _forgone(
    services: Services, principal: Principal, contract_id: UUID, row: GridRow
) -> tuple[list[ItemOutcome], int]:
    name = f"Contrato {row.contract_code}"
    try:
        done = services.contracts.forgo_nfse(principal, contract_id)
    except DomainError as error:
        text = refusals.text(error.code, error)
        return [ItemOutcome(None, "bad", "ban", name, None, None, "Recusado", text, None)], 0
    words = "As próximas faturas não geram nota"
    return [ItemOutcome(None, "ok", "circle-check", name, None, None, words, "", None)], done.position or 0


def _item(invoice_id: UUID, row: GridRow | None, refused: str | None) -> ItemOutcome:
    if row is None:
        text = refused or ""
        return ItemOutcome(
            invoice_id, "bad", "ban", "Fatura não encontrada", None, None, "Recusada", text, None
        )
    tone, icon, words, text, error_id = "ok", "circle-check", "Faturada, sem nota", "", None
    if refused is not None:
        tone, icon, words, text = "bad", "ban", "Recusada", refused
    elif row.situacao == Situacao.ERROR:
        failed = failure_of(row)
        tone, icon, words = "warn", "alert-triangle", "Sem nota; outro documento ainda falha"
        text, error_id = failed.cause if failed else "", invoice_id
    elif row.situacao != Situacao.BILLED:
        words = "Sem nota; use Faturar agora para os outros documentos"
    name = customer_of(row).name
    return ItemOutcome(invoice_id, tone, icon, name, row.due_on, row.amount, words, text, error_id)
