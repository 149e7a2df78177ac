"""How each stream folds, and what one fact changed in its aggregate: value by value, before and after."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.account.account import project as project_account
from domain.billing_run.billing_run import project as project_billing_run
from domain.company.company import project as project_company
from domain.contract.contract import project as project_contract
from domain.customer.customer import project as project_customer
from domain.invoice.invoice import project as project_invoice
from domain.kernel import Aggregate
from domain.numbering.numbering import project as project_numbering
from domain.price_index.price_index import project as project_price_index
from domain.sale.sale import project as project_sale
from domain.service.service import project as project_service
from domain.settlement.settlement import project as project_settlement
from domain.user.events import UserSignedIn
from domain.user.user import project as project_user
from domain.webhook.webhook import project as project_webhook

type Fold = Callable[[Any, Iterable[Any]], Aggregate | None]

FOLDS: Mapping[str, Fold] = {
    "account": project_account,
    "billing_run": project_billing_run,
    "company": project_company,
    "contract": project_contract,
    "customer": project_customer,
    "invoice": project_invoice,
    "numbering": project_numbering,
    "price_index": project_price_index,
    "sale": project_sale,
    "service": project_service,
    "settlement": project_settlement,
    "user": project_user,
    "webhook": project_webhook,
}
"""By the first word of a topic."""

NEWEST_SAYS_ALL = frozenset({"numbering"})
"""Streams of which one fact is the whole state: their length does not matter."""

_ALONE = frozenset({UserSignedIn.TOPIC})
_OF_EVERY_AGGREGATE = frozenset({"id", "version", "company_id"})


class Difference(NamedTuple):
    """One value of the aggregate. `path` leads to it; None is nothing."""

    path: tuple[str, ...]
    before: object
    after: object


def fold_of(topic: str) -> Fold | None:
    """The fold of the stream that a fact belongs to; None for facts that stand alone."""
    return None if topic in _ALONE else FOLDS.get(topic.partition(".")[0])


def differences(before: Aggregate | None, after: Aggregate | None) -> tuple[Difference, ...]:
    """What changed between two states, in the order of the aggregate's fields."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    paths = dict.fromkeys((*new, *old))
    return tuple(
        Difference(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


def _leaves(aggregate: Aggregate | None) -> Iterator[tuple[tuple[str, ...], object]]:
    if aggregate is not None:
        for name, value in aggregate.__dict__.items():
            if name not in _OF_EVERY_AGGREGATE:
                yield from _within((name,), value)


def _within(path: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, inner in _parts(value):
        yield from _within((*path, name), inner)
    if not _is_nested(value):
        yield path, _plain(value)


def _plain(value: object) -> object:
    """A value as it is compared: sets in order, nothing in a container is nothing."""
    if isinstance(value, frozenset | set):
        value = sorted(value, key=str)
    return None if isinstance(value, tuple | list | Mapping) and not value else value


def _is_nested(value: object) -> bool:
    return (
        (isinstance(value, BaseModel | Mapping) and value != {})
        or (dataclasses.is_dataclass(value) and not isinstance(value, type))
        or (isinstance(value, tuple | list) and any(map(_is_nested, value)))
    )


def _parts(value: object) -> Iterable[tuple[str, object]]:
    """The parts of what has parts: fields, entries, the members of a list from 1 on."""
    if not _is_nested(value):
        return ()
    if isinstance(value, Mapping):
        return [(str(name), inner) for name, inner in value.items()]
    if isinstance(value, tuple | list):
        return [(str(number), inner) for number, inner in enumerate(value, start=1)]
    if isinstance(value, BaseModel):
        return list(value.__dict__.items())
    assert dataclasses.is_dataclass(value)
    return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
