"""The facts of a service or product that a company sells."""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.kernel import DomainEvent, Money


class ServiceRegistered(DomainEvent):
    """It can be sold. `lc116` is the item of LC 116/2003 ("01.07"), None until someone knows it."""

    TOPIC: ClassVar[str] = "service.registered.v1"
    code: str
    description: str
    kind: Literal["service", "product"]
    list_price: Money | None
    lc116: str | None
    ctribnac: str | None


class ServiceFiscalCodeAssigned(DomainEvent):
    """Its fiscal code is known; the nota of what it bills can be issued (F107, F167).

    `ctribnac` is the six-digit national taxation code (cTribNac), None where the city needs none.
    """

    TOPIC: ClassVar[str] = "service.fiscal_code_assigned.v1"
    lc116: str
    ctribnac: str | None


class ServicePriced(DomainEvent):
    """The list price from now on (F109)."""

    TOPIC: ClassVar[str] = "service.priced.v1"
    list_price: Money


class ServiceRetired(DomainEvent):
    """It is no longer sold; contracts that have it go on."""

    TOPIC: ClassVar[str] = "service.retired.v1"


ServiceEvent = ServiceRegistered | ServiceFiscalCodeAssigned | ServicePriced | ServiceRetired
