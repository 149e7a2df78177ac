"""Companies, accounts, services and price indices: what the ids in other messages stand for."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from producers.messages.fields import Extensible, MoneyText, MonthText, Part, Payload, RateText
from producers.messages.mapping import telling

COMPANIES = "billing.companies.v1"
ACCOUNTS = "billing.accounts.v1"
SERVICES = "billing.services.v1"
INDICES = "billing.indices.v1"


class CompanyRegisteredMessage(Payload):
    """A company of the organisation bills from now on. `city_ibge` is the 7-digit IBGE code."""

    company_id: UUID
    code: str
    legal_name: str
    trade_name: str
    cnpj: str
    municipal_registration: str | None
    city_ibge: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    tax_regime: Annotated[Literal["simples", "mei", "presumed", "real"], Extensible()]


class CompanyLateChargesSetMessage(Payload):
    """The fine and interest that new contracts of the company start with."""

    company_id: UUID
    fine_percent: RateText
    interest_percent_month: RateText


class AccountRegisteredMessage(Payload):
    """The account can receive money; `code` is its short name in the company's words."""

    account_id: UUID
    code: str
    name: str
    kind: Annotated[Literal["bank", "cash", "wallet", "card"], Extensible()]


class AccountAgreement(Part):
    """What a bank calls the account and its agreement for boletos; digits as text, zeros kept."""

    bank_code: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    branch: str
    account_number: str
    account_digit: str | None
    portfolio: str
    agreement: str | None
    variation: str | None


class AccountBoletoAgreementSetMessage(Payload):
    """Boletos of the account are numbered under this agreement from now on."""

    account_id: UUID
    agreement: AccountAgreement


class AccountLateChargesSetMessage(Payload):
    """The account's own fine and interest, before the company's."""

    account_id: UUID
    fine_percent: RateText
    interest_percent_month: RateText


class AccountClosedMessage(Payload):
    """The account takes no new charges."""

    account_id: UUID


class ServiceRegisteredMessage(Payload):
    """It can be sold. `lc116` is the item of LC 116/2003, `ctribnac` the national code; null: not known."""

    service_id: UUID
    code: str
    description: str
    kind: Annotated[Literal["service", "product"], Extensible()]
    list_price: MoneyText | None
    lc116: str | None
    ctribnac: str | None


class ServiceFiscalCodeAssignedMessage(Payload):
    """Its fiscal code is known."""

    service_id: UUID
    lc116: str
    ctribnac: str | None


class ServicePricedMessage(Payload):
    """The list price from now on."""

    service_id: UUID
    list_price: MoneyText


class ServiceRetiredMessage(Payload):
    """It is no longer sold; contracts that have it go on."""

    service_id: UUID


class PriceIndexRegisteredMessage(Payload):
    """An index that contracts name by `code`. `sgs_code` is its series at the central bank."""

    index_id: UUID
    code: str
    name: str
    sgs_code: int | None


class IndexPointPublishedMessage(Payload):
    """The index's change in one month, in per cent."""

    index_id: UUID
    month: MonthText
    percent: RateText


class IndexPointCorrectedMessage(Payload):
    """A point was wrong; contracts that were adjusted by it stay as they are."""

    index_id: UUID
    month: MonthText
    percent: RateText


_WORK = "how we work, not what is owed; its effect is told by the invoices"

PRIVATE = {
    "company.automatic_billing_switched.v1": _WORK,
    "company.year_end_rule_set.v1": _WORK,
    "account.pix_key_set.v1": "a Pix key may be somebody's CPF, e-mail address or telephone number",
}


_company = telling(COMPANIES, "company_id")
_account = telling(ACCOUNTS, "account_id")
_service = telling(SERVICES, "service_id")
_index = telling(INDICES, "index_id")

MAPPINGS = (
    _company("company.registered.v1", CompanyRegisteredMessage),
    _company("company.late_charges_set.v1", CompanyLateChargesSetMessage),
    _account("account.registered.v1", AccountRegisteredMessage),
    _account("account.boleto_agreement_set.v1", AccountBoletoAgreementSetMessage),
    _account("account.late_charges_set.v1", AccountLateChargesSetMessage),
    _account("account.closed.v1", AccountClosedMessage),
    _service("service.registered.v1", ServiceRegisteredMessage),
    _service("service.fiscal_code_assigned.v1", ServiceFiscalCodeAssignedMessage),
    _service("service.priced.v1", ServicePricedMessage),
    _service("service.retired.v1", ServiceRetiredMessage),
    _index("price_index.registered.v1", PriceIndexRegisteredMessage),
    _index("price_index.point_published.v1", IndexPointPublishedMessage),
    _index("price_index.point_corrected.v1", IndexPointCorrectedMessage),
)
