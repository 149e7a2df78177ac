"""Banco do Brasil (001): nosso número and campo livre, by the length of the convênio."""

from __future__ import annotations

from domain.boleto.agreement import (
    Agreement,
    BoletoAgreementInvalidError,
    Layout,
    Numbered,
    check_account_digit,
    digits_of,
)
from domain.boleto.check_digits import banco_do_brasil_digit

BANK_CODE = "001"

FREE_NUMBER_VARIATION = "21"
"""Service 21: a convênio of 6 digits whose nosso número has 17 digits of the issuer's choice."""

_FREE_NUMBER_PORTFOLIOS = frozenset({"16", "18"})
_NUMBER_WIDTHS = {4: 7, 6: 5, 7: 10, 8: 9}
_FREE_NUMBER_WIDTH = 17


def format_account(agreement: Agreement) -> str:
    """0548-7 / 00001448-6."""
    branch, account = digits_of(agreement, "branch", 4), digits_of(agreement, "account_number", 8)
    return f"{branch}-{banco_do_brasil_digit(branch)} / {account}-{banco_do_brasil_digit(account)}"


def layout(agreement: Agreement) -> Layout:
    """The layout of the agreement's convênio, of 4, 6, 7 or 8 digits."""
    convenio = _convenio(agreement)
    portfolio = digits_of(agreement, "portfolio", 2)
    branch = digits_of(agreement, "branch", 4)
    account = digits_of(agreement, "account_number", 8)
    check_account_digit(agreement, banco_do_brasil_digit(account))
    width = _NUMBER_WIDTHS[len(convenio)]
    if len(convenio) > 6:
        return _Layout(convenio, width, "000000", portfolio)
    if len(convenio) == 6 and agreement.variation == FREE_NUMBER_VARIATION:
        _check_free_number_portfolio(portfolio)
        return _Layout(convenio, _FREE_NUMBER_WIDTH, "", FREE_NUMBER_VARIATION, free_number=True)
    return _Layout(convenio, width, "", branch + account + portfolio)


class _Layout:
    """`head` + convênio + number + `tail`, 25 digits in all.

    The nosso número is the convênio with the number, but for service 21, where it is the number.
    """

    def __init__(self, convenio: str, width: int, head: str, tail: str, *, free_number: bool = False) -> None:
        self.max_number = 10**width - 1
        self.series = f"{BANK_CODE}/{convenio}" + (f"/{tail}" if free_number else "")
        self._convenio, self._width = convenio, width
        self._head, self._tail = head, tail
        self._free_number = free_number

    def numbered(self, number: int, _document_number: str | None) -> Numbered:
        digits = f"{number:0{self._width}d}"
        whole = self._convenio + digits
        return Numbered(
            digits if self._free_number else whole,
            banco_do_brasil_digit(whole),
            f"{self._head}{whole}{self._tail}",
        )


def _convenio(agreement: Agreement) -> str:
    # Its length chooses the layout, so that zeros on the left are neither added nor dropped.
    convenio = agreement.agreement
    digits_of(agreement, "agreement", 8)
    if convenio is None or convenio.startswith("0") or len(convenio) not in _NUMBER_WIDTHS:
        raise BoletoAgreementInvalidError(
            "a convênio of Banco do Brasil has 4, 6, 7 or 8 digits and starts with no zero",
            field="agreement",
            reason="length",
            expected=sorted(_NUMBER_WIDTHS),
        )
    return convenio


def _check_free_number_portfolio(portfolio: str) -> None:
    if portfolio not in _FREE_NUMBER_PORTFOLIOS:
        raise BoletoAgreementInvalidError(
            f"service 21 goes with carteira 16 or 18, not {portfolio}",
            field="portfolio",
            reason="unsupported",
            expected=sorted(_FREE_NUMBER_PORTFOLIOS),
        )
