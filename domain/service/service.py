"""Service: what a company sells, with the fiscal code that its nota needs."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, assert_never
from uuid import UUID

from domain.kernel import Aggregate, DomainError, Money, cents, first, projector
from domain.service.events import (
    ServiceEvent,
    ServiceFiscalCodeAssigned,
    ServicePriced,
    ServiceRegistered,
    ServiceRetired,
)
from domain.values.text import CODE_LENGTH, required_text

type ServiceKind = Literal["service", "product"]

_LC116 = re.compile(r"([0-9]{1,2})\.([0-9]{2})")
_CTRIBNAC = re.compile(r"[0-9]{6}")
# LC 116/2003 has items 1 to 40.
_LAST_ITEM = 40


class FiscalGap(StrEnum):
    """Why no nota can be issued for this; a stable code that `web/` words."""

    WITHOUT_FISCAL_CODE = "service_without_fiscal_code"
    GOODS = "goods_take_nfe"


class FiscalCodeInvalidError(DomainError):
    """The fiscal code is not of its form. Look it up in the list of LC 116/2003 or in the table of
    cTribNac. Details: `field` (`lc116`, `ctribnac`), `reason` (`form`, `item`, `mismatch`,
    `lc116_missing`)."""


class FiscalCodeUnfitError(DomainError):
    """A product is sold with NF-e (F168) and has no code of the list of services. Register a
    service instead, or leave the code out."""


class ServicePriceInvalidError(DomainError):
    """A list price is zero or more, in whole cents. Correct it."""


class ServiceRetiredError(DomainError):
    """The service is no longer sold. Register a new one."""


class Service(Aggregate):
    """A service or product of one company."""

    code: str
    description: str
    kind: ServiceKind
    list_price: Money | None
    lc116: str | None
    ctribnac: str | None
    retired: bool = False

    @staticmethod
    def register(
        id: UUID,
        company_id: UUID,
        code: str,
        description: str,
        kind: ServiceKind,
        list_price: Decimal | None,
        lc116: str | None,
        ctribnac: str | None,
        now: datetime,
    ) -> ServiceRegistered:
        """It can be sold. Without `lc116` ("1.07", "01.07") its notas fail until it is assigned (F107)."""
        fiscal = _fiscal_code(kind, lc116, ctribnac)
        return ServiceRegistered(
            **first(id, now, company_id),
            code=required_text(code, "code", CODE_LENGTH),
            description=required_text(description, "description"),
            kind=kind,
            list_price=None if list_price is None else _price(list_price),
            lc116=fiscal[0],
            ctribnac=fiscal[1],
        )

    def assign_fiscal_code(
        self, lc116: str, ctribnac: str | None, now: datetime
    ) -> ServiceFiscalCodeAssigned | None:
        """Its code is known or was wrong: notas that failed for it can be billed again (F167)."""
        item, national = _fiscal_code(self.kind, lc116, ctribnac)
        if (item, national) == (self.lc116, self.ctribnac):
            return None
        assert item is not None
        return ServiceFiscalCodeAssigned(**self.following(now), lc116=item, ctribnac=national)

    def kept_national_code(self, lc116: str) -> str | None:
        """The cTribNac that is known already, where it is of this item of LC 116."""
        return self.ctribnac if self.lc116 == _lc116(lc116) else None

    def price(self, list_price: Decimal, now: datetime) -> ServicePriced | None:
        """The price that new items start from (F109); contracts keep theirs."""
        if self.retired:
            raise ServiceRetiredError
        if list_price == self.list_price:
            return None
        return ServicePriced(**self.following(now), list_price=_price(list_price))

    def retire(self, now: datetime) -> ServiceRetired | None:
        """No longer sell it; contracts that have it go on, and so do corrections of its fiscal code."""
        return None if self.retired else ServiceRetired(**self.following(now))

    def fiscal_gap(self) -> FiscalGap | None:
        """Why a nota of services cannot carry it, None if it can (F107, F167, F168).

        Goods never can: they bear ICMS, not ISS, and go with NF-e model 55 (Ajuste SINIEF 07/2005).
        """
        if self.kind == "product":
            return FiscalGap.GOODS
        return FiscalGap.WITHOUT_FISCAL_CODE if self.lc116 is None else None

    def require_on_sale(self) -> None:
        """Raise ServiceRetiredError for what new items may no longer name."""
        if self.retired:
            raise ServiceRetiredError(code=self.code)


def _fiscal_code(kind: ServiceKind, lc116: str | None, ctribnac: str | None) -> tuple[str | None, str | None]:
    if lc116 is None and ctribnac is None:
        return None, None
    if kind == "product":
        raise FiscalCodeUnfitError
    if lc116 is None:
        raise FiscalCodeInvalidError(
            "give the item of LC 116 with the cTribNac", field="lc116", reason="lc116_missing"
        )
    item = _lc116(lc116)
    if ctribnac is None:
        return item, None
    if not _CTRIBNAC.fullmatch(ctribnac):
        raise FiscalCodeInvalidError("a cTribNac has 6 digits", field="ctribnac", reason="form")
    if ctribnac[:4] != item.replace(".", ""):
        # Its first four digits are item and sub-item of LC 116 (NFS-e nacional, annex B).
        raise FiscalCodeInvalidError(
            f"cTribNac {ctribnac} is not of item {item}", field="ctribnac", reason="mismatch"
        )
    return item, ctribnac


def _lc116(text: str) -> str:
    match = _LC116.fullmatch(text.strip())
    if match is None:
        raise FiscalCodeInvalidError("an item reads as 01.07", field="lc116", reason="form")
    if not 1 <= int(match[1]) <= _LAST_ITEM or match[2] == "00":
        raise FiscalCodeInvalidError(
            f"LC 116 has no item {match[0]}", field="lc116", reason="item", found=match[0]
        )
    return f"{int(match[1]):02d}.{match[2]}"


def _price(amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount < 0 or amount != cents(amount):
        raise ServicePriceInvalidError(found=str(amount))
    return amount


def evolve(service: Service | None, event: ServiceEvent) -> Service:
    """The state one fact later."""
    if isinstance(event, ServiceRegistered):
        return _registered(event)
    assert service is not None
    match event:
        case ServiceFiscalCodeAssigned():
            return service.moved(event, lc116=event.lc116, ctribnac=event.ctribnac)
        case ServicePriced():
            return service.moved(event, list_price=event.list_price)
        case ServiceRetired():
            return service.moved(event, retired=True)
        case _:
            assert_never(event)


def _registered(event: ServiceRegistered) -> Service:
    return Service(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        code=event.code,
        description=event.description,
        kind=event.kind,
        list_price=event.list_price,
        lc116=event.lc116,
        ctribnac=event.ctribnac,
    )


project = projector(evolve)
