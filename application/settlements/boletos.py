"""Which boletos a receipt may mean by the numbers that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from application.ports import NumberedBoleto
from domain.boleto.barcode import BarcodeInvalidError, parse_barcode, parse_linha_digitavel
from domain.boleto.typed import typed_boleto
from domain.settlement.events import Named

_WIDTHS = {"341": (8,), "001": (11, 17)}
_BANK_DIGITS = 3


class BoletoAsked:
    """A receipt's boleto: the numbers it may have, and which of those with such a number fit.

    Raises BarcodeInvalidError where the linha digitável or barcode was mistyped.
    """

    def __init__(self, named: Named) -> None:
        self._linha = _linha(named)
        self._bank = named.bank_code
        self._agreement = (named.agreement or "").lstrip("0")
        self.numbers = _numbers_in(self._linha) if self._linha else _numbers(named)

    def fits(self, boleto: NumberedBoleto) -> bool:
        """Whether a boleto that has one of the numbers is what the receipt says it is."""
        if self._linha is not None and boleto.linha_digitavel != self._linha:
            return False
        if self._bank is not None and boleto.linha_digitavel[:_BANK_DIGITS] != self._bank:
            return False
        return self._agreement in _campo_livre(boleto.linha_digitavel)

    def among(self, by_number: Mapping[str, Sequence[NumberedBoleto]]) -> list[NumberedBoleto]:
        """Those that fit, of all that were numbered."""
        found = (each for number in self.numbers for each in by_number.get(number, ()))
        return [each for each in dict.fromkeys(found) if self.fits(each)]


def asked(named: Named) -> BoletoAsked | None:
    """The boleto that a receipt names, None if it names none. Raises BarcodeInvalidError."""
    if named.linha_digitavel or named.barcode or named.nosso_numero:
        return BoletoAsked(named)
    return None


def by_number(boletos: Iterable[NumberedBoleto]) -> dict[str, list[NumberedBoleto]]:
    """Boletos by their nosso número."""
    grouped: dict[str, list[NumberedBoleto]] = {}
    for each in boletos:
        grouped.setdefault(each.nosso_numero, []).append(each)
    return grouped


def _linha(named: Named) -> str | None:
    linha = parse_linha_digitavel(named.linha_digitavel).linha_digitavel if named.linha_digitavel else None
    barcode = parse_barcode(named.barcode).linha_digitavel if named.barcode else None
    if linha and barcode and linha != barcode:
        raise BarcodeInvalidError("linha and barcode are of two boletos", field="barcode", reason="form")
    return linha or barcode


def _numbers_in(linha: str) -> tuple[str, ...]:
    """The nosso número stands in the campo livre, at a place of the bank's own."""
    typed = typed_boleto(linha)
    return tuple(each.nosso_numero for each in typed.numbers) if typed else ()


def _numbers(named: Named) -> tuple[str, ...]:
    """As it is given, with the zeros that the bank writes in front, or behind the convênio."""
    given = named.nosso_numero or ""
    significant = given.lstrip("0")
    forms = {given}
    for width in _WIDTHS.get(named.bank_code or "", (8, 11, 17)):
        forms.add(significant.zfill(width))
        if named.agreement and len(named.agreement) + len(significant) <= width:
            forms.add(named.agreement + significant.zfill(width - len(named.agreement)))
    return tuple(sorted(forms))


def _campo_livre(linha: str) -> str:
    return linha[4:9] + linha[10:20] + linha[21:31]
