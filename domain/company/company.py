"""Company: the issuer of invoices, whose settings new contracts and the scheduler follow."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, assert_never
from uuid import UUID

from domain.company.events import (
    CompanyAutomaticBillingSwitched,
    CompanyEvent,
    CompanyLateChargesSet,
    CompanyRegistered,
    CompanyYearEndRuleSet,
)
from domain.kernel import Aggregate, Rate, first, projector
from domain.values.cnpj import parse_cnpj
from domain.values.late_rates import check_default_rates
from domain.values.place import parse_city_ibge
from domain.values.text import CODE_LENGTH, optional_text, required_text

type TaxRegime = Literal["simples", "mei", "presumed", "real"]


class Company(Aggregate):
    """A company of the organisation. `fine_percent` and `interest_percent_month` are None until set."""

    code: str
    legal_name: str
    trade_name: str
    cnpj: str
    municipal_registration: str | None
    city_ibge: str
    tax_regime: TaxRegime
    automatic_billing: bool = False
    year_end_rule: bool = True
    fine_percent: Rate | None = None
    interest_percent_month: Rate | None = None

    @staticmethod
    def register(
        id: UUID,
        code: str,
        legal_name: str,
        trade_name: str | None,
        cnpj: str,
        municipal_registration: str | None,
        city_ibge: str,
        tax_regime: TaxRegime,
        now: datetime,
    ) -> CompanyRegistered:
        """A company bills from now on, by hand until automatic billing is switched on (F191)."""
        legal_name = required_text(legal_name, "legal_name")
        return CompanyRegistered(
            **first(id, now, id),
            code=required_text(code, "code", CODE_LENGTH),
            legal_name=legal_name,
            trade_name=optional_text(trade_name, "trade_name") or legal_name,
            cnpj=parse_cnpj(cnpj),
            municipal_registration=optional_text(
                municipal_registration, "municipal_registration", CODE_LENGTH
            ),
            city_ibge=parse_city_ibge(city_ibge),
            tax_regime=tax_regime,
        )

    def switch_automatic_billing(self, on: bool, now: datetime) -> CompanyAutomaticBillingSwitched | None:
        """Let the scheduler bill what falls due, or leave it to people (F191)."""
        if on == self.automatic_billing:
            return None
        return CompanyAutomaticBillingSwitched(**self.following(now), on=on)

    def set_late_charges(
        self, fine_percent: Decimal, interest_percent_month: Decimal, now: datetime
    ) -> CompanyLateChargesSet | None:
        """Fine and monthly interest, in per cent, of the contracts to come (F152)."""
        check_default_rates(fine_percent, interest_percent_month)
        if (fine_percent, interest_percent_month) == (self.fine_percent, self.interest_percent_month):
            return None
        return CompanyLateChargesSet(
            **self.following(now),
            fine_percent=fine_percent,
            interest_percent_month=interest_percent_month,
        )

    def set_year_end_rule(self, on: bool, now: datetime) -> CompanyYearEndRuleSet | None:
        """Whether what falls due on the year's last weekday may be paid on the next bank day (V8)."""
        if on == self.year_end_rule:
            return None
        return CompanyYearEndRuleSet(**self.following(now), on=on)


def evolve(company: Company | None, event: CompanyEvent) -> Company:
    """The state one fact later."""
    if isinstance(event, CompanyRegistered):
        return _registered(event)
    assert company is not None
    match event:
        case CompanyAutomaticBillingSwitched():
            return company.moved(event, automatic_billing=event.on)
        case CompanyLateChargesSet():
            return company.moved(
                event,
                fine_percent=event.fine_percent,
                interest_percent_month=event.interest_percent_month,
            )
        case CompanyYearEndRuleSet():
            return company.moved(event, year_end_rule=event.on)
        case _:
            assert_never(event)


def _registered(event: CompanyRegistered) -> Company:
    return Company(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        code=event.code,
        legal_name=event.legal_name,
        trade_name=event.trade_name,
        cnpj=event.cnpj,
        municipal_registration=event.municipal_registration,
        city_ibge=event.city_ibge,
        tax_regime=event.tax_regime,
    )


project = projector(evolve)
