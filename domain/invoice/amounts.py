"""Lines and instalments of an invoice: they always add up, and what a sale brought stays as it was."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.invoice.errors import (
    AmountMismatchError,
    AmountNotPositiveError,
    DocumentUnfitError,
    DueDatesInvalidError,
    InstalmentBelowPaidError,
    LineAlreadyBilledError,
    NumberingBrokenError,
    SaleLinesLockedError,
)
from domain.invoice.events import Instalment, Line, SaleItem
from domain.invoice.state import InvoiceState
from domain.late_charges import ZERO
from domain.values.payment import Document, PaymentMethod

type Lines = tuple[Line, ...]
type Instalments = tuple[Instalment, ...]

_METHOD_OF = {Document.BOLETO: PaymentMethod.BOLETO, Document.PIX: PaymentMethod.PIX}


def total(lines: Iterable[Line]) -> Decimal:
    """The sum of the lines."""
    return sum((each.amount for each in lines), ZERO)


def require_whole(lines: Lines, instalments: Instalments) -> None:
    """Refuse lines and instalments that cannot be one invoice."""
    for number, each in enumerate(instalments, start=1):
        if each.number != number:
            raise NumberingBrokenError(instalment=each.number)
        if each.amount <= 0:
            raise AmountNotPositiveError(instalment=number, amount=each.amount)
        if each.payable_until < each.due_on:
            raise DueDatesInvalidError(instalment=number, due_on=each.due_on)
    owed = sum((each.amount for each in instalments), ZERO)
    if total(lines) != owed:
        raise AmountMismatchError(f"{total(lines)} != {owed}", lines=total(lines), instalments=owed)


def require_fit(documents: Iterable[Document], method: PaymentMethod) -> None:
    """Refuse a charge document that the payment method does not make (F143)."""
    for document in documents:
        if _METHOD_OF.get(document, method) is not method:
            raise DocumentUnfitError(document=document, payment_method=method)


def numbered(lines: Iterable[Line], start: int = 1) -> Lines:
    """The same lines, numbered on from `start`."""
    return tuple(
        each if each.number == number else each.model_copy(update={"number": number})
        for number, each in enumerate(lines, start=start)
    )


def replacing(invoice: InvoiceState, lines: Lines, given: Instalments | None) -> tuple[Lines, Instalments]:
    """All lines and instalments once `lines` replace those that no sale brought (F160).

    Without `given`, the only instalment takes the new total; several must be given.
    """
    from_sales = tuple(each for each in invoice.lines if isinstance(each.source, SaleItem))
    if len(from_sales) == len(invoice.lines) or any(isinstance(each.source, SaleItem) for each in lines):
        raise SaleLinesLockedError
    whole = numbered((*lines, *from_sales))
    return whole, _instalments(invoice, whole, given)


def with_more(invoice: InvoiceState, lines: Lines, given: Instalments | None) -> tuple[Lines, Instalments]:
    """The lines that join, numbered on, and the instalments that then hold the new total (V16)."""
    sources = [each.source for each in (*invoice.lines, *lines) if each.source is not None]
    for place, source in enumerate(sources):
        if source in sources[:place]:
            raise LineAlreadyBilledError(source=source)
    joined = numbered(lines, start=len(invoice.lines) + 1)
    return joined, _instalments(invoice, (*invoice.lines, *joined), given)


def _instalments(invoice: InvoiceState, lines: Lines, given: Instalments | None) -> Instalments:
    if given is None:
        if len(invoice.instalments) > 1:
            raise NumberingBrokenError(instalments=len(invoice.instalments))
        given = (invoice.instalments[0].model_copy(update={"amount": total(lines)}),)
    require_whole(lines, given)
    worth = {each.number: each.amount for each in given}
    for number in {each.instalment for each in invoice.receipts}:
        paid = sum((each.principal for each in invoice.abatements(number)), ZERO)
        if worth.get(number, ZERO) < paid:
            raise InstalmentBelowPaidError(instalment=number, paid=paid)
    return given
