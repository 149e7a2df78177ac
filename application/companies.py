"""Companies of the organisation: registered once per CNPJ and per code, then set up (F94, F152, F191)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import Project
from application.lookups import Key, Lookup
from application.registry import Done, Registry, Step
from domain.company.company import Company, TaxRegime, project
from domain.kernel import DomainEvent, Frozen, Rate
from domain.user.roles import Permission
from domain.values.cnpj import CnpjInvalidError, parse_cnpj
from domain.values.text import code_key


class CompanyForm(Frozen):
    """What a person says of a company. None in an option leaves it as it is."""

    code: str
    legal_name: str
    trade_name: str | None = None
    cnpj: str
    municipal_registration: str | None = None
    city_ibge: str
    tax_regime: TaxRegime
    automatic_billing: bool | None = None
    fine_percent: Rate | None = None
    interest_percent_month: Rate | None = None
    year_end_rule: bool | None = None


class Companies(Registry[CompanyForm, Company]):
    """A new company concerns everybody: registering takes KEEP_REGISTRIES in every company."""

    KEPT: ClassVar[tuple[str, ...]] = (
        "code",
        "legal_name",
        "trade_name",
        "cnpj",
        "municipal_registration",
        "city_ibge",
        "tax_regime",
    )

    def switch_automatic_billing(self, principal: Principal, company_id: UUID, *, on: bool) -> Done:
        """Let due invoices be billed by themselves, or not (F191)."""
        return self._set(principal, company_id, lambda each: each.switch_automatic_billing(on, self._clock()))

    def set_late_charges(
        self, principal: Principal, company_id: UUID, fine_percent: Rate, interest_percent_month: Rate
    ) -> Done:
        """Default fine and interest of contracts signed from now on (F152)."""
        return self._set(
            principal,
            company_id,
            lambda each: each.set_late_charges(fine_percent, interest_percent_month, self._clock()),
        )

    def set_year_end_rule(self, principal: Principal, company_id: UUID, *, on: bool) -> Done:
        """Whether what falls due on the year's last weekday may be paid on the next bank day (V8)."""
        return self._set(principal, company_id, lambda each: each.set_year_end_rule(on, self._clock()))

    def find(self, text: str) -> UUID | None:
        """The company with this code, or else with this CNPJ."""
        found = self._lookups.find(*_by_code(text))
        if found is not None:
            return found
        try:
            return self._lookups.find(Lookup.COMPANY_CNPJ, parse_cnpj(text))
        except CnpjInvalidError:
            return None

    def find_many(self, codes: set[str]) -> dict[str, UUID]:
        """The companies with these codes; unknown codes are left out."""
        found = self._lookups.find_many(_by_code(code) for code in codes)
        return {code: found[_by_code(code)] for code in codes if _by_code(code) in found}

    def _set(self, principal: Principal, company_id: UUID, decide: Step[Company]) -> Done:
        return self._correct(principal, Permission.KEEP_REGISTRIES, company_id, decide)

    def _project(self) -> Project[Company]:
        return project

    def _permit(self, principal: Principal, form: CompanyForm) -> None:
        principal.require_everywhere(Permission.KEEP_REGISTRIES)

    def _keys(self, form: CompanyForm) -> list[Key]:
        return [_by_code(form.code), (Lookup.COMPANY_CNPJ, parse_cnpj(form.cnpj))]

    def _corrections(self, state: Company, form: CompanyForm, now: datetime) -> list[DomainEvent]:
        if code_key(form.code) == code_key(state.code):
            form = form.model_copy(update={"code": state.code})
        return super()._corrections(state, form, now)

    def _first_fact(self, id: UUID, form: CompanyForm, now: datetime) -> DomainEvent:
        return Company.register(
            id,
            form.code,
            form.legal_name,
            form.trade_name,
            form.cnpj,
            form.municipal_registration,
            form.city_ibge,
            form.tax_regime,
            now,
        )

    def _steps(self, form: CompanyForm, now: datetime) -> Iterator[Step[Company]]:
        automatic, year_end = form.automatic_billing, form.year_end_rule
        fine, interest = form.fine_percent, form.interest_percent_month
        if automatic is not None:
            yield lambda company: company.switch_automatic_billing(automatic, now)
        if year_end is not None:
            yield lambda company: company.set_year_end_rule(year_end, now)
        if fine is not None and interest is not None:
            yield lambda company: company.set_late_charges(fine, interest, now)


def _by_code(code: str) -> Key:
    return Lookup.COMPANY_CODE, code_key(code)
