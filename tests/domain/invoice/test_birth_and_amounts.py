"""An invoice is born whole, takes sales, definitive values and new prices while nothing is billed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain.invoice.errors import (
    AmountMismatchError,
    AmountNotPositiveError,
    DocumentUnfitError,
    DueDatesInvalidError,
    InstalmentBelowPaidError,
    InvoiceBilledError,
    InvoiceCancelledError,
    LineAlreadyBilledError,
    NumberingBrokenError,
    SaleLinesLockedError,
)
from domain.invoice.events import (
    DefinitiveValueSet,
    InstallmentRepriced,
    Instalment,
    InvoiceCancelled,
    InvoiceLineAdded,
)
from domain.invoice.invoice import Invoice, project
from domain.invoice.situacao import Situacao
from domain.kernel import DomainError, DomainEvent
from domain.values.payment import Document, PaymentMethod
from tests.domain.invoice.facts import (
    ALL,
    BILLED,
    DUE_ON,
    HOSTING,
    IN_ERROR,
    NOW,
    THREE,
    at,
    boleto_cancelled,
    instalment,
    line,
    money,
    opened,
    opened_in_cash,
    paid,
    sale_line,
)
from tests.support.scenario import given

CANCELLED = (opened(), InvoiceCancelled(**at(2), because="asked", reason="engano", frees_period=False))
PENDING_VALUE = opened(value_pending=True)


def definitive(amount: str, **changes: Any) -> Callable[[Invoice], DefinitiveValueSet]:
    return lambda invoice: invoice.set_definitive_value((line(amount),), NOW, **changes)


def repriced(amount: str, **changes: Any) -> Callable[[Invoice], InstallmentRepriced | None]:
    reason: Any = changes.pop("reason", "contract_adjusted")
    return lambda invoice: invoice.reprice((line(amount),), NOW, reason=reason, **changes)


def test_an_invoice_is_born_pendente_and_owes_its_amount() -> None:
    invoice = given(project, opened()).state
    assert invoice.situacao() is Situacao.PENDING
    assert invoice.balance == invoice.amount == money("200.00")


def test_an_invoice_whose_value_is_not_known_is_born_valor_pendente() -> None:
    assert given(project, PENDING_VALUE).state.situacao() is Situacao.VALUE_PENDING


def test_lines_are_numbered_from_one_at_birth() -> None:
    event = opened(lines=(line("150.00", 7), line("50.00", 7, source=None)))
    assert [each.number for each in event.lines] == [1, 2]


def until(payable_until: date) -> Instalment:
    return instalment().model_copy(update={"payable_until": payable_until})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"instalments": (instalment("199.99"),)}, AmountMismatchError),
        ({"instalments": (instalment(number=2),)}, NumberingBrokenError),
        ({"instalments": (instalment(), instalment("0.00", 2))}, AmountNotPositiveError),
        ({"instalments": (until(date(2026, 11, 9)),)}, DueDatesInvalidError),
        ({"documents": (Document.PIX,)}, DocumentUnfitError),
        ({"payment_method": PaymentMethod.CASH}, DocumentUnfitError),
    ],
)
def test_what_cannot_be_one_invoice_is_refused(changes: dict[str, Any], error: type[DomainError]) -> None:
    with pytest.raises(error):
        opened(**changes)


def test_a_sale_joins_a_pending_invoice_and_raises_its_only_instalment() -> None:
    given(project, opened()).when(
        lambda invoice: invoice.add_lines((sale_line("50.00"), sale_line("25.00", item=2)), NOW)
    ).then(
        InvoiceLineAdded(
            **at(2),
            lines=(sale_line("50.00", number=2), sale_line("25.00", item=2, number=3)),
            instalments=(instalment("275.00"),),
        )
    )


def test_lines_that_joined_are_owed() -> None:
    given(project, opened()).when(lambda invoice: invoice.add_lines((sale_line("50.00"),), NOW)).then_state(
        lambda invoice: invoice.balance == money("250.00") and len(invoice.lines) == 2
    )


def test_a_sale_that_joins_several_instalments_must_say_how() -> None:
    split = given(project, opened(instalments=THREE))
    split.when(lambda invoice: invoice.add_lines((sale_line("50.00"),), NOW)).then_refused(
        NumberingBrokenError
    )
    shares = (*THREE[:2], instalment("116.68", 3, THREE[2].due_on))
    split.when(lambda invoice: invoice.add_lines((sale_line("50.00"),), NOW, shares)).then(
        InvoiceLineAdded(**at(2), lines=(sale_line("50.00", number=2),), instalments=shares)
    )


def test_the_same_sale_item_never_joins_twice() -> None:
    given(
        project,
        opened(),
        InvoiceLineAdded(**at(2), lines=(sale_line("50.00", number=2),), instalments=(instalment("250.00"),)),
    ).when(lambda invoice: invoice.add_lines((sale_line("50.00"),), NOW)).then_refused(LineAlreadyBilledError)


def test_lines_without_a_source_may_look_alike() -> None:
    extra = line("10.00", source=None)
    given(project, opened(lines=(line("190.00"), extra))).when(
        lambda invoice: invoice.add_lines((extra,), NOW)
    ).then_state(lambda invoice: invoice.amount == money("210.00"))


def test_a_definitive_value_ends_valor_pendente() -> None:
    given(project, PENDING_VALUE).when(definitive("231.47")).then(
        DefinitiveValueSet(**at(2), lines=(line("231.47"),), instalments=(instalment("231.47"),))
    )
    given(project, PENDING_VALUE).when(definitive("231.47")).then_state(
        lambda invoice: invoice.situacao() is Situacao.PENDING and not invoice.forecast
    )


def test_a_definitive_value_may_be_set_on_any_unbilled_invoice_and_change_its_instalments() -> None:
    shares = (instalment("100.00"), instalment("131.47", 2, date(2026, 12, 10)))
    given(project, opened()).when(definitive("231.47", instalments=shares)).then(
        DefinitiveValueSet(**at(2), lines=(line("231.47"),), instalments=shares)
    )


def test_a_definitive_value_keeps_what_a_sale_brought() -> None:
    joined = sale_line("50.00", number=2)
    given(
        project,
        opened(value_pending=True),
        InvoiceLineAdded(**at(2), lines=(joined,), instalments=(instalment("250.00"),)),
    ).when(definitive("231.47")).then(
        DefinitiveValueSet(**at(3), lines=(line("231.47"), joined), instalments=(instalment("281.47"),))
    )


def test_lines_of_a_sale_are_changed_in_the_sale_only() -> None:
    of_a_sale = opened(lines=(sale_line("200.00"),), origin="sale", contract_id=None)
    given(project, of_a_sale).when(definitive("100.00")).then_refused(SaleLinesLockedError)
    given(project, opened()).when(
        lambda invoice: invoice.set_definitive_value((sale_line("9.00"),), NOW)
    ).then_refused(SaleLinesLockedError)


def test_a_definitive_value_must_add_up() -> None:
    given(project, PENDING_VALUE).when(
        definitive("231.47", instalments=(instalment("231.00"),))
    ).then_refused(AmountMismatchError, lines=money("231.47"), instalments=money("231.00"))


def test_a_value_below_what_was_paid_is_refused() -> None:
    given(project, opened_in_cash(), paid(2, principal="150.00")).when(definitive("149.99")).then_refused(
        InstalmentBelowPaidError, instalment=1, paid=money("150.00")
    )


def test_a_value_equal_to_what_was_paid_settles_the_instalment() -> None:
    given(project, opened_in_cash(), paid(2, principal="150.00")).when(definitive("150.00")).then_state(
        lambda invoice: invoice.balance == 0
    )


def test_a_new_price_of_the_contract_reaches_an_unbilled_invoice() -> None:
    given(project, opened(forecast=True)).when(repriced("208.36")).then(
        InstallmentRepriced(
            **at(2),
            lines=(line("208.36"),),
            instalments=(instalment("208.36"),),
            was_amount=money("200.00"),
            amount=money("208.36"),
            reason="contract_adjusted",
            value_pending=False,
            forecast=False,
        )
    )


def test_an_adjustment_that_is_held_makes_the_invoice_wait_for_its_value() -> None:
    given(project, opened(forecast=True)).when(repriced("200.00", value_pending=True)).then_state(
        lambda invoice: invoice.situacao() is Situacao.VALUE_PENDING and not invoice.forecast
    )


def test_a_price_that_is_the_same_changes_nothing() -> None:
    given(project, opened()).when(repriced("200.00")).then_nothing()


def test_a_definitive_value_is_left_alone_by_later_prices() -> None:
    measured = DefinitiveValueSet(**at(2), lines=(line("231.47"),), instalments=(instalment("231.47"),))
    given(project, PENDING_VALUE, measured).when(repriced("300.00")).then_nothing()


def test_a_new_price_keeps_what_a_sale_brought_and_takes_new_items() -> None:
    joined = sale_line("50.00", number=2)
    items = (line("100.00"), line("110.00", service_id=HOSTING))
    given(
        project,
        opened(),
        InvoiceLineAdded(**at(2), lines=(joined,), instalments=(instalment("250.00"),)),
    ).when(lambda invoice: invoice.reprice(items, NOW, reason="contract_revised")).then_state(
        lambda invoice: (
            [each.number for each in invoice.lines] == [1, 2, 3] and invoice.balance == money("260.00")
        )
    )


def test_in_erro_a_wrong_amount_is_corrected_once_its_boleto_is_cancelled() -> None:
    given(project, *IN_ERROR, boleto_cancelled(5)).when(definitive("231.47")).then_state(
        lambda invoice: invoice.boletos_needed() == (instalment("231.47"),)
    )


@pytest.mark.parametrize("history", [BILLED, IN_ERROR, (*BILLED, boleto_cancelled(5))])
@pytest.mark.parametrize(
    "decide",
    [
        lambda invoice: invoice.add_lines((sale_line("50.00"),), NOW),
        definitive("231.47"),
        repriced("231.47"),
    ],
)
def test_amounts_of_a_billed_invoice_stand(
    history: tuple[DomainEvent, ...], decide: Callable[[Invoice], DomainEvent]
) -> None:
    given(project, *history).when(decide).then_refused(InvoiceBilledError)


@pytest.mark.parametrize(
    "decide",
    [
        lambda invoice: invoice.add_lines((sale_line("50.00"),), NOW),
        definitive("231.47"),
        repriced("231.47"),
        lambda invoice: invoice.reschedule(1, date(2026, 12, 1), NOW),
        lambda invoice: invoice.waive(ALL, NOW, DUE_ON),
        lambda invoice: invoice.cancel("de novo", NOW, frees_period=True),
    ],
)
def test_a_cancelled_invoice_takes_no_change(decide: Callable[[Invoice], DomainEvent]) -> None:
    given(project, *CANCELLED).when(decide).then_refused(InvoiceCancelledError)
