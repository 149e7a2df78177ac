"""Which terms may change after signing, from when, and which later decisions stand (V7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import PositiveInt

from domain.contract.errors import SplitTotalFixedError, TermsFixedError
from domain.contract.events import Terms
from domain.contract.pricing import gross_amount
from domain.contract.schedule import due_on
from domain.kernel import Frozen
from domain.values.payment import ValueType

NOTES = "notes"
"""Not one of the terms: they hold for the whole contract, and are sealed with the customer's key."""

DATING = ("due_day", "due_shift")
REVISABLE = frozenset(
    {
        *DATING,
        "items",
        "gross_amount",
        "variable",
        "adjustment",
        "payment_method",
        "account_id",
        "nfse",
        "send_email",
        "fine_percent",
        "interest_percent_month",
        "consumer",
        "competencia_offset_months",
        "department",
        NOTES,
    }
)
"""The rest anchors the periods that exist (dates, periodicity, split) or has its own decision (end)."""


class TermsVersion(Frozen):
    """Terms in force from one period on, until the next version."""

    from_ordinal: PositiveInt
    terms: Terms


def in_force(versions: tuple[TermsVersion, ...], ordinal: int) -> Terms:
    """The terms of one period."""
    if versions[-1].from_ordinal <= ordinal:
        return versions[-1].terms
    return next(each.terms for each in reversed(versions) if each.from_ordinal <= ordinal)


def differing(before: Terms, after: Terms) -> tuple[str, ...]:
    """The names of the fields that differ, in the order of the form."""
    return tuple(name for name in Terms.model_fields if getattr(before, name) != getattr(after, name))


def check_revisable(before: Terms, after: Terms, changed: Iterable[str]) -> None:
    """Refuse what a signed contract keeps."""
    for name in changed:
        # A single nota is one invoice with all instalments: its invoices cannot be regrouped.
        if name not in REVISABLE or (name == "nfse" and "single" in (before.nfse, after.nfse)):
            raise TermsFixedError(name, field=name)
    if before.value_type is ValueType.SPLIT and gross_amount(before) != gross_amount(after):
        raise SplitTotalFixedError(f"{gross_amount(before)}, not {gross_amount(after)}")


def merged(terms: Terms, source: Terms, names: Iterable[str]) -> Terms:
    """`terms` with these fields of `source`."""
    return terms.model_copy(update={name: getattr(source, name) for name in names if name != NOTES})


def amended(
    versions: tuple[TermsVersion, ...], from_ordinal: int, changed: tuple[str, ...], terms: Terms
) -> tuple[TermsVersion, ...]:
    """The versions once `terms` hold from a period on.

    Versions decided for later periods take over each changed field, unless they (or one between)
    had decided on that very field: such a decision stands.
    """
    before = in_force(versions, from_ordinal)
    result = [each for each in versions if each.from_ordinal < from_ordinal]
    result.append(TermsVersion(from_ordinal=from_ordinal, terms=terms))
    open_names = set(changed) - {NOTES}
    for each in versions:
        if each.from_ordinal > from_ordinal:
            open_names = {name for name in open_names if getattr(each.terms, name) == getattr(before, name)}
            result.append(each.model_copy(update={"terms": merged(each.terms, terms, open_names)}))
    return tuple(result)


def steps(
    changed: tuple[str, ...], terms: Terms, start: int, effective_on: date
) -> list[tuple[tuple[str, ...], int]]:
    """Which of the changed fields hold from which period on: due day and shift may come later.

    They never move the first due date (V17), nor put a period's due date before `effective_on`.
    """
    dating = tuple(name for name in changed if name in DATING)
    others = tuple(name for name in changed if name not in DATING)
    dated = max(start, 2)
    while due_on(terms, dated) < effective_on:
        dated += 1
    if dated == start or not dating:
        return [(changed, start)]
    return [(names, ordinal) for names, ordinal in ((others, start), (dating, dated)) if names]
