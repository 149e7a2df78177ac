"""Itaú (341): nosso número of 8 digits and its campo livre, in the two layouts of its manual."""

from __future__ import annotations

from domain.boleto.agreement import (
    Agreement,
    BoletoNumberInvalidError,
    Layout,
    Numbered,
    check_account_digit,
    digits_of,
)
from domain.boleto.check_digits import mod10

BANK_CODE = "341"

# These carry the issuer's own document number and client code in the campo livre.
_WITH_DOCUMENT_NUMBER = frozenset({"106", "107", "122", "142", "143", "195", "196", "198"})
# The DAC of their nosso número leaves branch and account out (manual de cobrança, anexo 4). Some
# libraries miss this where the carteira is a number and their list has texts.
_DIGIT_WITHOUT_ACCOUNT = frozenset({"112", "126", "131", "146", "150", "168"})
_DOCUMENT_NUMBER_WIDTH = 7


def account_digit(branch: str, account: str) -> str:
    """DAC of a branch of 4 and an account of 5 digits."""
    return str(mod10(branch + account))


def format_account(agreement: Agreement) -> str:
    """0811 / 53678-8."""
    branch, account = digits_of(agreement, "branch", 4), digits_of(agreement, "account_number", 5)
    return f"{branch} / {account}-{account_digit(branch, account)}"


def layout(agreement: Agreement) -> Layout:
    """The layout of the agreement's carteira."""
    if digits_of(agreement, "portfolio", 3) in _WITH_DOCUMENT_NUMBER:
        return _WithDocumentNumber(agreement)
    return _Standard(agreement)


class _Numbering:
    """What both layouts share: carteira, nosso número and its digit."""

    max_number = 10**8 - 1

    def __init__(self, agreement: Agreement) -> None:
        self._portfolio = digits_of(agreement, "portfolio", 3)
        branch = digits_of(agreement, "branch", 4)
        account = digits_of(agreement, "account_number", 5)
        digit = account_digit(branch, account)
        check_account_digit(agreement, digit)
        whose = "" if self._portfolio in _DIGIT_WITHOUT_ACCOUNT else branch + account
        self._digit_of = whose + self._portfolio
        self._account = branch + account + digit
        self.series = f"{BANK_CODE}/{branch}/{account}/{self._portfolio}"

    def _digit(self, nosso_numero: str) -> str:
        return str(mod10(self._digit_of + nosso_numero))


class _Standard(_Numbering):
    """Carteira 3, nosso número 8, DAC 1, branch 4, account 5, DAC 1, 000."""

    def numbered(self, number: int, _document_number: str | None) -> Numbered:
        nosso_numero = f"{number:08d}"
        digit = self._digit(nosso_numero)
        return Numbered(nosso_numero, digit, f"{self._portfolio}{nosso_numero}{digit}{self._account}000")


class _WithDocumentNumber(_Numbering):
    """Carteira 3, nosso número 8, seu número 7, client code 5, DAC 1, 0.

    Without a document number of the issuer's own, the last seven digits of the nosso número serve.
    """

    def __init__(self, agreement: Agreement) -> None:
        super().__init__(agreement)
        self._client_code = digits_of(agreement, "agreement", 5)

    def numbered(self, number: int, document_number: str | None) -> Numbered:
        nosso_numero = f"{number:08d}"
        document = _document_number(document_number or nosso_numero[-_DOCUMENT_NUMBER_WIDTH:])
        free = f"{self._portfolio}{nosso_numero}{document}{self._client_code}"
        return Numbered(nosso_numero, self._digit(nosso_numero), f"{free}{mod10(free)}0")


def _document_number(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= _DOCUMENT_NUMBER_WIDTH):
        raise BoletoNumberInvalidError(
            "the document number has at most 7 digits", field="document_number", found=text
        )
    return text.zfill(_DOCUMENT_NUMBER_WIDTH)
