"""How `lastro bill` tells of a plan and its run: tables for a person, one JSON document for a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from application.access import Principal
from application.billing.batch import BillingBatch, PlanSummary
from domain.company.company import project as project_company
from lastro.output import notices, show, show_json
from lastro.wiring import Runtime

_NAMED = 20


def report(runtime: Runtime, summary: PlanSummary) -> dict[str, Any]:
    """Everything that is known of a run, ready for JSON."""
    planned = summary.planned
    companies = runtime.lastro.load_many(project_company, [total.company_id for total in planned.totals])
    return {
        "plan_hash": summary.plan_hash,
        "run_id": planned.originator_id,
        "mode": planned.mode,
        "state": summary.run.state,
        "planned_at": planned.occurred_at,
        "log_position": planned.log_position,
        "filter": planned.filter.model_dump(mode="json"),
        "invoices": planned.invoices,
        "amount": sum(total.amount for total in planned.totals),
        "companies": [
            {
                "company": companies[total.company_id].code,
                "company_id": total.company_id,
                "invoices": total.invoices,
                "amount": total.amount,
            }
            for total in planned.totals
        ],
        "exclusions": [one.model_dump() for one in planned.exclusions],
        "difference": None if summary.difference is None else asdict(summary.difference),
        "progress": {
            "billed": summary.run.billed,
            "with_failures": summary.run.with_failures,
            "refused": summary.run.refused,
            "failed": summary.run.failed,
            "amount": summary.run.amount,
        },
    }


def tell(
    runtime: Runtime, batch: BillingBatch, principal: Principal, summary: PlanSummary, *, as_json: bool
) -> None:
    """Print a run. Items that were refused or failed are named, the first twenty of them on a terminal."""
    data = report(runtime, summary)
    if as_json:
        reports = batch.reports(principal, summary.plan_hash, limit=summary.planned.invoices or 1)
        show_json({**data, "items_not_plainly_billed": reports})
        return
    notices.print(f"plan {summary.plan_hash}", style="bold")
    show(data["companies"], columns=("company", "invoices", "amount"), as_json=False)
    if data["exclusions"]:
        notices.print("left out:")
        show(data["exclusions"], columns=("reason", "invoices"), as_json=False)
    if data["difference"] is not None:
        notices.print(f"since the plan before: {_counts(data['difference'])}")
    notices.print(f"{data['state']}: {_counts(data['progress'])}")
    reports = batch.reports(principal, summary.plan_hash, limit=_NAMED)
    if reports:
        rows = [asdict(one) for one in reports]
        show(rows, columns=("invoice_id", "outcome", "reason", "detail", "stream_id"), as_json=False)


def _counts(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
