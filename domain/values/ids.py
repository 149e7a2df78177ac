"""Identities that follow from other identities: the same words give the same id, for ever."""

from __future__ import annotations

from unicodedata import normalize
from uuid import NAMESPACE_URL, UUID, uuid5

_NUMBERINGS = uuid5(NAMESPACE_URL, "lastro:numberings")


def contract_id(company_id: UUID, code: str) -> UUID:
    """A contract known by its own number: importing it twice meets itself.

    Blanks around the code and the way its accents are encoded do not make another contract.
    """
    return uuid5(company_id, "contract:" + normalize("NFC", code.strip()))


def invoice_id(contract_id: UUID, ordinal: int, attempt: int) -> UUID:
    """The one invoice of a contract's period; a freed period is billed as the next attempt (V19)."""
    return uuid5(contract_id, f"invoice:{ordinal}:{attempt}")


def numbering_id(kind: str, series: str) -> UUID:
    """The stream that hands out the numbers of one series.

    A series is named as the one who checks for duplicates names it (the bank's convênio or carteira, the
    tax office's issuer and series), so that whoever numbers in it here shares one stream.
    """
    return uuid5(_NUMBERINGS, f"numbering:{kind}:{series}")
