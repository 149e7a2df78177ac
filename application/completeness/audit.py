"""The check of completeness (W3): contracts × periods expected, less what is billed, and every gap by name.

Computed from the log, a few hundred contracts at a time. Read models are only held against it, last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from uuid import UUID

from application.app import Lastro
from application.clock import Clock
from application.completeness import reading
from application.completeness.contract import ContractFacts, check
from application.completeness.findings import Asked, Finding, Kind, Reason, Tally
from application.completeness.reading import Named
from application.database import Database
from application.ports import AutomaticCompanies, ReadModelBehindError, ShownInvoice, ShownInvoices
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice

_BATCH = 100
_WAIT_SECONDS = 30.0
_LOOKED_AT_AGAIN = 10_000


type Sink = Callable[[Finding], object]
type Report = Callable[[int, int], object]
"""Called with contracts done and contracts in all, after each batch."""


class Completeness:
    """One check at a time and object. Memory does not grow with the number of contracts."""

    def __init__(
        self, lastro: Lastro, clock: Clock, listing: ShownInvoices, companies: AutomaticCompanies
    ) -> None:
        self._lastro = lastro
        self._database: Database = lastro.database
        self._clock = clock
        self._listing = listing
        self._companies = companies

    def run(self, asked: Asked, sink: Sink, report: Report = lambda done, total: None) -> Tally:
        """Check; every finding goes to `sink`, the sums come back."""
        tally = Tally(asked=asked, position=self._lastro.safe_position(), started_at=self._clock())
        round_ = _Round(self._database, self._listing, asked, tally, sink, set(self._companies.automatic()))
        for cut in reading.cut_streams(self._database, asked.companies):
            round_.cut(cut)
        named = reading.contracts(self._database, tally.position, asked.companies)
        for batch in batched(named, _BATCH):
            round_.contracts(batch)
            report(tally.contracts, batch[0].total)
        round_.look_again(self._lastro)
        tally.finished_at = self._clock()
        return tally


class _Round:
    def __init__(
        self,
        database: Database,
        listing: ShownInvoices,
        asked: Asked,
        tally: Tally,
        sink: Sink,
        automatic: set[UUID],
    ) -> None:
        self._database, self._listing, self._asked = database, listing, asked
        self._tally, self._sink, self._automatic = tally, sink, automatic
        self._doubted: dict[UUID, Named] = {}

    def cut(self, cut: reading.Cut) -> None:
        self._found(
            Finding(
                kind=Kind.GAP,
                reason=Reason.STREAM_CUT,
                company_id=cut.company_id,
                contract_id=cut.stream_id if cut.aggregate == "contract" else None,
                invoice_id=cut.stream_id if cut.aggregate == "invoice" else None,
                detail=f"{cut.aggregate} {cut.stream_id}: {cut.events} events up to version {cut.last}",
            )
        )

    def contracts(self, batch: Sequence[Named]) -> None:
        with self._database.connection() as connection:
            # One moment for contracts and invoices: a command that runs meanwhile is whole or not there.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            histories = reading.streams(connection, [each.contract_id for each in batch])
            known = {id: ContractFacts.of(events) for id, events in histories.items()}
            owned = {id: facts.invoice_ids() for id, facts in known.items() if facts is not None}
            wanted = {id for ids in owned.values() for id in ids}.union(*(each.invoices for each in batch))
            streams = reading.streams(connection, list(wanted))
        self._tally.events += sum(map(len, histories.values())) + sum(map(len, streams.values()))
        invoices = reading.folded(project_invoice, streams)
        for named in batch:
            self._contract(named, known.get(named.contract_id), invoices)
        self._compare(batch, owned, invoices)

    def _contract(
        self,
        named: Named,
        facts: ContractFacts | None,
        invoices: Mapping[UUID, Invoice],
    ) -> None:
        self._tally.contracts += 1
        if facts is None:
            detail = f"{len(named.invoices)} invoices name it"
            self._found(
                Finding(
                    kind=Kind.GAP,
                    reason=Reason.CONTRACT_MISSING,
                    company_id=named.company_id,
                    contract_id=named.contract_id,
                    detail=detail,
                )
            )
            return
        automatic = facts.contract.company_id in self._automatic
        checked = check(facts, invoices, named.invoices, self._asked, automatic=automatic)
        self._tally.expected += checked.expected
        self._tally.billed += checked.billed
        for finding in checked.findings:
            self._found(finding)

    def _compare(
        self,
        batch: Sequence[Named],
        owned: Mapping[UUID, set[UUID]],
        invoices: Mapping[UUID, Invoice],
    ) -> None:
        shown = self._listing.shown(list(invoices))
        for named in batch:
            for id in sorted(owned.get(named.contract_id, set()).union(named.invoices) & invoices.keys()):
                if not _agrees(invoices[id], shown.get(id)) and len(self._doubted) < _LOOKED_AT_AGAIN:
                    self._doubted[id] = named

    def look_again(self, lastro: Lastro) -> None:
        """What differed may only have been on its way: look once more, when the listing has caught up."""
        if not self._doubted:
            return
        try:
            self._listing.wait_for(lastro.safe_position(), _WAIT_SECONDS)
        except ReadModelBehindError as behind:
            self._found(
                Finding(
                    kind=Kind.READ_MODEL,
                    reason=Reason.LISTING_BEHIND,
                    company_id=None,
                    detail=f"{behind}; {len(self._doubted)} invoices differ",
                )
            )
            return
        for ids in batched(sorted(self._doubted), _BATCH):
            shown = self._listing.shown(ids)
            with self._database.connection() as connection:
                invoices = reading.folded(project_invoice, reading.streams(connection, ids))
            for id in ids:
                if not _agrees(invoices[id], shown.get(id)):
                    self._differs(self._doubted[id], invoices[id], shown.get(id))

    def _differs(self, named: Named, invoice: Invoice, shown: ShownInvoice | None) -> None:
        says = "" if shown is None else f"{shown.situacao} at version {shown.version}, "
        self._found(
            Finding(
                kind=Kind.READ_MODEL,
                reason=Reason.ROW_MISSING if shown is None else Reason.ROW_DIFFERS,
                company_id=invoice.company_id,
                contract_id=named.contract_id,
                invoice_id=invoice.id,
                due_on=invoice.instalments[0].due_on,
                amount=invoice.amount,
                detail=f"{says}the facts: {invoice.situacao().value} at version {invoice.version}",
            )
        )

    def _found(self, finding: Finding) -> None:
        self._tally.add(finding)
        self._sink(finding)


def _agrees(invoice: Invoice, shown: ShownInvoice | None) -> bool:
    return shown is not None and (shown.situacao, shown.version) == (
        invoice.situacao().value,
        invoice.version,
    )
