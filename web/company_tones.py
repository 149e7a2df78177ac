"""The colour of a company's circle: by the order of registration, so that no two companies share one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from application.database import Database
from projections.companies.query import companies

COLOURS = 12
SHAPES = 3


class CompanyTones:
    """Looks the order up once, and again when a company turns up that it has not seen."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places: Mapping[UUID, int] = {}

    def __call__(self, company_id: UUID) -> str:
        """The classes of its circle; after twelve companies the colours come again in another shape."""
        if company_id not in self._places:
            known = sorted(each.company_id for each in companies(self._database, None))
            self._places = {found: place for place, found in enumerate(known)}
        place = self._places.get(company_id, 0)
        return f"company-{place % COLOURS} company-shape-{place // COLOURS % SHAPES}"
