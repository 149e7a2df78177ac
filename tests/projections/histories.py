"""A small organisation that lives at random, by the domain's own decisions: the same seed, the same facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from domain.account.account import Account
from domain.account.account import project as project_account
from domain.billing_run.billing_run import BillingRun
from domain.billing_run.billing_run import project as project_run
from domain.billing_run.events import CompanyTotal, ExclusionCount, PlanFilter
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.customer.customer import Customer
from domain.customer.customer import project as project_customer
from domain.customer.forgetting import OpenBusiness, fiscal_term
from domain.invoice.billing import BillingInputs
from domain.invoice.events import ContractPeriod, NfseFailed
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainError, DomainEvent
from domain.service.service import Service
from domain.service.service import project as project_service
from domain.values.payment import Document, PaymentMethod, ValueType
from tests.domain.contract import builders
from tests.domain.invoice import facts
from tests.projections.settled import settled
from tests.projections.sold import sold
from tests.support.house import ADDRESS, ITAU

START = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)
TODAY = date(2026, 11, 3)
NAMES = ("Água Viva Ltda", "José da Conceição", "MÜLLER & Filhos", "Açaí do Norte", "Ana Souza")
AGREEMENTS = (ITAU,)

type Decide = Callable[[Any, Random, datetime], Any]


@dataclass
class Stream:
    """One aggregate of the history: how it folds, and what may be decided on it."""

    project: Callable[[Any, Iterable[Any]], Any]
    decisions: tuple[Decide, ...]
    state: Any = None


@dataclass
class Organisation:
    """The streams by id, and every fact so far in the order in which it was decided."""

    random: Random
    now: datetime = START
    streams: dict[UUID, Stream] = field(default_factory=dict)
    events: list[DomainEvent] = field(default_factory=list)

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def add(self, id: UUID, stream: Stream, births: Any) -> None:
        self.streams[id] = stream
        self._keep(stream, births)

    def act(self) -> None:
        """Let one stream decide something; what it refuses changes nothing."""
        self.now += timedelta(minutes=self.random.randint(1, 90))
        stream = self.random.choice(list(self.streams.values()))
        try:
            decided = self.random.choice(stream.decisions)(stream.state, self.random, self.now)
        except DomainError:
            return
        self._keep(stream, decided)

    def _keep(self, stream: Stream, decided: Any) -> None:
        found = decided if isinstance(decided, list) else [] if decided is None else [decided]
        stream.state = stream.project(stream.state, found)
        self.events.extend(found)


def lived(seed: int, steps: int, invoices: int = 25) -> Organisation:
    """An organisation with two companies after so many decisions, most of them on its invoices."""
    organisation = Organisation(Random(seed))
    companies = [organisation.new_id() for _ in range(2)]
    customers = [organisation.new_id() for _ in range(5)]
    for number, id in enumerate(companies):
        _found_company(organisation, id, number)
    for number, id in enumerate(customers):
        _register_customer(organisation, id, number)
    for number in range(4):
        _sign_contract(organisation, companies[number % 2], customers[number], number)
    for number in range(invoices):
        _open_invoice(organisation, companies[number % 2], customers[number % 5], number)
    for number in range(3):
        _plan_run(organisation, companies, number)
    for _ in range(steps):
        organisation.act()
    _forget_customer(organisation, organisation.new_id())
    organisation.events += sold(seed, companies, customers, organisation.now)
    organisation.events += settled(seed, companies, customers, organisation.now)
    return organisation


def _found_company(organisation: Organisation, id: UUID, number: int) -> None:
    now = organisation.now
    cnpj = ("11222333000181", "12ABC34501DE35")[number]
    born = Company.register(
        id, f"E{number}", f"Empresa {number}", None, cnpj, None, "2611606", "simples", now
    )
    organisation.add(id, Stream(project_company, COMPANY), born)
    account, service = organisation.new_id(), organisation.new_id()
    opened = Account.register(account, id, f"ITAU{number}", "Itaú principal", "bank", now)
    organisation.add(account, Stream(project_account, ACCOUNT), opened)
    sold = Service.register(service, id, "SUP", "Suporte mensal", "service", None, None, None, now)
    organisation.add(service, Stream(project_service, SERVICE), sold)


def _register_customer(organisation: Organisation, id: UUID, number: int) -> None:
    document = ("11222333000181", "52998224725")[number % 2] if number < 4 else None
    kind: Any = "person" if number % 2 else "organisation"
    born = Customer.register(id, f"C{number}", kind, NAMES[number], None, document, None, organisation.now)
    organisation.add(id, Stream(project_customer, CUSTOMER), born)


def _forget_customer(organisation: Organisation, id: UUID) -> None:
    """Somebody who came, was forgotten, and whose tax documents are past their term."""
    now = organisation.now
    born = Customer.register(id, "C9", "person", "Bia Esquecida", None, "11144477735", None, now)
    stream = Stream(project_customer, CUSTOMER)
    organisation.add(id, stream, born)
    nothing = OpenBusiness(invoices=0, amount=Decimal("0.00"), contracts=0)
    until = fiscal_term(TODAY)
    organisation._keep(stream, stream.state.forget("pedido 7", "titular", nothing, until, now))
    organisation._keep(stream, stream.state.erase_fiscal_data(until + timedelta(days=1), now))


def _sign_contract(organisation: Organisation, company: UUID, customer: UUID, number: int) -> None:
    id = organisation.new_id()
    terms = builders.due_on(
        TODAY.replace(day=5 + number),
        adjustment=builders.clause(outside_law=True, every_months=1) if number == 3 else None,
        instalment_count=8 if number == 1 else None,
    )
    notes = ("Atenção: reajuste só em março", None)[number % 2]
    born = Contract.sign(id, company, f"CT-{number}", customer, terms, TODAY, organisation.now, notes)
    organisation.add(id, Stream(project_contract, CONTRACT), born)


def _open_invoice(organisation: Organisation, company: UUID, customer: UUID, number: int) -> None:
    random, id = organisation.random, organisation.new_id()
    method = random.choice(
        (PaymentMethod.BOLETO, PaymentMethod.BOLETO, PaymentMethod.PIX, PaymentMethod.PIX, PaymentMethod.CASH)
    )
    charge = {PaymentMethod.BOLETO: [Document.BOLETO], PaymentMethod.PIX: [Document.PIX]}.get(method, [])
    wanted = [each for each in (Document.NFSE, Document.PDF, Document.EMAIL) if random.random() < 0.7]
    contract = organisation.new_id()
    three = random.random() < 0.3
    lines = (facts.line(source=ContractPeriod(contract_id=contract, ordinal=1, attempt=1)),)
    due_on = TODAY + timedelta(random.randint(-40, 60))
    born = facts.opened(
        id=id,
        company_id=company,
        customer_id=customer,
        contract_id=contract if number % 3 else None,
        value_type=random.choice(list(ValueType)),
        payment_method=method,
        documents=(*charge, *wanted),
        department=random.choice((None, "Comercial", "Suporte")),
        lines=lines,
        instalments=facts.THREE if three else (facts.instalment(due_on=due_on),),
        value_pending=random.random() < 0.15,
        forecast=random.random() < 0.2,
        now=organisation.now,
    )
    organisation.add(id, Stream(project_invoice, INVOICE), born)


def _plan_run(organisation: Organisation, companies: list[UUID], number: int) -> None:
    totals = tuple(CompanyTotal(company_id=id, invoices=3, amount=Decimal("10.50")) for id in companies)
    born = BillingRun.plan(
        id=organisation.new_id(),
        mode="contractual",
        filter=PlanFilter(companies=tuple(companies), due_from=TODAY, due_until=TODAY, due_on=None),
        log_position=number,
        totals=totals,
        exclusions=(ExclusionCount(reason="value_pending", invoices=number),),
        plan_hash=f"{number:064d}",
        now=organisation.now,
    )
    sales = BillingRun.plan_sales(born, "join", joining=number, opening=1, amount=Decimal("9.90"))
    organisation.add(born.originator_id, Stream(project_run, RUN), [born, sales] if number else born)


def _amount(random: Random) -> str:
    return random.choice(("0.50", "30.00", "66.66", "200.00", "500.00"))


def _bill(invoice: Invoice, random: Random, now: datetime) -> Any:
    numbered = {n: facts.numbers(random.randint(1, 99_999_999)) for n in (1, 2, 3)}
    given = BillingInputs(
        requested_by=random.choice(("person", "batch")),
        run_id=None,
        payer=facts.PAYER if random.random() < 0.9 else None,
        boletos=numbered if random.random() < 0.8 else dict.fromkeys((1, 2, 3), facts.NO_AGREEMENT),
        pix_obstacle=facts.NO_PIX_KEY if random.random() < 0.6 else None,
        uncoded_services=facts.UNCODED if random.random() < 0.4 else {},
    )
    return invoice.bill(given, now, now.date())


def _refuse_nota(invoice: Invoice, random: Random, now: datetime) -> Any:
    if not invoice.asked or Document.NFSE not in invoice.documents:
        return None
    return NfseFailed(**invoice.following(now), reason="E0312", detail="código", service_id=None)


def _revise_payment(invoice: Invoice, random: Random, now: datetime) -> Any:
    method = random.choice((PaymentMethod.BOLETO, PaymentMethod.PIX, PaymentMethod.CASH))
    charge = {PaymentMethod.BOLETO: [Document.BOLETO], PaymentMethod.PIX: [Document.PIX]}.get(method, [])
    more = [Document.NFSE] if random.random() < 0.5 else [Document.EMAIL]
    reason: Any = random.choice(("asked", "contract_revised"))
    account = random.choice((facts.ACCOUNT, facts.OTHER_ACCOUNT))
    return invoice.revise_payment(method, account, (*charge, *more), facts.CHARGES, now, reason=reason)


def _set_value(invoice: Invoice, random: Random, now: datetime) -> Any:
    value = Decimal(_amount(random))
    if random.random() < 0.5:
        return invoice.set_definitive_value(
            (facts.line(str(value)),), now, (facts.instalment(str(value), due_on=TODAY),)
        )
    shares = tuple(each.model_copy(update={"amount": value}) for each in facts.THREE)
    return invoice.set_definitive_value((facts.line(str(value * 3)),), now, shares)


def _reprice(invoice: Invoice, random: Random, now: datetime) -> Any:
    return invoice.reprice(
        (facts.line(_amount(random)),),
        now,
        reason="contract_revised",
        value_pending=random.random() < 0.3,
        forecast=random.random() < 0.3,
    )


def _pay(invoice: Invoice, random: Random, now: datetime) -> Any:
    return invoice.pay(
        random.randint(1, 3),
        payment_id=UUID(int=random.randint(1, 6)),
        paid_on=TODAY,
        account_id=facts.ACCOUNT,
        amount=Decimal(_amount(random)),
        now=now,
        today=now.date(),
        discount=random.choice((Decimal("0.00"), Decimal("0.00"), Decimal("5.00"))),
    )


def _some_documents(random: Random) -> tuple[Document, ...]:
    return tuple(random.sample(list(Document), random.randint(1, 3)))


INVOICE: tuple[Decide, ...] = (
    _bill,
    _bill,
    _bill,
    _refuse_nota,
    _revise_payment,
    _set_value,
    _reprice,
    _pay,
    _pay,
    _pay,
    lambda invoice, random, now: invoice.reverse_payment(UUID(int=random.randint(1, 6)), "estorno", now),
    lambda invoice, random, now: invoice.cancel_boleto(random.randint(1, 3), "pedido", now),
    lambda invoice, random, now: invoice.waive(_some_documents(random), now, now.date()),
    lambda invoice, random, now: invoice.reschedule(
        random.randint(1, 3), TODAY + timedelta(random.randint(-5, 60)), now
    ),
    lambda invoice, random, now: invoice.add_lines((facts.sale_line("9.00", random.randint(1, 5)),), now),
    lambda invoice, random, now: (
        invoice.cancel("engano", now, frees_period=True) if random.random() < 0.3 else None
    ),
)


def _revise_contract(contract: Contract, random: Random, now: datetime) -> Any:
    start = contract.plan.terms.starts_on + timedelta(random.randint(30, 200))
    changes = random.choice(
        (
            {"items": (builders.item(_amount(random)),)},
            {"payment_method": PaymentMethod.PIX, "account_id": builders.OTHER_ACCOUNT},
            {},
        )
    )
    notes = None if changes else random.choice(("Sem acréscimo ÀS notas", ""))
    return contract.revise(contract.plan.terms_on(start).model_copy(update=changes), start, now, notes)


def _end_contract(contract: Contract, random: Random, now: datetime) -> Any:
    ends_on = TODAY + timedelta(random.randint(90, 300))
    return contract.end(ends_on, "mudança", contract.periods.live()[-3:], now)


def _adjust_contract(contract: Contract, random: Random, now: datetime) -> Any:
    published = {f"2026-{month:02d}": Decimal("0.42") for month in range(1, random.randint(8, 13))}
    return contract.adjust(published, TODAY + timedelta(200), now)


CONTRACT: tuple[Decide, ...] = (
    _revise_contract,
    _end_contract,
    _adjust_contract,
    lambda contract, random, now: contract.extend(None, random.choice((None, 30)), TODAY, now),
    lambda contract, random, now: contract.top_up(TODAY + timedelta(random.randint(0, 90)), now),
    lambda contract, random, now: contract.release(random.randint(1, 8), 1, now),
)
COMPANY: tuple[Decide, ...] = (
    lambda company, random, now: company.switch_automatic_billing(random.random() < 0.5, now),
    lambda company, random, now: company.set_late_charges(Decimal(random.randint(0, 2)), Decimal(1), now),
    lambda company, random, now: company.set_year_end_rule(random.random() < 0.5, now),
)
ACCOUNT: tuple[Decide, ...] = (
    lambda account, random, now: account.set_boleto_agreement(random.choice(AGREEMENTS), now),
    lambda account, random, now: account.set_pix_key("11222333000181", now),
    lambda account, random, now: account.set_late_charges(Decimal(random.randint(0, 2)), Decimal(1), now),
    lambda account, random, now: account.close(now) if random.random() < 0.2 else None,
)
SERVICE: tuple[Decide, ...] = (
    lambda service, random, now: service.assign_fiscal_code(f"1.0{random.randint(1, 8)}", None, now),
    lambda service, random, now: service.price(Decimal(_amount(random)), now),
    lambda service, random, now: service.retire(now) if random.random() < 0.2 else None,
)
CUSTOMER: tuple[Decide, ...] = (
    lambda customer, random, now: customer.correct_name(random.choice(NAMES), "Loja Nº 1", now),
    lambda customer, random, now: customer.correct_document("person", "52998224725", now),
    lambda customer, random, now: customer.move(random.choice((ADDRESS, None)), now),
    lambda customer, random, now: customer.add_contact(
        UUID(int=random.randint(1, 4)),
        "Bia",
        f"b{random.randint(1, 9)}@x.br",
        None,
        random.random() < 0.5,
        now,
    ),
    lambda customer, random, now: customer.remove_contact(UUID(int=random.randint(1, 4)), now),
    lambda customer, random, now: customer.choose_collection_contact(UUID(int=random.randint(1, 4)), now),
)
RUN: tuple[Decide, ...] = (
    lambda run, random, now: run.confirm(run.plan_hash, now),
    lambda run, random, now: run.chunk_done(
        random.randint(1, 4),
        billed=2,
        with_failures=1,
        not_billed=[],
        amount=Decimal("7.10"),
        now=now,
    ),
    lambda run, random, now: run.stop(now),
    lambda run, random, now: run.resume(now),
    lambda run, random, now: run.close(now),
)
