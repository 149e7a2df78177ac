"""Forgetting a person (LGPD): who may ask, what stands against it, and until when the law keeps the rest."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from domain.kernel import DomainError, Frozen

type ForgettingRole = Literal["titular", "representante", "encarregado", "controlador", "autoridade"]
"""On whose request a person is forgotten: LGPD art. 5 V, VI, VIII, XIX and art. 18 par. 3."""

FISCAL_YEARS = 5
"""CTN art. 173, I and 174: five years, the first counted from the first day of the year that follows."""


class CustomerForgottenError(DomainError):
    """This person asked to be forgotten, and nothing more is decided about them. If they are back,
    register them as a new customer. Details: `id`."""


class CustomerInBusinessError(DomainError):
    """The customer still owes or is served, and the law allows keeping what that needs (LGPD art. 16).

    Settle or cancel the invoices and end the contracts first, or forget despite what is open.
    Details: `open_invoices`, `open_amount`, `running_contracts`.
    """


class FiscalTermRunningError(DomainError):
    """Who paid is kept until the legal term of the tax documents is over. Details: `until`, if forgotten."""


class OpenBusiness(Frozen):
    """What is not settled between a customer and the companies."""

    invoices: int
    amount: Decimal
    contracts: int

    def __bool__(self) -> bool:
        return bool(self.invoices or self.contracts)


def fiscal_term(last_document_on: date) -> date:
    """The last day on which the payer of a tax document is kept (LGPD art. 16, I; CTN art. 173, 174, 195).

    The fifth year after the one in which the latest document was made or fell due: by then the tax
    is barred (CTN art. 173, I), and so is the debt itself (Codigo Civil art. 206, par. 5, I).
    """
    return date(last_document_on.year + FISCAL_YEARS, 12, 31)
