"""What a receipt refuses, each with its cause and what a person should do."""

from __future__ import annotations

from domain.kernel import DomainError


class SettlementInvalidError(DomainError):
    """What was told of a receipt is not of its form, so that nothing of it was recorded. Correct the message
    where it comes from.

    Details: `field` and `reason` (`missing`, `too_long`, `control_character`, `form`, `not_positive`,
    `too_large`, `cents`, `too_old`).
    """


class SettlementInFutureError(DomainError):
    """Money cannot have been paid, or taken back, after today. Correct it, or tell it again that day."""


class SettlementContradictedError(DomainError):
    """The same receipt was told before with other content, and what was told first stands.

    Find out which is true. If it was the first, drop this message; if it is this one, take the first back
    (reversal) and tell the receipt again under an id of its own. A part taken back is such a case too.

    Details: `settlement_id` and `fields`, those that differ.
    """


class SettlementReversedError(DomainError):
    """The money of this receipt was taken back. There is nothing left to identify or to release."""


class SettlementPlacedError(DomainError):
    """This receipt has paid an instalment already. Release it there first if that was the wrong one.

    Details: `invoice_id` and `instalment`.
    """


class SettlementNotPlacedError(DomainError):
    """This receipt has paid nothing yet. There is nothing to release."""


class SettlementElsewhereError(DomainError):
    """This receipt reached another company, and pays no debt of this one. Choose an invoice of its company.

    Details: `invoice_id`.
    """
