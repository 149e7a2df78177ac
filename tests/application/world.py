"""A small organisation that the use cases' tests work on, and read models that read the facts directly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.access import SYSTEM, Principal
from application.accounts import AccountForm
from application.app import Lastro
from application.commands import Commands
from application.companies import CompanyForm
from application.customers import ContactForm, CustomerForm
from application.database import Database
from application.ports import Candidate
from application.services import ServiceForm
from application.signing import ContractForm
from domain.account.events import BoletoAgreement
from domain.contract.events import Item, Periodicity, Terms
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainEvent
from domain.user.events import Grant
from domain.user.roles import Role
from domain.values.payment import DueShift, PaymentMethod, ValueType
from tests.application.open_sales import FactOpenSales
from tests.support.application import MASTER_KEY
from tests.support.house import ADDRESS, ITAU

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CNPJS = ("11222333000181", "12ABC34501DE35", "19131243000197")
CPFS = ("52998224725", "11144477735", "39053344705", "15350946056")


class FactReadModels:
    """What the read models answer, read from the facts: never behind, and only fit for small logs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Nothing to wait for."""

    def candidates(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        due_on: date | None = None,
    ) -> Iterator[Candidate]:
        """Every invoice due in the interval; whether it is open, the aggregate says."""
        rows = self._rows(
            "SELECT stream_id, company_id, (state->>'customer_id')::uuid, (state->>'account_id')::uuid,"
            " (state->'instalments'->0->>'due_on')::date, (state->'instalments'->0->>'amount')::numeric"
            " FROM event WHERE topic = 'invoice.opened.v1' ORDER BY 2, 3, 5, 1"
        )
        for row in rows:
            candidate = Candidate(*row)
            wanted = companies is None or candidate.company_id in companies
            if wanted and due_from <= candidate.due_on <= due_until and due_on in (None, candidate.due_on):
                yield candidate

    def automatic(self) -> Sequence[UUID]:
        """The companies whose last switch was on."""
        rows = self._rows(
            "SELECT DISTINCT ON (stream_id) stream_id, (state->>'on')::boolean FROM event"
            " WHERE topic = 'company.automatic_billing_switched.v1' ORDER BY stream_id, version DESC"
        )
        return [company for company, on in rows if on]

    def accounts_of(self, companies: Collection[UUID]) -> Sequence[UUID]:
        """Every account registered for them; whether it takes a method, the aggregate says."""
        rows = self._rows(
            "SELECT stream_id, company_id FROM event WHERE topic = 'account.registered.v1' ORDER BY 1"
        )
        return [account for account, company in rows if company in companies]

    def known_until(self) -> int:
        """The facts are the read model."""
        return 2**62

    def short_of(self, until: date) -> Iterator[UUID]:
        """Every contract: topping up is idempotent."""
        rows = self._rows("SELECT stream_id FROM event WHERE topic = 'contract.signed.v1' ORDER BY 1")
        yield from (stream for (stream,) in rows)

    def adjustable(self, until: date) -> Iterator[UUID]:
        """Every contract: adjusting is idempotent, too."""
        yield from self.short_of(until)

    def _rows(self, statement: Any) -> list[Any]:
        with self._database.connection() as db:
            return db.execute(statement).fetchall()


@dataclass
class World:
    """One company with an Itaú account, a coded and an uncoded service, and customers with CPF."""

    lastro: Lastro
    now: datetime = NOW
    commands: Commands = field(init=False)
    company: UUID = field(init=False)
    account: UUID = field(init=False)
    service: UUID = field(init=False)
    uncoded: UUID = field(init=False)
    customers: list[UUID] = field(init=False)

    def __post_init__(self) -> None:
        models = FactReadModels(self.lastro.database)
        self.commands = Commands.over(
            self.lastro, MASTER_KEY, models, clock=lambda: self.now, sales=FactOpenSales(self.lastro)
        )
        self.company = self.add_company("ACME", CNPJS[0])
        self.account = self.add_account(self.company, "ITAU", agreement=ITAU)
        self.service = self.add_service("SUP", lc116="01.07")
        self.uncoded = self.add_service("CON", lc116=None)
        self.customers = [self.add_customer(f"C{n}", cpf) for n, cpf in enumerate(CPFS)]

    def add_company(self, code: str, cnpj: str) -> UUID:
        """Another company."""
        form = CompanyForm(
            code=code, legal_name=f"{code} Ltda", cnpj=cnpj, city_ibge="3550308", tax_regime="simples"
        )
        return self.commands.companies.register(SYSTEM, form).id

    def add_account(
        self, company: UUID, code: str, agreement: BoletoAgreement | None = None, pix_key: str | None = None
    ) -> UUID:
        """Another bank account."""
        form = AccountForm(
            company_id=company, code=code, name=code, kind="bank", agreement=agreement, pix_key=pix_key
        )
        return self.commands.accounts.register(SYSTEM, form).id

    def add_service(self, code: str, lc116: str | None) -> UUID:
        """Another service of the company."""
        form = ServiceForm(
            company_id=self.company, code=code, description=f"Serviço {code}", kind="service", lc116=lc116
        )
        return self.commands.services.register(SYSTEM, form).id

    def add_product(self, code: str) -> UUID:
        """A product of the company: its nota is no NFS-e."""
        form = ServiceForm(company_id=self.company, code=code, description=f"Produto {code}", kind="product")
        return self.commands.services.register(SYSTEM, form).id

    def add_customer(self, code: str, document: str | None, *, to_charge: bool = True) -> UUID:
        """Another person; `to_charge` is whether its contact receives charges."""
        contact = ContactForm(name="Cobrança", email=f"{code.lower()}@example.com", collection=to_charge)
        form = CustomerForm(
            code=code,
            kind="person",
            name=f"Cliente {code}",
            document=document,
            address=ADDRESS,
            contacts=(contact,),
        )
        return self.commands.customers.register(SYSTEM, form).id

    def terms(self, **changes: Any) -> Terms:
        """A monthly contract of one service, from 1 March 2026, due on the 10th."""
        base: dict[str, Any] = {
            "items": (self.item(),),
            "gross_amount": None,
            "value_type": ValueType.RECURRING,
            "variable": False,
            "periodicity": Periodicity.MONTHLY,
            "starts_on": date(2026, 3, 1),
            "ends_on": None,
            "instalment_count": 3,
            "first_due_on": date(2026, 3, 10),
            "due_day": 10,
            "due_shift": DueShift.NONE,
            "pro_rata_from": None,
            "split": (),
            "retroactive": "every_period",
            "adjustment": None,
            "payment_method": PaymentMethod.BOLETO,
            "account_id": self.account,
            "nfse": "per_instalment",
            "send_email": True,
            "fine_percent": Decimal("2.0000"),
            "interest_percent_month": Decimal("1.0000"),
            "consumer": True,
            "competencia_offset_months": 0,
            "department": None,
        }
        return Terms(**{**base, **changes})

    def item(self, service: UUID | None = None, price: str = "150.00") -> Item:
        """One of a service."""
        return Item(
            service_id=service or self.service,
            description="Suporte mensal",
            quantity=Decimal("1.0000"),
            unit_price=Decimal(price),
            discount_percent=None,
            discount_amount=None,
        )

    def form(self, code: str | None = None, customer: int = 0, **changes: Any) -> ContractForm:
        """A contract ready to sign."""
        return ContractForm(
            company_id=self.company,
            customer_id=self.customers[customer],
            notes=changes.pop("notes", None),
            terms=self.terms(**changes),
            code=code,
        )

    def sign(self, code: str | None = None, customer: int = 0, **changes: Any) -> list[UUID]:
        """Sign a contract; answers its invoices by due date."""
        done = self.commands.contracts.sign(SYSTEM, self.form(code, customer, **changes))
        return self.invoices_of(done.id)

    def invoices_of(self, contract_id: UUID) -> list[UUID]:
        """The invoices ever opened for a contract, by due date and birth."""
        with self.lastro.database.connection() as db:
            rows = db.execute(
                "SELECT stream_id FROM event WHERE topic = 'invoice.opened.v1' AND state->>'contract_id' = %s"
                " ORDER BY state->'instalments'->0->>'due_on', position",
                (str(contract_id),),
            ).fetchall()
        return [stream for (stream,) in rows]

    def invoice(self, invoice_id: UUID) -> Invoice:
        """An invoice as it stands."""
        return self.lastro.load(project_invoice, invoice_id)

    def facts(self, after: int = 0, topics: Sequence[str] | None = None) -> list[DomainEvent]:
        """The log as events."""
        return self.lastro.opened(self.lastro.read(after, 100_000, topics))

    def topics_of(self, stream: UUID) -> list[str]:
        """The topics of one stream, in order."""
        with self.lastro.database.connection() as db:
            rows = db.execute("SELECT topic FROM event WHERE stream_id = %s ORDER BY version", (stream,))
            return [topic for (topic,) in rows.fetchall()]


def person(role: Role, *companies: UUID) -> Principal:
    """Somebody with one role; without companies, in every company."""
    grant = Grant(role=role, companies=companies or None)
    return Principal(UUID(int=7), "ana@example.com", (grant,))
