"""The facts of a company of the organisation: the issuer of invoices."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.kernel import DomainEvent, Rate


class CompanyRegistered(DomainEvent):
    """A company bills from now on. `city_ibge` is the 7-digit IBGE code of its municipality."""

    TOPIC: ClassVar[str] = "company.registered.v1"
    code: str
    legal_name: str
    trade_name: str
    cnpj: str
    municipal_registration: str | None
    city_ibge: Annotated[str, Field(pattern=r"^\d{7}$")]
    tax_regime: Literal["simples", "mei", "presumed", "real"]


class CompanyAutomaticBillingSwitched(DomainEvent):
    """Automatic billing was switched on or off for the company (F191)."""

    TOPIC: ClassVar[str] = "company.automatic_billing_switched.v1"
    on: bool


class CompanyLateChargesSet(DomainEvent):
    """Default fine and interest of new contracts (F152)."""

    TOPIC: ClassVar[str] = "company.late_charges_set.v1"
    fine_percent: Rate
    interest_percent_month: Rate


class CompanyYearEndRuleSet(DomainEvent):
    """Whether what falls due on the year's last weekday may be paid on the next bank day (V8)."""

    TOPIC: ClassVar[str] = "company.year_end_rule_set.v1"
    on: bool


CompanyEvent = (
    CompanyRegistered | CompanyAutomaticBillingSwitched | CompanyLateChargesSet | CompanyYearEndRuleSet
)
