"""What organisations of the tests have alike: an agreement with a bank that numbers boletos, an address."""

from __future__ import annotations

from domain.account.events import BoletoAgreement
from domain.customer.events import Address

ITAU = BoletoAgreement(
    bank_code="341",
    branch="0057",
    account_number="12345",
    account_digit="7",
    portfolio="109",
    agreement=None,
    variation=None,
)
ADDRESS = Address(
    street="Rua Augusta",
    number="100",
    complement=None,
    district="Consolação",
    city="São Paulo",
    city_ibge="3550308",
    state="SP",
    zip_code="01304000",
)
