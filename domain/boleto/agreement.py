"""What boleto layouts read of an account's agreement with its bank, and how they refuse it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from domain.kernel import DomainError


class Agreement(Protocol):
    """The shape of an account's `BoletoAgreement`; digits as text, without punctuation."""

    @property
    def bank_code(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def account_number(self) -> str: ...
    @property
    def account_digit(self) -> str | None: ...
    @property
    def portfolio(self) -> str: ...
    @property
    def agreement(self) -> str | None: ...
    @property
    def variation(self) -> str | None: ...


class BoletoAgreementInvalidError(DomainError):
    """The agreement with the bank is incomplete or wrong. Correct the field that is named.

    Details: `field` (a field of the agreement), `reason` (`missing`, `form`, `length`,
    `unsupported`, `check_digit`) and, where it is known, `expected`.
    """


class BoletoNumberInvalidError(DomainError):
    """A boleto cannot carry this number or amount. Correct the field that is named.

    Details: `field` (`number`, `amount`, `document_number`), `found`, and `expected` where it is
    known. A number that is too high means that the agreement's range is used up: ask the bank for
    another agreement.
    """


class Numbered(NamedTuple):
    """A boleto's number in its bank's layout."""

    nosso_numero: str
    nosso_numero_digit: str
    campo_livre: str


class Layout(Protocol):
    """How one agreement numbers its boletos. Pure: the same number gives the same digits."""

    max_number: int
    """The highest number that fits; numbers start at 1."""

    series: str
    """Within what a number must be unique at the bank: two accounts of one series share its numbers."""

    def numbered(self, number: int, document_number: str | None) -> Numbered:
        """The number in the bank's layout.

        `number` is from 1 to `max_number`, which the caller checks. `document_number` (seu número)
        is read by few layouts; they raise BoletoNumberInvalidError if it does not fit.
        """


def digits_of(agreement: Agreement, field: str, width: int) -> str:
    """A field of at most `width` digits, filled with zeros on the left."""
    value = getattr(agreement, field)
    if not value:
        raise BoletoAgreementInvalidError(f"{field} is missing", field=field, reason="missing")
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise BoletoAgreementInvalidError(f"{field} must be digits only", field=field, reason="form")
    if len(text.lstrip("0")) > width:
        raise BoletoAgreementInvalidError(
            f"{field} has at most {width} digits", field=field, reason="length", expected=width
        )
    return text.lstrip("0").zfill(width)


def check_account_digit(agreement: Agreement, expected: str) -> None:
    """Refuse an account whose own check digit, where it is given, is not the computed one."""
    given = agreement.account_digit
    if given is not None and given.upper() != expected:
        raise BoletoAgreementInvalidError(
            f"the account's check digit is {expected}, not {given}",
            field="account_digit",
            reason="check_digit",
            expected=expected,
        )
