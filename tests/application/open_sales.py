"""The port `OpenSales` read from the facts directly: never behind, and only fit for small logs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from uuid import UUID

from application.app import Lastro
from application.ports import OpenSale, SalesReminder
from domain.late_charges import ZERO
from domain.sale.sale import Sale, project
from domain.sale.sale import total as total_of


class FactOpenSales:
    """What a read model of sales answers."""

    def __init__(self, lastro: Lastro) -> None:
        self._lastro = lastro

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Nothing to wait for."""

    def due(
        self, companies: Collection[UUID] | None, due_from: date, due_until: date, due_on: date | None = None
    ) -> Iterator[OpenSale]:
        """Every contractual sale due in the interval; whether it is open, the aggregate says."""
        for sale in self._sales(companies, due_from, due_until):
            assert sale.company_id is not None
            if sale.mode == "contractual" and sale.emits_documents and due_on in (None, sale.due_on):
                yield OpenSale(sale.id, sale.company_id, sale.customer_id, sale.account_id, sale.due_on)

    def reminders(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        modes: Collection[str],
        limit: int,
    ) -> Sequence[SalesReminder]:
        """By customer, the largest first."""
        found: dict[tuple[UUID, UUID], list[Sale]] = {}
        for sale in self._sales(companies, due_from, due_until):
            assert sale.company_id is not None
            if sale.mode in modes and sale.is_open:
                found.setdefault((sale.company_id, sale.customer_id), []).append(sale)
        reminders = [
            SalesReminder(
                company,
                customer,
                len(sales),
                sum((total_of(each.open_items) for each in sales), ZERO),
                min(each.due_on for each in sales),
            )
            for (company, customer), sales in found.items()
        ]
        return sorted(reminders, key=lambda each: -each.amount)[:limit]

    def accounts_of(self, companies: Collection[UUID]) -> Sequence[UUID]:
        """Every account registered for them."""
        with self._lastro.database.connection() as db:
            rows = db.execute("SELECT stream_id, company_id FROM event WHERE topic = 'account.registered.v1'")
            return [account for account, company in rows if company in companies]

    def _sales(self, companies: Collection[UUID] | None, due_from: date, due_until: date) -> list[Sale]:
        with self._lastro.database.connection() as db:
            rows = db.execute("SELECT stream_id FROM event WHERE topic = 'sale.recorded.v1'").fetchall()
        sales = self._lastro.load_many(project, [id for (id,) in rows]).values()
        fit = [
            each
            for each in sales
            if (companies is None or each.company_id in companies) and due_from <= each.due_on <= due_until
        ]
        return sorted(fit, key=lambda each: (str(each.company_id), each.customer_id, each.due_on, each.id))
