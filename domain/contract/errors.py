"""What a contract refuses, one class for each rule: the cause, and what a person should do."""

from __future__ import annotations

from domain.kernel import DomainError


class ContractCodeMissingError(DomainError):
    """A contract is known by its number. Give it one that its company does not use yet."""


class ContractItemInvalidError(DomainError):
    """An item does not add up (F106-F110). Correct it.

    Details: `item` (from 1) and `reason`: `description_missing`, `quantity_not_positive`,
    `price_negative`, `both_discounts`, `discount_out_of_range`, `discount_above_price`.
    """


class GrossAmountBesideItemsError(DomainError):
    """The gross value is computed from the items (F132). Remove one or the other."""


class GrossAmountMissingError(DomainError):
    """A contract has items or a gross value (F132). Give one of them."""


class GrossAmountNotPositiveError(DomainError):
    """What is charged must be above zero (F132). Correct prices, quantities or discounts."""


class GrossAmountTooLargeError(DomainError):
    """The value passes what an invoice can hold. Look for a price or quantity typed wrong."""


class InstalmentNotPositiveError(DomainError):
    """An instalment would come to nothing. Use fewer instalments, or a later start of service.

    Details: `ordinal`.
    """


class DateImplausibleError(DomainError):
    """A date lies outside 1990-2100. Look for a year typed wrong. Details: `field`."""


class EndNotAfterStartError(DomainError):
    """The end date must come after the contract's start (F115). Correct one of them."""


class FirstDueBeforeStartError(DomainError):
    """The first due date comes before the contract's start. Correct one of them."""


class DueDayMissingError(DomainError):
    """A contract that counts in months needs a due day from 1 to 31 (F121). Choose one."""


class DueDayUnusedError(DomainError):
    """Weekly and fortnightly contracts count from the first due date (V17). Leave the due day blank."""


class DueDatesCollideError(DomainError):
    """Two periods would fall due on one bank day. Move the first due date or the due day.

    Details: `ordinal`, the later of the two, and `due_on`.
    """


class TermEmptyError(DomainError):
    """No period falls due within the term. Correct the dates, or choose to bill past periods (V14)."""


class TermTooLongError(DomainError):
    """More periods than one contract may generate at once. Shorten the term, or bill from today on.

    Details: `periods` asked for and `limit`.
    """


class ProRataOutsideFirstPeriodError(DomainError):
    """Service must begin within the first period to be charged in proportion (V9).

    Bring the start of service, or the first due date, nearer. Details: `period_from`, `due_on`.
    """


class SplitOpenEndedError(DomainError):
    """A fixed total needs an end (F128). Give the number of instalments."""


class SplitPartsMismatchError(DomainError):
    """The uneven split has another number of parts than the term has instalments (F130).

    Details: `parts`, `instalments`.
    """


class SplitOptionError(DomainError):
    """A fixed total is neither variable, adjusted nor charged in proportion (F128).

    Make the contract recurring, or leave the option out. Details: `field`.
    """


class RecurringOptionError(DomainError):
    """Uneven parts and a single nota belong to a fixed total (F129, F130, V13).

    Make the contract a split one, or leave the option out. Details: `field`.
    """


class FinePercentUnlawfulError(DomainError):
    """The fine passes the law's limit: 2 % to consumers (CDC art. 52 par. 1), else 10 % (Decreto
    22.626/1933 art. 9). Lower it. Details: `limit`."""


class InterestPercentUnlawfulError(DomainError):
    """The interest passes the law's limit: 1 % a month to consumers (CTN art. 161 par. 1), else twice
    that (Decreto 22.626/1933 art. 1). Lower it. Details: `limit`."""


class AdjustmentPeriodUnlawfulError(DomainError):
    """Adjusting by index in less than twelve months is void (Lei 10.192/2001 art. 2 par. 1).

    Use twelve months, or mark the contract as outside that law.
    """


class AdjustmentPeriodTooLongError(DomainError):
    """More than ten years between adjustments. Look for a number typed wrong. Details: `limit`."""


class AdjustmentTermUnlawfulError(DomainError):
    """Index clauses are for contracts of a year or more (Lei 10.192/2001 art. 2).

    Lengthen the term, drop the clause, or mark the contract as outside that law.
    """


class AdjustmentClauseMissingError(DomainError):
    """The contract has no index clause, or ends before it would act: nothing is to be adjusted."""


class AdjustmentNotDueError(DomainError):
    """The next adjustment lies ahead and its index is not published yet. Wait for it.

    Details: `adjusts_on`, `missing` (the months).
    """


class TermsFixedError(DomainError):
    """A signed contract keeps this (F95, V17). Extend or end it, or sign another one.

    Details: `field`.
    """


class SplitTotalFixedError(DomainError):
    """The total of a split contract is fixed, its price cannot be revised (F128)."""


class RevisionEmptyError(DomainError):
    """Nothing differs from the terms in force on that day."""


class RevisionReachesNothingError(DomainError):
    """No period falls due on or after the effective date. Choose an earlier one, or extend first."""


class RevisionBeforeStartError(DomainError):
    """The effective date comes before the contract's start. Choose a later one."""


class PriceAlreadyAdjustedError(DomainError):
    """The price of that time was adjusted by index since. Revise it from the adjustment on.

    Details: `adjusted_on`.
    """


class PriceBeyondAdjustmentError(DomainError):
    """The price after the next index adjustment is not known yet. Revise it up to that day.

    Details: `adjusts_on`.
    """


class PeriodPushedOutError(DomainError):
    """The new due day would push a generated period past the contract's end. Extend it first.

    Details: `ordinal`, `ends_on`.
    """


class ExtensionTooShortError(DomainError):
    """The new term adds no period to the contract. Choose a later end or more instalments."""


class EndNotEarlierError(DomainError):
    """The contract already ends by then. Choose an earlier day; to go on longer, extend it."""


class PeriodUnknownError(DomainError):
    """The contract has not generated this period. Details: `ordinal`."""


class PeriodNotLiveError(DomainError):
    """This attempt at the period is no longer the live one: it was released before (V19).

    Details: `ordinal`, `attempt`.
    """


class PeriodStillLiveError(DomainError):
    """The period has a live invoice (V19). Cancel that one and free its period first.

    Details: `ordinal`, `attempt`.
    """


class PeriodOutsideTermError(DomainError):
    """The period falls due after the contract's end. Extend the contract first. Details: `ordinal`."""
