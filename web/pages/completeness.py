"""/auditoria/completude: whether every contract period due is billed, and what is not and why (W3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from application.access import Principal
from application.completeness.findings import OUTSIDE, Asked, Finding, Kind, Reason
from application.completeness.keeping import KEPT_FINDINGS, CheckRow, Checks
from domain.user.roles import Permission
from projections.companies.query import companies
from web import formats
from web.dates import DateUnreadableError, parse_day
from web.identity import ServicesOf, Visitor, VisitorOf
from web.pages.views import ViewsOf
from web.rows import CompanyMark
from web.services import Services
from web.templating import Views, is_partial
from web.wording.completeness import WORDS

router = APIRouter(prefix="/auditoria/completude")

_PATH = "/auditoria/completude"
_SHOWN = 200
_LATEST = timedelta(days=366 * 5)


@dataclass(frozen=True, slots=True)
class GapRow:
    """One finding as the table shows it."""

    company: CompanyMark | None
    contract_id: UUID | None
    contract: str
    ordinal: int | None
    due_on: date | None
    amount: Decimal
    reason: str
    remedy: str
    detail: str
    invoice_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How many periods wait for one reason."""

    reason: str
    remedy: str
    count: int
    amount: Decimal


@router.get("")
def completeness_page(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """The last check of the companies that the person audits, and the one under way."""
    return _page(request, services, visitor, views, {})


@router.post("")
def ask_for_check(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    ate: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Ask the worker for a check up to a day; today without one."""
    principal, today = visitor.principal, services.today()
    visible = _visible(principal)
    try:
        until = parse_day(ate, today) if ate.strip() else today
    except DateUnreadableError:
        return _page(request, services, visitor, views, {"ate": "Digite a data como dd/mm/aaaa."}, ate)
    if until > today + _LATEST:
        return _page(request, services, visitor, views, {"ate": "No máximo cinco anos à frente."}, ate)
    asked = Asked(until=until, today=today, companies=visible)
    Checks(services.database).ask(asked, principal.actor, services.now())
    return RedirectResponse(_PATH, 303)


def _visible(principal: Principal) -> tuple[UUID, ...] | None:
    principal.require(Permission.AUDIT)
    allowed = principal.companies(Permission.AUDIT)
    return None if allowed is None else tuple(sorted(allowed))


def _page(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    problems: dict[str, str],
    typed: str = "",
) -> Response:
    visible = _visible(visitor.principal)
    checks = Checks(services.database)
    newest, shown = checks.newest(visible), _shown(checks, visible)
    values = {
        "problems": problems,
        "typed": typed or formats.day(services.today()),
        "under_way": _under_way(newest, services.now()),
        "trouble": _trouble(newest, services.now()),
        "check": shown and _summed(shown),
        **_tables(services, checks, shown, visible),
    }
    if is_partial(request):
        return views.render(request, "completeness/result.html", **values)
    status = 422 if problems else 200
    return views.render(request, "completeness/page.html", status=status, visitor=visitor, **values)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A finished check, and what of its counts this person may see.

    `sums` are None where the check looked at companies beyond theirs; `cut`: more of a reason was found
    than is kept, so that the counts may be too low.
    """

    check: CheckRow
    counts: list[dict[str, Any]]
    sums: dict[str, Any] | None
    cut: bool = False

    def of(self, kind: Kind) -> int:
        return sum(each["count"] for each in self.counts if each["kind"] == kind)


def _shown(checks: Checks, visible: tuple[UUID, ...] | None) -> _Shown | None:
    """The last check of their companies alone, or a later one of more companies, less what is of others."""
    own = checks.last_done(visible)
    wider = None if visible is None else checks.last_done_over(visible)
    if wider is None or visible is None or (own is not None and own.check_id == wider.check_id):
        said = own and own.summary
        return _Shown(own, said["counts"], said) if own and said else None
    said = wider.summary or {"counts": []}
    cut = any(each["count"] > KEPT_FINDINGS for each in said["counts"])
    return _Shown(wider, checks.counts(wider.check_id, visible), None, cut)


def _under_way(check: CheckRow | None, now: datetime) -> dict[str, Any] | None:
    if check is None or check.state not in ("asked", "running") or check.is_lost(now):
        return None
    return {
        "until": check.asked.until,
        "done": check.done,
        "total": check.total,
        "left": _time_left(check, now),
        "waiting": check.state == "asked",
    }


def _time_left(check: CheckRow, now: datetime) -> str:
    if not check.done or check.total <= check.done:
        return ""
    spent = (now - check.asked_at).total_seconds()
    minutes = round(spent * (check.total - check.done) / check.done / 60)
    return f"faltam cerca de {minutes} min" if minutes else "falta menos de 1 min"


def _trouble(check: CheckRow | None, now: datetime) -> str:
    if check is not None and check.is_lost(now):
        return "A última verificação foi interrompida antes do fim. Peça outra."
    if check is not None and check.state == "failed":
        return (
            "A última verificação não chegou ao fim por um erro. Peça outra; se persistir, avise o suporte."
        )
    return ""


def _summed(shown: _Shown) -> dict[str, Any]:
    gaps, rows = shown.of(Kind.GAP), shown.of(Kind.READ_MODEL)
    return {
        "until": shown.check.asked.until,
        "finished_at": shown.check.finished_at,
        "complete": not (gaps or rows or shown.cut),
        "sums": shown.sums,
        "cut": shown.cut,
        "gaps": gaps,
        "rows": rows,
    }


def _tables(
    services: Services, checks: Checks, shown: _Shown | None, visible: tuple[UUID, ...] | None
) -> dict[str, Any]:
    if shown is None:
        return {"gaps": [], "differing": [], "explained": [], "outside": [], "shown": _SHOWN}
    known = companies(services.database, visible)
    marks = {c.company_id: CompanyMark(c.company_id, c.legal_name, c.trade_name, c.cnpj) for c in known}
    limit = min(_SHOWN, KEPT_FINDINGS)

    def rows(kind: Kind) -> list[GapRow]:
        return [_row(each, marks) for each in checks.findings(shown.check.check_id, kind, visible, limit)]

    reasons = [
        (Reason(each["reason"]), each["count"], Decimal(each["amount"]))
        for each in shown.counts
        if each["kind"] == Kind.EXPLAINED
    ]
    return {
        "gaps": rows(Kind.GAP),
        "differing": rows(Kind.READ_MODEL),
        "explained": [ReasonRow(*WORDS[each], *rest) for each, *rest in reasons if each not in OUTSIDE],
        "outside": [ReasonRow(*WORDS[each], *rest) for each, *rest in reasons if each in OUTSIDE],
        "shown": limit,
    }


def _row(finding: Finding, marks: dict[UUID, CompanyMark]) -> GapRow:
    reason, remedy = WORDS[finding.reason]
    return GapRow(
        company=marks.get(finding.company_id) if finding.company_id else None,
        contract_id=finding.contract_id,
        contract=finding.contract_code or (str(finding.contract_id)[:8] if finding.contract_id else ""),
        ordinal=finding.ordinal,
        due_on=finding.due_on,
        amount=finding.amount,
        reason=reason,
        remedy=remedy,
        detail=finding.detail,
        invoice_id=finding.invoice_id,
    )
