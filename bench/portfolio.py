"""A synthetic portfolio for billing benchmarks: customers and contracts through the product itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import batched
from uuid import UUID

from application.access import SYSTEM
from application.accounts import AccountForm
from application.commands import Commands
from application.companies import CompanyForm
from application.customers import ContactForm, CustomerForm
from application.registry import Done, Outcome
from application.services import ServiceForm
from application.signing import ContractForm
from domain.account.events import BoletoAgreement
from domain.contract.events import Item, Periodicity, Terms
from domain.customer.events import Address
from domain.values.payment import DueShift, PaymentMethod, ValueType

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
_PAGE = 1_000


@dataclass(frozen=True)
class Portfolio:
    """Three companies with one Itaú account and three services each."""

    commands: Commands
    companies: tuple[UUID, ...]
    accounts: tuple[UUID, ...]
    services: tuple[UUID, ...]

    def grow(self, start: int, count: int, *, periods: int = 1, starts_on: date = MARCH[0]) -> None:
        """`count` customers, each with one monthly contract of `periods` periods."""
        for page in batched(range(start, start + count), _PAGE):
            customers = _ids(self.commands.customers.register_many(SYSTEM, [_customer(n) for n in page]))
            forms = [
                self._contract(n, customer, periods, starts_on)
                for n, customer in zip(page, customers, strict=True)
            ]
            for part in batched(forms, max(1, _PAGE // periods)):
                _ids(self.commands.contracts.sign_many(SYSTEM, part))

    def _contract(self, n: int, customer: UUID, periods: int, starts_on: date) -> ContractForm:
        company = n % len(self.companies)
        day = 1 + n % 28
        terms = {
            "account_id": self.accounts[company],
            "items": (_item(self.services[company], n),),
            "starts_on": starts_on,
            "instalment_count": periods,
            "first_due_on": starts_on.replace(day=day),
            "due_day": day,
        }
        return ContractForm(
            company_id=self.companies[company],
            customer_id=customer,
            code=f"CT-{n}",
            terms=Terms.model_validate(_TERMS | terms),
        )


_TERMS = {
    "gross_amount": None,
    "value_type": ValueType.RECURRING,
    "variable": False,
    "periodicity": Periodicity.MONTHLY,
    "ends_on": None,
    "due_shift": DueShift.NONE,
    "pro_rata_from": None,
    "split": (),
    "retroactive": "every_period",
    "adjustment": None,
    "payment_method": PaymentMethod.BOLETO,
    "nfse": "per_instalment",
    "send_email": True,
    "fine_percent": Decimal("2.0000"),
    "interest_percent_month": Decimal("1.0000"),
    "consumer": True,
    "competencia_offset_months": 0,
    "department": None,
}


def _item(service: UUID, n: int) -> Item:
    return Item(
        service_id=service,
        description="Licença de software – 10 usuários",
        quantity=Decimal("1.0000"),
        unit_price=Decimal(100 + n % 900).quantize(Decimal("0.01")),
        discount_percent=None,
        discount_amount=None,
    )


def found(commands: Commands) -> Portfolio:
    """The companies, without a customer yet."""
    companies, accounts, services = [], [], []
    for n, cnpj in enumerate(("11222333000181", "12ABC34501DE35", "19131243000197")):
        company = commands.companies.register(
            SYSTEM,
            CompanyForm(
                code=f"E{n}",
                legal_name=f"Empresa {n} Ltda",
                cnpj=cnpj,
                city_ibge="3550308",
                tax_regime="simples",
            ),
        ).id
        companies.append(company)
        accounts.append(commands.accounts.register(SYSTEM, _account(company)).id)
        services.append(commands.services.register(SYSTEM, _service(company)).id)
    return Portfolio(commands, tuple(companies), tuple(accounts), tuple(services))


def _account(company: UUID) -> AccountForm:
    return AccountForm(
        company_id=company,
        code="ITAU",
        name="Itaú",
        kind="bank",
        agreement=BoletoAgreement(
            bank_code="341",
            branch="0057",
            account_number="12345",
            account_digit="7",
            portfolio="109",
            agreement=None,
            variation=None,
        ),
    )


def _service(company: UUID) -> ServiceForm:
    return ServiceForm(
        company_id=company, code="LIC", description="Licenciamento", kind="service", lc116="01.05"
    )


def _customer(n: int) -> CustomerForm:
    return CustomerForm(
        code=f"C{n}",
        kind="person",
        name=f"Maria Aparecida dos Santos {n}",
        document=_cpf(n),
        address=Address(
            street="Avenida Paulista",
            number=str(n),
            complement="apto 12",
            district="Bela Vista",
            city="São Paulo",
            city_ibge="3550308",
            state="SP",
            zip_code="01310100",
        ),
        contacts=(
            ContactForm(name="Maria", email=f"maria{n}@example.com", phone="11 99999-0000", collection=True),
        ),
    )


def _cpf(n: int) -> str:
    digits = [int(digit) for digit in f"{n + 100_000_000:09d}"]
    for length in (10, 11):
        rest = sum(digit * weight for digit, weight in zip(digits, range(length, 1, -1), strict=True)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits))


def _ids(outcomes: Sequence[Outcome]) -> list[UUID]:
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Done)]
    if refused:
        raise refused[0]
    return [outcome.id for outcome in outcomes if isinstance(outcome, Done)]
