"""Imports a portfolio file: kind by kind, in batches, good rows in, every other one reported.

Nothing is remembered between two runs but what went in, so that a run that was killed is finished by
running it again: what is registered already and says the same changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import batched, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from application.access import Principal
from application.accounts import AccountForm
from application.companies import CompanyForm
from application.customers import CustomerForm
from application.portfolio.columns import Kind
from application.portfolio.entries import Entry, Values, entries
from application.portfolio.forms import account_form, company_form, customer_form, service_form
from application.portfolio.problems import PortfolioFileError, Problem, Report, RowRefusedError
from application.portfolio.reading import read_rows
from application.portfolio.references import Known, References, Registries
from application.portfolio.refusals import problem_of
from application.portfolio.seen import Seen
from application.portfolio.terms import contract_form
from application.registry import Change, Outcome
from application.services import ServiceForm
from application.signing import ContractForm, Signed
from domain.company.company import project as project_company
from domain.kernel import DomainError

_BATCH = 500
_CONTRACTS = 200
"""A contract makes some 25 facts."""

_OF_A_ROW_UNREAD = frozenset({"kind_unknown", "too_many_cells"})

type Form = CompanyForm | AccountForm | ServiceForm | CustomerForm | ContractForm

Advance = Callable[[int], None]
"""Told how many more rows of the file are done."""


class SignsContracts(Protocol):
    """Signs many contracts in a transaction, with an outcome for each, in order."""

    def sign_many(self, principal: Principal, forms: Sequence[ContractForm]) -> list[Outcome]: ...


@dataclass(slots=True)
class Tally:
    """What became of the entries of one kind; a contract with its items is one entry."""

    new: int = 0
    corrected: int = 0
    same: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PastDue:
    """How many of a company's new invoices fell due before today; `automatic`: they are billed unasked."""

    company: str
    automatic: bool
    invoices: int


@dataclass(slots=True)
class Imported:
    """What an import did. `problems` counts everything that was reported.

    `unread` counts the rows of no known kind or of too many cells: none of `kinds` holds them.
    """

    kinds: dict[Kind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in Kind})
    problems: int = 0
    unread: int = 0
    past_due: tuple[PastDue, ...] = ()


class PortfolioImport:
    """One instance may import many files, one after the other."""

    def __init__(self, registries: Registries, contracts: SignsContracts) -> None:
        self._to = registries
        self._contracts = contracts

    def run(
        self, principal: Principal, path: Path, report: Report, advance: Advance = lambda rows: None
    ) -> Imported:
        """Import the file; each problem goes to `report` as it is found.

        Raises PortfolioFileError where the file cannot be read; what stood before that place is in.
        """
        with Seen() as seen:
            run = _Run(self._to, self._contracts, principal, seen, report, advance)
            for kind, rows in groupby(read_rows(path, run.report), attrgetter("kind")):
                size = _CONTRACTS if kind is Kind.CONTRACT else _BATCH
                for batch in batched(entries(rows, run.report), size):
                    run.import_batch(kind, batch)
            run.require_rows()
            return run.finished()


