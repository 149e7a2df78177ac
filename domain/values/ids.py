"""Identities that follow from other identities: the same words give the same id, for ever."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from domain.values.text import code_key

_NUMBERINGS = uuid5(NAMESPACE_URL, "lastro:numberings")
_SETTLEMENTS = uuid5(NAMESPACE_URL, "lastro:settlements")


def contract_id(company_id: UUID, code: str) -> UUID:
    """A contract known by its own number: importing it twice meets itself, however it is spelt."""
    # A code with half a surrogate pair is refused by the contract; its id must not fail a whole batch.
    return uuid5(company_id, f"contract:{code_key(code)}".encode("utf-8", "surrogatepass"))


def invoice_id(contract_id: UUID, ordinal: int, attempt: int) -> UUID:
    """The one invoice of a contract's period; a freed period is billed as the next attempt (V19)."""
    return uuid5(contract_id, f"invoice:{ordinal}:{attempt}")


def sale_id(company_id: UUID, code: str) -> UUID:
    """A sale known by its own code: the same order twice meets itself."""
    return uuid5(company_id, f"sale:{code_key(code)}".encode("utf-8", "surrogatepass"))


def sale_invoice_id(sale_id: UUID, version: int) -> UUID:
    """The one invoice that a fact of a sale, by its version, opens: no crash and no race makes it two."""
    return uuid5(sale_id, f"invoice:{version}")


def numbering_id(kind: str, series: str) -> UUID:
    """The stream that hands out the numbers of one series.

    A series is named as the one who checks for duplicates names it (the bank's convênio or carteira, the
    tax office's issuer and series), so that whoever numbers in it here shares one stream.
    """
    return uuid5(_NUMBERINGS, f"numbering:{kind}:{series}")


def settlement_id(source: str, reference: str) -> UUID:
    """A receipt known by its id in the system that told it, letter by letter: told twice it meets itself."""
    return uuid5(_SETTLEMENTS, f"{source}\0{reference}".encode("utf-8", "surrogatepass"))


def settlement_payment_id(settlement_id: UUID, releases: int) -> UUID:
    """How invoices know the payment by a receipt: another one after each time that it was released."""
    return uuid5(settlement_id, f"payment:{releases}") if releases else settlement_id
