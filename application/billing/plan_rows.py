"""The rows of plans and of their runs, as the working tables keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

import orjson

from domain.billing_run.events import BillingPlanned
from domain.kernel import DomainError

type ItemOutcome = Literal["with_failures", "refused", "failed"]


class PlanUnknownError(DomainError):
    """No plan has this hash. Show the latest plan, or make one."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One invoice that the plan bills, and the versions of the streams that are its own.

    `expected` is `billed`, or the reason of the failure that billing it will meet.
    """

    ordinal: int
    invoice_id: UUID
    version: int
    company_id: UUID
    customer_id: UUID
    customer_version: int
    account_id: UUID
    amount: Decimal
    due_on: date
    boletos: int
    number_offset: int
    expected: str
    expected_detail: str


class DueItem(NamedTuple):
    """An item to be billed now: its facts as the plan decided them, and where its own streams are."""

    ordinal: int
    invoice_id: UUID
    version: int
    company_id: UUID
    customer_id: UUID
    customer_version: int
    account_id: UUID
    amount: Decimal
    due_on: date
    boletos: int
    number_offset: int
    expected: str
    expected_detail: str
    facts: bytes
    digest: bytes
    invoice_now: int
    customer_now: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One candidate that the plan leaves out; `reason` is a stable code."""

    invoice_id: UUID
    company_id: UUID
    amount: Decimal
    due_on: date
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of an item that was not simply billed. `stream_id` names what moved."""

    ordinal: int
    outcome: ItemOutcome
    reason: str
    detail: str
    stream_id: UUID | None


@dataclass(frozen=True, slots=True)
class ItemReport:
    """An item that was refused, failed, or billed with a failure."""

    ordinal: int
    invoice_id: UUID
    company_id: UUID
    customer_id: UUID
    amount: Decimal
    outcome: ItemOutcome
    reason: str
    detail: str
    stream_id: UUID | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A plan that was made, whatever became of it."""

    run_id: UUID
    plan_hash: str
    chunk_size: int
    previous_run_id: UUID | None
    planned: BillingPlanned


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a confirmed plan's items, billed in one transaction."""

    chunk: int
    first_ordinal: int
    last_ordinal: int
    done: bool
    reported: bool
    billed: int
    with_failures: int
    refused: int
    failed: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """How a plan differs from the one before it with the same filter; each counts invoices."""

    new: int
    changed: int
    dropped: int
    blocked: int


def values(row: PlanItem | Exclusion | ItemResult) -> Iterator[object]:
    """A flat row's values; `dataclasses.astuple` copies each of them deeply, at a hundred times the cost."""
    return (getattr(row, name) for name in row.__slots__)


_OWN = len(PlanItem.__slots__)


def digest_of(item: PlanItem, facts: bytes) -> bytes:
    """SHA-256 over an item and the facts that its billing is to record: what the plan's hash covers."""
    return _digest(values(item), facts)


def is_altered(item: DueItem) -> bool:
    """Whether an item, or its facts, are not what the plan decided."""
    return _digest(item[:_OWN], item.facts) != item.digest


def _digest(values: Iterable[object], facts: bytes) -> bytes:
    # JSON of one line: no value can run into the next one, nor into the facts.
    return hashlib.sha256(orjson.dumps(list(values), default=str) + b"\n" + facts).digest()
