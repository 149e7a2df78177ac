"""What an invoice refuses, each with its cause and what a person should do."""

from __future__ import annotations

from domain.kernel import DomainError


class InvoiceCancelledError(DomainError):
    """The invoice is cancelled and owes nothing. Bill the period again instead, if it was freed."""


class InvoiceBilledError(DomainError):
    """The invoice is Faturado and nothing of it is missing (F51). Cancel its boleto or the invoice first."""


class InvoicePaidError(DomainError):
    """Money was received for this invoice. Reverse the payments first."""


class ValuePendingError(DomainError):
    """The invoice waits for its definitive value (F50, V10). Set it, then try again."""


class PriceForecastError(DomainError):
    """The price adjustment before this due date is not applied yet, so the price is a forecast (V6).

    Automatic billing waits for it: apply the adjustment, or bill the invoice by hand.
    """


class AmountMismatchError(DomainError):
    """The instalments do not add up to the lines. Correct the one or the other."""


class AmountNotPositiveError(DomainError):
    """An instalment has an amount above zero (F132). Give it one, at least a base value (F113)."""


class NumberingBrokenError(DomainError):
    """Instalments are numbered 1, 2, 3 … in order, and several need an amount each. Give all of them."""


class DueDatesInvalidError(DomainError):
    """An instalment is payable without charges until its due date at least. Correct the dates."""


class DocumentUnfitError(DomainError):
    """A boleto needs the payment method boleto, a Pix charge the method Pix (F143). Change the method."""


class SaleLinesLockedError(DomainError):
    """What came from a sale is changed in the sale, or cancelled and made again (F160)."""


class LineAlreadyBilledError(DomainError):
    """This sale item or contract period is on the invoice already. Leave it out."""


class BoletoStillValidError(DomainError):
    """A valid boleto carries the old data (F87). Cancel the boleto first."""


class BoletoNotIssuedError(DomainError):
    """The instalment has no valid boleto (F52, F86). There is nothing to cancel."""


class BoletoNumberMissingError(DomainError):
    """An instalment needs a boleto and came without numbers. Ask `boletos_needed` again and retry."""


class InstalmentUnknownError(DomainError):
    """The invoice has no instalment of this number. Look at its instalments again."""


class InstalmentSettledError(DomainError):
    """The instalment is settled. Reverse its payment first."""


class InstalmentBelowPaidError(DomainError):
    """An instalment cannot be worth less than was already paid of it. Reverse the payment first."""


class PaymentNotPositiveError(DomainError):
    """A receipt has an amount above zero. To take one back, reverse it."""


class PaymentInFutureError(DomainError):
    """A receipt cannot be dated after today. Correct the date."""


class DiscountInvalidError(DomainError):
    """A discount is between zero and what is open of the instalment. Correct the discount."""


class PaymentContradictedError(DomainError):
    """This receipt is known with another amount, day or instalment. Find out which is true, then reverse."""


class PaymentUnknownError(DomainError):
    """No receipt of this identity was recorded on this invoice. Look for it on another."""
