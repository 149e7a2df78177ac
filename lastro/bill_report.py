"""How `lastro bill` tells of a plan and its run: tables for a person, one JSON document for a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import batched
from typing import Any
from uuid import UUID

import typer

from application.access import Principal
from application.billing.batch import BillingBatch, PlanSummary
from application.billing.chunks import MOVED
from application.billing.plan_rows import Exclusion, ItemReport
from application.ports import SalesReminder
from domain.company.company import project as project_company
from lastro.output import notices, show, show_json
from lastro.wiring import Runtime
from projections.customers.query import customer
from projections.invoice_grid.query import chosen
from projections.sales_to_bill.query import codes_of
from web.wording.terms import FORGOTTEN

_SHOWN = 20
_PAGE = 1_000
_OUTCOMES = {
    "with_failures": "billed, one document failed",
    "refused": "refused, not billed",
    "failed": "failed, not billed",
}
"""As a person reads them. JSON keeps the names."""
_NAMES = ("company", "contract", "customer", "due_on", "amount")


@dataclass(frozen=True, slots=True)
class BillReport:
    """Tells of runs that the principal may see."""

    runtime: Runtime
    batch: BillingBatch
    principal: Principal

    def tell(self, summary: PlanSummary, *, as_json: bool) -> None:
        """Print a run. On a terminal the first twenty left out and the first twenty not billed are named."""
        if as_json:
            show_json(self.whole(summary))
            return
        data = self._told(summary)
        typer.echo(f"plan {summary.plan_hash}")
        if data["companies"]:
            show(data["companies"], columns=("company", "invoices", "amount"), as_json=False)
        else:
            typer.echo("nothing is to be billed")
        if data["previous_forgotten"]:
            typer.echo("\nsince the plan before: it is no longer kept, so nothing can be compared")
        elif data["difference"] is not None:
            typer.echo(f"\nsince the plan before: {_difference(data['difference'])}")
        self._tell_sales(summary)
        self._tell_named("left out", self._excluded(summary, _SHOWN), _left_out(summary), "reason", "detail")
        if data["state"] != "planned":
            told = {_OUTCOMES.get(name, name): value for name, value in data["progress"].items()}
            typer.echo(f"\n{data['state']}: {_counts(told)}")
            found = (
                {**row, "outcome": _OUTCOMES[row["outcome"]]} for row in self._not_billed(summary, _SHOWN)
            )
            count = summary.run.with_failures + summary.run.refused + summary.run.failed
            self._tell_named("not plainly billed", found, count, "outcome", "reason", "detail", "moved")
            if summary.run.with_failures:
                notices.print(
                    f"{summary.run.with_failures} billed with one document failed: they count as billed (exit"
                    " code 0); correct the cause, then bill them again from the listing for that document"
                )
        elif data["invoices"]:
            notices.print(f"nothing is billed yet: `lastro bill confirm {summary.plan_hash[:8]}` bills it")

    def whole(self, summary: PlanSummary) -> dict[str, Any]:
        """Everything that is known of a run, ready for JSON."""
        most = summary.planned.invoices or 1
        return {
            **self._told(summary),
            "sales": [asdict(one) for one in self.batch.sold(self.principal, summary.plan_hash, limit=most)],
            "reminders": [asdict(one) for one in self._reminders(summary, _PAGE)],
            "excluded": list(self._excluded(summary, _left_out(summary) or 1)),
            "items_not_plainly_billed": list(self._not_billed(summary, most)),
        }

    def _tell_sales(self, summary: PlanSummary) -> None:
        """The sales that the plan bills (V16), and those that it only reminds of (F177)."""
        sold = self.batch.sold(self.principal, summary.plan_hash, limit=_SHOWN)
        if sold:
            codes = codes_of(self.runtime.database, [one.sale_id for one in sold])
            rows = [
                {
                    "sale": codes.get(one.sale_id, one.sale_id),
                    "due_on": one.due_on,
                    "amount": one.amount,
                    "goes on": "its customer's invoice" if one.joins else "an invoice of its own",
                    "invoice_id": one.invoice_id,
                }
                for one in sold
            ]
            typer.echo("\nsales in this plan")
            show(rows, columns=("sale", "due_on", "amount", "goes on", "invoice_id"), as_json=False)
            if len(sold) >= _SHOWN:
                notices.print(f"the first {_SHOWN} are shown: --json names them all")
        reminders = self._reminders(summary, _SHOWN)
        if reminders:
            typer.echo("\nreminder: open sales that this plan does not bill")
            columns = ("company", "customer", "sales", "due since", "amount")
            show(self._remind(reminders), columns=columns, as_json=False)
            notices.print("bill them on the page /vendas or with `lastro sale bill`")

    def _reminders(self, summary: PlanSummary, limit: int) -> Sequence[SalesReminder]:
        return self.batch.reminders(self.principal, summary.plan_hash, limit)

    def _remind(self, found: Sequence[SalesReminder]) -> Iterator[dict[str, Any]]:
        companies = self.runtime.lastro.load_many(project_company, {one.company_id for one in found})
        for one in found:
            known = customer(self.runtime.database, one.customer_id)
            yield {
                "company": companies[one.company_id].code,
                "customer": (known and known.name) or FORGOTTEN,
                "sales": one.sales,
                "due since": one.due_on,
                "amount": one.amount,
            }

    def _told(self, summary: PlanSummary) -> dict[str, Any]:
        planned = summary.planned
        ids = [total.company_id for total in planned.totals]
        companies = self.runtime.lastro.load_many(project_company, ids)
        totals = [
            {
                "company": companies[total.company_id].code,
                "company_id": total.company_id,
                "invoices": total.invoices,
                "amount": total.amount,
            }
            for total in planned.totals
        ]
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
            "companies": totals,
            "exclusions": [one.model_dump() for one in planned.exclusions],
            "difference": None if summary.difference is None else asdict(summary.difference),
            "previous_forgotten": summary.previous_forgotten,
            "progress": {
                "billed": summary.run.billed,
                "with_failures": summary.run.with_failures,
                "refused": summary.run.refused,
                "failed": summary.run.failed,
                "amount": summary.run.amount,
            },
        }

    def _excluded(self, summary: PlanSummary, limit: int) -> Iterator[dict[str, Any]]:
        found = self.batch.exclusions(self.principal, summary.plan_hash, limit=limit)
        return self._named(found)

    def _not_billed(self, summary: PlanSummary, limit: int) -> Iterator[dict[str, Any]]:
        found = self.batch.reports(self.principal, summary.plan_hash, limit=limit)
        for row in self._named(found):
            yield {**row, "moved": _moved(row)}

    def _named(self, found: Sequence[Exclusion | ItemReport]) -> Iterator[dict[str, Any]]:
        """With the names that the listing knows; an invoice that it does not show yet has none."""
        for page in batched(found, _PAGE):
            rows = {
                row.invoice_id: row for row in chosen(self.runtime.database, [one.invoice_id for one in page])
            }
            for one in page:
                row = rows.get(one.invoice_id)
                names = {
                    "company": row and row.company_code,
                    "contract": row and row.contract_code,
                    "customer": row and (row.customer_name or FORGOTTEN),
                    "due_on": row and row.due_on,
                }
                yield {**names, **asdict(one)}

    @staticmethod
    def _tell_named(what: str, rows: Iterable[Mapping[str, Any]], count: int, *columns: str) -> None:
        named = list(rows)
        if not named:
            return
        typer.echo(f"\n{what}: {count}")
        show(named, columns=(*_NAMES, *columns), as_json=False)
        if len(named) < count:
            notices.print(f"the first {_SHOWN} are shown: --json names them all")


def _left_out(summary: PlanSummary) -> int:
    return sum(one.invoices for one in summary.planned.exclusions)


def _moved(row: Mapping[str, Any]) -> str | None:
    """Which kind of stream moved since the plan."""
    if row["reason"] != MOVED:
        return None
    own: dict[UUID, str] = {row["customer_id"]: "customer", row["invoice_id"]: "invoice"}
    return own.get(row["stream_id"], "registry")


def _difference(difference: Mapping[str, int]) -> str:
    return _counts(difference) or "no difference"


def _counts(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items() if value)
