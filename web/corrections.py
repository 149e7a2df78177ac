"""What was corrected elsewhere so that an invoice could be billed: told in its history, recorded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from application.app import Lastro
from domain.invoice.events import BillingRequested, NfseFailed
from domain.service.events import ServiceFiscalCodeAssigned, ServiceRegistered


class InvoiceFact(Protocol):
    """One fact of the invoice, as its history gives it."""

    @property
    def position(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Correction:
    """A fact of a service, in the form of the history's rows. `facts` say the values before, too."""

    version: int
    position: int
    topic: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Wait:
    """From when to when the nota of an invoice waited for a service; `until` None: it waits still."""

    service: str
    since: int
    until: int | None


def corrections(lastro: Lastro, facts: Sequence[InvoiceFact]) -> list[Correction]:
    """Each fiscal code that a service was given while this invoice's nota failed for it, in order."""
    waits = _waits(facts)
    if not waits:
        return []
    recorded = lastro.read_streams(list(waits), (ServiceRegistered.TOPIC, ServiceFiscalCodeAssigned.TOPIC))
    found: list[Correction] = []
    before: dict[UUID, tuple[str | None, str | None]] = {}
    for stored, event in zip(recorded, lastro.opened(recorded), strict=True):
        assert isinstance(event, ServiceRegistered | ServiceFiscalCodeAssigned)
        was = before.get(event.originator_id, (None, None))
        before[event.originator_id] = (event.lc116, event.ctribnac)
        wait = waits[event.originator_id]
        if stored.position < wait.since or (wait.until is not None and stored.position > wait.until):
            continue
        told = {"service": wait.service, "was_lc116": was[0], "was_ctribnac": was[1]}
        told |= {"lc116": event.lc116, "ctribnac": event.ctribnac}
        found.append(
            Correction(
                version=stored.version,
                position=stored.position,
                topic=stored.topic,
                occurred_at=stored.occurred_at,
                recorded_at=stored.recorded_at,
                actor=stored.actor,
                facts=told,
            )
        )
    return found


def _waits(facts: Sequence[InvoiceFact]) -> dict[UUID, _Wait]:
    """Until the billing after the last failure: what is corrected later was no concern of this invoice."""
    waits: dict[UUID, _Wait] = {}
    for fact in facts:
        if fact.topic == BillingRequested.TOPIC:
            waits = {
                service: wait if wait.until is not None else _Wait(wait.service, wait.since, fact.position)
                for service, wait in waits.items()
            }
        elif fact.topic == NfseFailed.TOPIC and fact.facts["service_id"] is not None:
            service = UUID(fact.facts["service_id"])
            known = waits.get(service)
            since = fact.position if known is None else known.since
            waits[service] = _Wait(str(fact.facts["detail"]), since, None)
    return waits