@dataclass(slots=True)
class _Run:
    to: Registries
    contracts: SignsContracts
    principal: Principal
    seen: Seen
    tell: Report
    advance: Advance
    imported: Imported = field(default_factory=Imported)
    references: References = field(init=False)
    past_due: Counter[UUID] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.references = References(self.to, self.principal, self.seen)

    def report(self, problem: Problem) -> None:
        self.imported.problems += 1
        if problem.code in _OF_A_ROW_UNREAD:
            self.imported.unread += 1
        self.tell(problem)

    def require_rows(self) -> None:
        if not self.imported.problems and all(tally == Tally() for tally in self.imported.kinds.values()):
            raise PortfolioFileError("file_without_rows")

    def finished(self) -> Imported:
        companies = self.to.lastro.load_many(project_company, self.past_due)
        found = [
            PastDue(each.code, each.automatic_billing, self.past_due[id]) for id, each in companies.items()
        ]
        self.imported.past_due = tuple(sorted(found, key=attrgetter("company")))
        return self.imported

    def import_batch(self, kind: Kind, batch: Sequence[Entry]) -> None:
        good = [entry for entry in batch if self._is_readable(entry)]
        self._write(kind, good, self.references.known(good))
        self.advance(sum(entry.size for entry in batch))

    def _is_readable(self, entry: Entry) -> bool:
        """Whether the entry can be tried; its code is noted either way, and may stand only once."""
        first = entry.key and self.seen.first_line(entry.kind, entry.key, entry.row.line)
        if first:
            self.report(entry.problem(RowRefusedError("codigo", "repeated", first=str(first))))
        if first or entry.values is None:
            self._refused(entry, noted=not first)
            return False
        return True

    def _write(self, kind: Kind, batch: Sequence[Entry], known: Known) -> None:
        formed = [(entry, form) for entry in batch if (form := self._form(entry, known)) is not None]
        outcomes = self._outcomes(kind, [form for _, form in formed])
        for (entry, form), outcome in zip(formed, outcomes, strict=True):
            self._count(entry, outcome)
            if isinstance(form, ContractForm) and isinstance(outcome, Signed) and outcome.past_due:
                self.past_due[form.company_id] += outcome.past_due

    def _form(self, entry: Entry, known: Known) -> Form | None:
        try:
            return self._formed(entry, known)
        except (RowRefusedError, DomainError) as refusal:
            self._refuse(entry, refusal)
            return None

    def _formed(self, entry: Entry, known: Known) -> Form:
        values = entry.values
        assert values is not None
        match entry.kind:
            case Kind.COMPANY:
                return company_form(values)
            case Kind.CUSTOMER:
                return customer_form(values)
            case Kind.ACCOUNT:
                return account_form(values, known.company(values["empresa"]))
            case Kind.SERVICE:
                return service_form(values, known.company(values["empresa"]))
            case Kind.CONTRACT:
                return self._contract(entry, values, known)

    def _contract(self, entry: Entry, values: Values, known: Known) -> ContractForm:
        company = values["empresa"]
        if values["indice"] is not None:
            values["indice"] = self.references.index(values["indice"])
        return contract_form(
            entry,
            known.company(company),
            known.customer(values["cliente"]),
            known.account(company, values["conta"]),
            lambda code: known.service(company, code),
        )

    def _outcomes(self, kind: Kind, forms: Sequence[Form]) -> list[Outcome]:
        """All in one transaction; if that is refused as a whole, in halves, down to the one at fault."""
        if not forms:
            return []
        try:
            return self._command(kind)(self.principal, forms)
        except DomainError as refusal:
            if len(forms) == 1:
                return [refusal]
            half = len(forms) // 2
            return self._outcomes(kind, forms[:half]) + self._outcomes(kind, forms[half:])

    def _command(self, kind: Kind) -> Callable[[Principal, Sequence[Any]], list[Outcome]]:
        match kind:
            case Kind.COMPANY:
                return self.to.companies.register_many
            case Kind.ACCOUNT:
                return self.to.accounts.register_many
            case Kind.SERVICE:
                return self.to.services.register_many
            case Kind.CUSTOMER:
                return self.to.customers.register_many
            case Kind.CONTRACT:
                return self.contracts.sign_many

    def _count(self, entry: Entry, outcome: Outcome) -> None:
        if isinstance(outcome, DomainError):
            self._refuse(entry, outcome)
            return
        tally = self.imported.kinds[entry.kind]
        match outcome.change:
            case Change.REGISTERED:
                tally.new += 1
            case Change.CORRECTED:
                tally.corrected += 1
            case Change.SAME:
                tally.same += 1

    def _refuse(self, entry: Entry, refusal: RowRefusedError | DomainError) -> None:
        self.report(problem_of(entry, refusal))
        self._refused(entry)

    def _refused(self, entry: Entry, *, noted: bool = True) -> None:
        """`noted`: other rows that refer to it are to be told so."""
        self.imported.kinds[entry.kind].refused += 1
        if entry.key is not None and noted:
            self.seen.refuse(entry.kind, entry.key)
