"""Signs contracts, one or thousands in a transaction, each with the invoices that are born with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from application.access import Principal
from application.app import Lastro
from application.event_store.canonical import canonical_json
from application.ids import new_id
from application.openings import open_invoices
from application.registry import (
    Change,
    Done,
    EntryConflictError,
    EntryRepeatedError,
    EntryTakenError,
    Outcome,
)
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.contract import agreement
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.contract.events import ContractSigned, InstallmentGenerated, Terms
from domain.customer.events import CustomerForgotten
from domain.customer.forgetting import CustomerForgottenError
from domain.kernel import Aggregate, DomainError, DomainEvent, Frozen
from domain.user.roles import Permission
from domain.values.ids import contract_id
from domain.values.text import code_key


class ReferenceUnknownError(DomainError):
    """The company has no such account, service or customer. Register it first.

    Details: `field` (`account_id`, `customer_id`, `company_id`, `service_id`) and `id`.
    """


class RetroactiveChoiceMissingError(DomainError):
    """The contract starts in the past, and nobody said from where past periods are billed (V14).

    Say whether every period since the start, only those from today on, or from next month on.
    """


class ContractForm(Frozen):
    """What is agreed. Without `code` the contract gets one of its own.

    `default_late_charges`: fine and interest of `terms` are not read; the account's apply, else the
    company's, else none (F152). `retroactive_said` False: that of `terms` is nobody's choice; a new
    contract must not start in the past then, one that is signed already keeps what it says.
    """

    company_id: UUID
    customer_id: UUID
    terms: Terms
    notes: str | None = None
    code: str | None = None
    default_late_charges: bool = False
    retroactive_said: bool = True


@dataclass(frozen=True, slots=True)
class Signed(Done):
    """A contract that was signed now; `past_due` of its invoices fell due before today."""

    past_due: int = 0


class Signing(Aggregate):
    """A contract as it was signed, to tell a repeated form from a different one."""

    customer_id: UUID
    terms: Terms
    notes: str | None


def project_signing(state: Signing | None, events: Iterable[DomainEvent]) -> Signing | None:
    """The first fact of a contract; later ones do not change what was signed."""
    for event in events:
        if isinstance(event, ContractSigned):
            return Signing(
                id=event.originator_id,
                version=1,
                company_id=event.company_id,
                customer_id=event.customer_id,
                terms=event.terms,
                notes=event.notes,
            )
    return state


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What forms refer to, read in one query each."""

    companies: Mapping[UUID, Company]
    accounts: Mapping[UUID, Account]
    known: frozenset[UUID]
    """The customers, and the services with their company, that exist."""
    forgotten: frozenset[UUID]
    """The customers with whom nothing more is agreed."""
    services: Mapping[UUID, UUID]


@dataclass
class _Batch:
    lastro: Lastro
    principal: Principal
    now: datetime
    today: date
    around: Surroundings
    signed: Mapping[UUID, Signing]
    strict: bool
    events: list[DomainEvent] = field(default_factory=list)
    forms: dict[UUID, ContractForm] = field(default_factory=dict)


def surroundings(
    lastro: Lastro, company_ids: set[UUID], terms: Sequence[Terms], customers: set[UUID]
) -> Surroundings:
    """Everything that these terms refer to."""
    services = {item.service_id for each in terms for item in each.items if item.service_id is not None}
    with lastro.database.connection() as db:
        rows = db.execute(
            "SELECT stream_id, company_id, topic FROM event WHERE stream_id = ANY(%s)"
            " AND topic IN ('customer.registered.v1', 'customer.forgotten.v1', 'service.registered.v1')",
            ([*customers, *services],),
        ).fetchall()
    return Surroundings(
        companies=lastro.load_many(project_company, company_ids),
        accounts=lastro.load_many(project_account, {each.account_id for each in terms}),
        known=frozenset(stream for stream, _, topic in rows if topic == "customer.registered.v1"),
        forgotten=frozenset(stream for stream, _, topic in rows if topic == CustomerForgotten.TOPIC),
        services={stream: company for stream, company, topic in rows if topic == "service.registered.v1"},
    )


def sign(
    lastro: Lastro,
    principal: Principal,
    forms: Sequence[ContractForm],
    now: datetime,
    today: date,
    *,
    strict: bool,
) -> tuple[list[Outcome], list[DomainEvent]]:
    """Decide on each form: an outcome per form, in order, and all facts to record together."""
    named = [_named(form) for form in forms]
    batch = _Batch(
        lastro,
        principal,
        now,
        today,
        surroundings(
            lastro,
            {form.company_id for form in named},
            [form.terms for form in named],
            {form.customer_id for form in named},
        ),
        lastro.load_many(project_signing, {_id(form) for form in named}),
        strict,
    )
    return [_outcome(batch, form) for form in named], batch.events


