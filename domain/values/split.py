"""Splits of a total into instalments: the parts always add up to it, to the cent (V1, V2, V2b)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from domain.kernel import CENT, DomainError, cents

_HUNDRED = Decimal(100)


class SplitInvalidError(DomainError):
    """The parts do not make up the total. Correct the percentages or amounts of the instalments.

    Details: `reason` (`negative_total`, `no_parts`, `part_unclear`, `part_not_positive`, `mixed`,
    `percent_sum`, `amount_sum`), and `part` (from 1), `expected`, `found` where they apply.
    """


class SplitShare(Protocol):
    """One instalment of an uneven split: a percentage of the total or an amount, never both."""

    @property
    def percent(self) -> Decimal | None: ...
    @property
    def amount(self) -> Decimal | None: ...


def split_evenly(total: Decimal, count: int) -> tuple[Decimal, ...]:
    """`count` parts of a total in reais. All but the last are cut to whole cents, so that the last
    one, which takes the cents left over, is never the smaller (V2b)."""
    if count < 1:
        raise SplitInvalidError("a split has at least one part", reason="no_parts", found=count)
    share = _cut(_checked(total) / count)
    return (share,) * (count - 1) + (cents(total - share * (count - 1)),)


def split_by(total: Decimal, parts: Sequence[SplitShare]) -> tuple[Decimal, ...]:
    """The parts of a total in reais: percentages that add up to 100, or amounts that add up to it.

    Percentages are cut to whole cents as in `split_evenly`; the last part takes what is left.
    """
    _checked(total)
    if not parts:
        raise SplitInvalidError("a split has at least one part", reason="no_parts", found=0)
    shares = [_share(number, part) for number, part in enumerate(parts, start=1)]
    if len({is_percent for is_percent, _ in shares}) > 1:
        raise SplitInvalidError("give percentages or amounts, not both", reason="mixed")
    if shares[0][0]:
        return _by_percent(total, [value for _, value in shares])
    return _by_amount(total, [value for _, value in shares])


def split_like(total: Decimal, amounts: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The parts of a total in reais that stand to each other as these amounts, all above zero.

    Cut to whole cents as in `split_evenly`; the last part takes what is left.
    """
    whole = sum(amounts, Decimal(0))
    if whole <= 0:
        raise SplitInvalidError("nothing to share the total by", reason="no_parts", found=len(amounts))
    firsts = [_cut(_checked(total) * amount / whole) for amount in amounts[:-1]]
    return (*firsts, cents(total - sum(firsts)))


def _checked(total: Decimal) -> Decimal:
    if total < 0:
        raise SplitInvalidError(f"{total} is negative", reason="negative_total", found=str(total))
    return total


def _share(number: int, part: SplitShare) -> tuple[bool, Decimal]:
    value = part.amount if part.percent is None else part.percent
    if value is None or (part.percent is not None and part.amount is not None):
        raise SplitInvalidError(
            f"part {number} needs a percentage or an amount", reason="part_unclear", part=number
        )
    if value <= 0:
        raise SplitInvalidError(
            f"part {number} is not above zero", reason="part_not_positive", part=number, found=str(value)
        )
    return part.percent is not None, value


def _by_percent(total: Decimal, percents: list[Decimal]) -> tuple[Decimal, ...]:
    if sum(percents) != _HUNDRED:
        raise SplitInvalidError(
            f"the percentages add up to {sum(percents)}, not 100",
            reason="percent_sum",
            expected="100",
            found=str(sum(percents)),
        )
    firsts = [_cut(total * percent / _HUNDRED) for percent in percents[:-1]]
    return (*firsts, cents(total - sum(firsts)))


def _by_amount(total: Decimal, amounts: list[Decimal]) -> tuple[Decimal, ...]:
    if sum(amounts) != total:
        raise SplitInvalidError(
            f"the amounts add up to {sum(amounts)}, not {total}",
            reason="amount_sum",
            expected=str(total),
            found=str(sum(amounts)),
        )
    return tuple(amounts)


def _cut(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_DOWN)
