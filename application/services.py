"""Services and products that a company sells (F105-F109)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import Project
from application.lookups import Key, Lookup, scoped
from application.registry import Done, Registry, Step
from domain.kernel import DomainEvent, Frozen, Money
from domain.service.service import Service, ServiceKind, project
from domain.user.roles import Permission


class ServiceForm(Frozen):
    """What a person says of a service. None in an option leaves it as it is."""

    company_id: UUID
    code: str
    description: str
    kind: ServiceKind
    list_price: Money | None = None
    lc116: str | None = None
    ctribnac: str | None = None


class Services(Registry[ServiceForm, Service]):
    """Takes KEEP_REGISTRIES in the service's company."""

    KEPT: ClassVar[tuple[str, ...]] = ("description", "kind")

    def assign_fiscal_code(
        self, principal: Principal, service_id: UUID, lc116: str, ctribnac: str | None = None
    ) -> Done:
        """Its code is known: what failed for the lack of it can be billed again (F107, F167)."""
        return self._set(
            principal,
            service_id,
            lambda service: service.assign_fiscal_code(lc116, ctribnac, self._clock()),
        )

    def price(self, principal: Principal, service_id: UUID, list_price: Money) -> Done:
        """The list price from now on (F109)."""
        return self._set(principal, service_id, lambda service: service.price(list_price, self._clock()))

    def retire(self, principal: Principal, service_id: UUID) -> Done:
        """No longer sell it."""
        return self._set(principal, service_id, lambda service: service.retire(self._clock()))

    def find(self, company_id: UUID, code: str) -> UUID | None:
        """The company's service with this code."""
        return self._lookups.find(Lookup.SERVICE_CODE, scoped(company_id, code))

    def find_many(self, codes: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """The services with these codes in these companies; unknown ones are left out."""
        return self._lookups.find_scoped(Lookup.SERVICE_CODE, codes)

    def _set(self, principal: Principal, service_id: UUID, decide: Step[Service]) -> Done:
        return self._correct(principal, Permission.KEEP_REGISTRIES, service_id, decide)

    def _project(self) -> Project[Service]:
        return project

    def _permit(self, principal: Principal, form: ServiceForm) -> None:
        principal.require(Permission.KEEP_REGISTRIES, form.company_id)

    def _keys(self, form: ServiceForm) -> list[Key]:
        return [(Lookup.SERVICE_CODE, scoped(form.company_id, form.code))]

    def _first_fact(self, id: UUID, form: ServiceForm, now: datetime) -> DomainEvent:
        return Service.register(
            id,
            form.company_id,
            form.code,
            form.description,
            form.kind,
            form.list_price,
            form.lc116,
            form.ctribnac,
            now,
        )

    def _steps(self, form: ServiceForm, now: datetime) -> Iterator[Step[Service]]:
        price, lc116 = form.list_price, form.lc116
        if price is not None:
            yield lambda service: service.price(price, now)
        if lc116 is not None:
            yield lambda service: service.assign_fiscal_code(
                lc116, form.ctribnac or service.kept_national_code(lc116), now
            )