def _named(form: ContractForm) -> ContractForm:
    if form.code and code_key(form.code):
        return form
    # Sixty random bits: codes of a company are never looked up before one is given out.
    return form.model_copy(update={"code": f"CT-{new_id().hex[-15:].upper()}"})


def _id(form: ContractForm) -> UUID:
    return contract_id(form.company_id, form.code or "")


def _outcome(batch: _Batch, form: ContractForm) -> Outcome:
    try:
        batch.principal.require(Permission.EDIT_BILLING, form.company_id)
        canonical_json(form)  # a text that cannot be stored is this form's fault alone
        terms = check_terms(batch.around, form)
        return _decided(batch, form, terms)
    except DomainError as refusal:
        return refusal


def _decided(batch: _Batch, form: ContractForm, terms: Terms) -> Done:
    contract = _id(form)
    earlier, signed = batch.forms.get(contract), batch.signed.get(contract)
    if earlier is not None and earlier != form:
        raise EntryRepeatedError
    if signed is not None:
        _check_same(signed, form, terms, strict=batch.strict)
    if earlier is not None or signed is not None:
        return Done(contract, Change.SAME)
    if not form.retroactive_said and terms.starts_on < batch.today:
        raise RetroactiveChoiceMissingError(starts_on=terms.starts_on)
    year_end_rule = batch.around.companies[form.company_id].year_end_rule
    facts = signing_facts(form, terms, year_end_rule, batch.today, batch.now)
    batch.lastro.require_remembered(facts[:1])
    batch.events += facts
    batch.forms[contract] = form
    return Signed(contract, Change.REGISTERED, past_due=_past_due(facts, batch.today))


def _past_due(facts: Iterable[DomainEvent], today: date) -> int:
    generated = (fact for fact in facts if isinstance(fact, InstallmentGenerated))
    return sum(fact.due_on < today for fact in generated)


def signing_facts(
    form: ContractForm, terms: Terms, year_end_rule: bool, today: date, now: datetime
) -> list[DomainEvent]:
    """The contract's facts, then the birth of its invoices: positions follow cause."""
    facts = Contract.sign(
        _id(form), form.company_id, form.code or "", form.customer_id, terms, today, now, form.notes
    )
    # An invoice is born from the terms alone; folding every period that was just made is a third of the work.
    contract = project_contract(None, facts[:1])
    assert contract is not None
    generated = (fact for fact in facts if isinstance(fact, InstallmentGenerated))
    return [*facts, *open_invoices(contract, generated, year_end_rule, now)]


def _check_same(signed: Signing, form: ContractForm, terms: Terms, *, strict: bool) -> None:
    if strict:
        raise EntryTakenError(ids=[signed.id])
    said = agreement.settled(terms)
    names = [name for name in Terms.model_fields if getattr(said, name) != getattr(signed.terms, name)]
    if form.default_late_charges:
        names = [name for name in names if name not in ("fine_percent", "interest_percent_month")]
    if not form.retroactive_said:
        names = [name for name in names if name != "retroactive"]
    if signed.customer_id != form.customer_id:
        names.append("customer_id")
    if signed.notes != agreement.settled_notes(form.notes):
        names.append("notes")
    if names:
        raise EntryConflictError(", ".join(names), id=signed.id, fields=names)


def check_terms(around: Surroundings, form: ContractForm) -> Terms:
    """The terms with their late charges; raises where they refer to what the company does not have."""
    company = around.companies.get(form.company_id)
    account = around.accounts.get(form.terms.account_id)
    if company is None:
        raise ReferenceUnknownError("company_id", field="company_id", id=form.company_id)
    if account is None or account.company_id != form.company_id:
        raise ReferenceUnknownError("account_id", field="account_id", id=form.terms.account_id)
    if form.customer_id not in around.known:
        raise ReferenceUnknownError("customer_id", field="customer_id", id=form.customer_id)
    if form.customer_id in around.forgotten:
        raise CustomerForgottenError(f"customer {form.customer_id}", id=form.customer_id)
    for item in form.terms.items:
        if item.service_id is not None and around.services.get(item.service_id) != form.company_id:
            raise ReferenceUnknownError("service_id", field="service_id", id=item.service_id)
    account.require_accepts(form.terms.payment_method)
    if not form.default_late_charges:
        return form.terms
    fine, interest = default_late_charges(account, company)
    return form.terms.model_copy(update={"fine_percent": fine, "interest_percent_month": interest})


def default_late_charges(account: Account, company: Company) -> tuple[Decimal, Decimal]:
    """Fine and monthly interest in per cent: the account's, else the company's, else none (F152)."""
    for each in (account, company):
        if each.fine_percent is not None and each.interest_percent_month is not None:
            return each.fine_percent, each.interest_percent_month
    return Decimal("0.0000"), Decimal("0.0000")
