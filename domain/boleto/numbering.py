"""Boleto numbers: nosso número, campo livre, barcode and linha digitável of banks 341 and 001."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from domain.boleto import banco_do_brasil, itau
from domain.boleto.agreement import (
    Agreement,
    BoletoAgreementInvalidError,
    BoletoNumberInvalidError,
    Layout,
)
from domain.boleto.barcode import compose_barcode, linha_digitavel
from domain.boleto.due_factor import due_factor

_LAYOUTS: dict[str, Callable[[Agreement], Layout]] = {
    itau.BANK_CODE: itau.layout,
    banco_do_brasil.BANK_CODE: banco_do_brasil.layout,
}
_MAX_CENTS = 10**10 - 1
# From 17 digits on, a nosso número of Banco do Brasil is printed without its digit.
_PRINTED_WHOLE = 17


_ACCOUNT_FORMS: dict[str, Callable[[Agreement], str]] = {
    itau.BANK_CODE: itau.format_account,
    banco_do_brasil.BANK_CODE: banco_do_brasil.format_account,
}


class BoletoNumbers(NamedTuple):
    """All that identifies a boleto: digits as text, the check digit apart ("X" is possible)."""

    nosso_numero: str
    nosso_numero_digit: str
    barcode: str
    linha_digitavel: str
    campo_livre: str


class BoletoNumbering:
    """An agreement that was checked once, ready to number many boletos."""

    def __init__(self, bank_code: str, layout: Layout) -> None:
        self.bank_code = bank_code
        self._layout = layout
        self.max_number = layout.max_number
        """The highest number that the agreement can carry; the lowest is 1."""
        self.series = layout.series
        """Within what a number must be unique at the bank: another agreement starts again from 1."""

    @classmethod
    def for_agreement(cls, agreement: Agreement) -> BoletoNumbering:
        """Check an agreement; raises BoletoAgreementInvalidError with the field to correct."""
        return cls(agreement.bank_code, _of_bank(agreement, _LAYOUTS)(agreement))

    def numbers(
        self, number: int, due_on: date | None, amount: Decimal, document_number: str | None = None
    ) -> BoletoNumbers:
        """Number one boleto. `amount` in reais, zero where the payer fills it in; `due_on` None
        for a boleto without due date; `document_number` is the issuer's own (seu número), which
        some carteiras of Itaú carry.

        Raises BoletoNumberInvalidError or DueFactorInvalidError.
        """
        if not 1 <= number <= self.max_number:
            raise BoletoNumberInvalidError(
                f"number {number} is not from 1 to {self.max_number}",
                field="number",
                found=number,
                expected=self.max_number,
            )
        nosso_numero, digit, campo_livre = self._layout.numbered(number, document_number)
        barcode = compose_barcode(self.bank_code, _value(due_on, amount), campo_livre)
        return BoletoNumbers(nosso_numero, digit, barcode, linha_digitavel(barcode), campo_livre)


def _of_bank[T](agreement: Agreement, table: dict[str, T]) -> T:
    if agreement.bank_code not in table:
        raise BoletoAgreementInvalidError(
            f"boletos of bank {agreement.bank_code} are not numbered here",
            field="bank_code",
            reason="unsupported",
            expected=sorted(table),
        )
    return table[agreement.bank_code]


@lru_cache(maxsize=16_384)
def _value(due_on: date | None, amount: Decimal) -> str:
    """Due factor and cents, as the barcode has them."""
    return f"{due_factor(due_on)}{_cents(amount):010d}"


def _cents(amount: Decimal) -> int:
    scaled = amount.scaleb(2)
    whole = int(scaled) if scaled.is_finite() else -1
    if whole != scaled or not 0 <= whole <= _MAX_CENTS:
        raise BoletoNumberInvalidError(
            f"{amount} is not an amount of a boleto: from 0.00 to 99999999.99, in whole cents",
            field="amount",
            found=str(amount),
        )
    return whole


def boleto_numbers(
    agreement: Agreement,
    number: int,
    due_on: date | None,
    amount: Decimal,
    document_number: str | None = None,
) -> BoletoNumbers:
    """Number a single boleto; for many, keep a `BoletoNumbering`."""
    return BoletoNumbering.for_agreement(agreement).numbers(number, due_on, amount, document_number)


def max_number(agreement: Agreement) -> int:
    """The highest number that the agreement can carry."""
    return BoletoNumbering.for_agreement(agreement).max_number


def format_nosso_numero(bank_code: str, portfolio: str, nosso_numero: str, digit: str) -> str:
    """The nosso número as its bank wants it printed: 109/12345678-0, 12387901234-5."""
    if bank_code == itau.BANK_CODE:
        return f"{portfolio.zfill(3)}/{nosso_numero}-{digit}"
    if len(nosso_numero) >= _PRINTED_WHOLE:
        return nosso_numero
    return f"{nosso_numero}-{digit}"


def format_branch_and_account(agreement: Agreement) -> str:
    """Branch and account as the bank wants them printed, with their check digits."""
    return _of_bank(agreement, _ACCOUNT_FORMS)(agreement)
