"""Price indices and their monthly points, kept by administrators (F124, F125)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import Project
from application.clock import sao_paulo_date
from application.lookups import Key, Lookup
from application.registry import Done, Registry, Step
from domain.kernel import DomainEvent, Frozen
from domain.price_index.price_index import PriceIndex, project
from domain.user.roles import Permission
from domain.values.text import code_key

STANDARD_INDICES = {
    "IGPM": ("IGP-M (FGV)", 189),
    "IGPDI": ("IGP-DI (FGV)", 190),
    "INPC": ("INPC (IBGE)", 188),
    "IPCA": ("IPCA (IBGE)", 433),
}
"""Names and series (SGS of the Banco Central) of indices that need not be registered by hand first."""


class PriceIndexForm(Frozen):
    """An index that contracts may name. `sgs_code` is its series at the central bank."""

    code: str
    name: str
    sgs_code: int | None = None


class PriceIndices(Registry[PriceIndexForm, PriceIndex]):
    """Indices belong to no single company: KEEP_INDICES in any company is enough."""

    KEPT: ClassVar[tuple[str, ...]] = ("code", "name", "sgs_code")

    def publish(
        self, principal: Principal, index_id: UUID, month: str, percent: Decimal, source: str
    ) -> Done:
        """The index's change in one month (`YYYY-MM`), in per cent, as published."""
        now = self._clock()
        today = sao_paulo_date(now)
        return self._set(principal, index_id, lambda index: index.publish(month, percent, source, today, now))

    def correct(
        self, principal: Principal, index_id: UUID, month: str, percent: Decimal, source: str
    ) -> Done:
        """A point was typed wrong, or its publisher corrected it."""
        return self._set(
            principal, index_id, lambda index: index.correct(month, percent, source, self._clock())
        )

    def find(self, code: str) -> UUID | None:
        """The index with this code."""
        return self._lookups.find(*_by_code(code))

    def named(self, principal: Principal, code: str) -> str | None:
        """The code under which the index is registered that is written so: IGP-M is IGPM.

        A standard one is registered on the way; None for any other that is not.
        """
        bare = code.upper().replace("-", "").replace(" ", "")
        for known in (code, bare):
            if self.find(known) is not None:
                return known
        if bare not in STANDARD_INDICES:
            return None
        name, series = STANDARD_INDICES[bare]
        self.register_or_same(principal, PriceIndexForm(code=bare, name=name, sgs_code=series))
        return bare

    def has_point(self, index_id: UUID, month: str) -> bool:
        """Whether the month is published."""
        return month in self._lastro.load(project, index_id).points

    def _set(self, principal: Principal, index_id: UUID, decide: Step[PriceIndex]) -> Done:
        return self._correct(principal, Permission.KEEP_INDICES, index_id, decide)

    def _project(self) -> Project[PriceIndex]:
        return project

    def _permit(self, principal: Principal, form: PriceIndexForm) -> None:
        principal.require(Permission.KEEP_INDICES)

    def _keys(self, form: PriceIndexForm) -> list[Key]:
        return [_by_code(form.code)]

    def _first_fact(self, id: UUID, form: PriceIndexForm, now: datetime) -> DomainEvent:
        return PriceIndex.register(id, form.code, form.name, form.sgs_code, now)

    def _steps(self, form: PriceIndexForm, now: datetime) -> Iterator[Step[PriceIndex]]:
        return iter(())


def _by_code(code: str) -> Key:
    return Lookup.PRICE_INDEX_CODE, code_key(code)
