"""Documents are waived and cancelled, dates and terms change, unless a valid boleto says otherwise."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain.calendar import CALENDAR_VERSION
from domain.invoice.errors import (
    BoletoNotIssuedError,
    BoletoStillValidError,
    DocumentUnfitError,
    InstalmentSettledError,
    InstalmentUnknownError,
    InvoiceBilledError,
    InvoicePaidError,
)
from domain.invoice.events import (
    BoletoFailed,
    DocumentsWaived,
    InstallmentRescheduled,
    InvoiceCancelled,
    InvoicePaymentRevised,
    LateCharges,
)
from domain.invoice.invoice import Invoice, project
from domain.invoice.situacao import Situacao
from domain.kernel import DomainEvent
from domain.values.payment import Document, DocumentState, PaymentMethod
from tests.domain.invoice.facts import (
    ACCOUNT,
    ALL,
    BILLED,
    CHARGES,
    DUE_ON,
    IN_ERROR,
    NOW,
    OTHER_ACCOUNT,
    THREE,
    TODAY,
    at,
    billed,
    boleto,
    boleto_cancelled,
    inputs,
    money,
    nfse_failed,
    numbers,
    opened,
    opened_in_cash,
    paid,
    requested,
)
from tests.support.scenario import given

BOLETO_ONLY = (Document.BOLETO,)


def waived(version: int, *documents: Document) -> DocumentsWaived:
    return DocumentsWaived(**at(version), documents=documents)


def waive(*documents: Document) -> Callable[[Invoice], Any]:
    return lambda invoice: invoice.waive(documents, NOW, TODAY)


@pytest.mark.parametrize(
    "documents",
    [(Document.BOLETO,), (Document.NFSE,), (Document.BOLETO, Document.NFSE)],
)
def test_waived_documents_are_not_made(documents: tuple[Document, ...]) -> None:
    given(project, opened()).when(waive(*documents)).then(waived(2, *documents))
    invoice = given(project, opened(), waived(2, *documents)).state
    assert all(invoice.document_states()[each] is DocumentState.NOT_WANTED for each in documents)
    assert invoice.documents_to_make() == tuple(each for each in ALL if each not in documents)


def test_waiving_pix_too_names_only_what_was_wanted() -> None:
    """F80: *Não gerar boleto/Pix e NF* is one choice over rows of either method."""
    given(project, opened()).when(waive(Document.BOLETO, Document.PIX, Document.NFSE)).then(
        waived(2, Document.BOLETO, Document.NFSE)
    )


def test_waiving_what_is_not_wanted_changes_nothing() -> None:
    given(project, opened()).when(waive(Document.PIX)).then_nothing()


def test_a_boleto_that_was_issued_remains_when_waived() -> None:
    given(project, *BILLED).when(waive(Document.BOLETO)).then_state(
        lambda invoice: invoice.document_states()[Document.BOLETO] is DocumentState.REQUESTED
    )


def test_waiving_the_only_document_that_failed_ends_the_billing() -> None:
    given(project, *IN_ERROR).when(waive(Document.NFSE)).then(waived(5, Document.NFSE), billed(6))
    given(project, *IN_ERROR).when(waive(Document.NFSE)).then_state(
        lambda invoice: invoice.situacao() is Situacao.BILLED
    )


def test_waiving_one_of_two_that_failed_leaves_erro() -> None:
    failed = BoletoFailed(**at(3), instalment=1, reason="account_without_agreement", detail="")
    given(project, opened(), requested(2, *ALL), failed, nfse_failed(4)).when(waive(Document.NFSE)).then(
        waived(5, Document.NFSE)
    )


def test_a_document_that_was_waived_fails_no_more() -> None:
    late_answer = given(project, *BILLED, waived(5, Document.NFSE), nfse_failed(6)).state
    assert late_answer.situacao() is Situacao.BILLED


def test_a_cancelled_boleto_leaves_the_debt_and_faturado() -> None:
    given(project, *BILLED).when(lambda invoice: invoice.cancel_boleto(1, "pedido do cliente", NOW)).then(
        boleto_cancelled(5)
    )
    invoice = given(project, *BILLED, boleto_cancelled(5)).state
    assert invoice.situacao() is Situacao.BILLED
    assert invoice.document_states()[Document.BOLETO] is DocumentState.CANCELLED
    assert invoice.balance == money("200.00")


def test_a_boleto_may_be_cancelled_while_the_nota_is_in_error() -> None:
    given(project, *IN_ERROR).when(lambda invoice: invoice.cancel_boleto(1, "pedido do cliente", NOW)).then(
        boleto_cancelled(5)
    )


@pytest.mark.parametrize("history", [(opened(),), (*BILLED, boleto_cancelled(5))])
def test_without_a_valid_boleto_there_is_nothing_to_cancel(history: tuple[DomainEvent, ...]) -> None:
    given(project, *history).when(lambda invoice: invoice.cancel_boleto(1, "de novo", NOW)).then_refused(
        BoletoNotIssuedError, instalment=1
    )


def test_a_boleto_made_again_can_be_cancelled_again() -> None:
    again = (requested(6, Document.BOLETO), boleto(7, seed=2))
    given(project, *BILLED, boleto_cancelled(5), *again).when(
        lambda invoice: invoice.cancel_boleto(1, "pedido do cliente", NOW)
    ).then(boleto_cancelled(8, seed=2))


def test_a_cancelled_boleto_may_be_closed_without() -> None:
    invoice = given(project, *BILLED, boleto_cancelled(5), waived(6, Document.BOLETO)).state
    assert invoice.documents_to_make() == ()
    assert invoice.document_states()[Document.BOLETO] is DocumentState.CANCELLED


def test_of_several_boletos_one_cancelled_shows_until_it_is_made_again() -> None:
    split = opened(documents=BOLETO_ONLY, instalments=THREE)
    first = given(project, split).state.bill(inputs(), NOW, TODAY)
    cancelled = given(project, split, first, boleto_cancelled(7, 2, seed=2))
    assert cancelled.state.document_states()[Document.BOLETO] is DocumentState.CANCELLED
    cancelled.when(lambda invoice: invoice.bill(inputs(boletos={2: numbers(9)}), NOW, TODAY)).then_state(
        lambda invoice: (
            invoice.document_states()[Document.BOLETO] is DocumentState.REQUESTED
            and len(invoice.boletos) == 3
        )
    )


def reschedule(due_on: date, number: int = 1, **changes: Any) -> Callable[[Invoice], Any]:
    return lambda invoice: invoice.reschedule(number, due_on, NOW, **changes)


def test_one_instalment_falls_due_on_another_day() -> None:
    saturday, monday = date(2026, 11, 14), date(2026, 11, 16)
    given(project, opened(instalments=THREE)).when(reschedule(saturday)).then(
        InstallmentRescheduled(
            **at(2),
            instalment=1,
            was_due_on=DUE_ON,
            due_on=saturday,
            payable_until=monday,
            calendar=CALENDAR_VERSION,
            reason="asked",
        )
    )
    given(project, opened(instalments=THREE)).when(reschedule(saturday)).then_state(
        lambda invoice: (
            [each.due_on for each in invoice.instalments] == [saturday, *(e.due_on for e in THREE[1:])]
        )
    )


def test_a_contract_may_move_the_due_day_of_an_unbilled_invoice() -> None:
    given(project, opened()).when(reschedule(date(2026, 11, 20), reason="contract_revised")).then(
        InstallmentRescheduled(
            **at(2),
            instalment=1,
            was_due_on=DUE_ON,
            due_on=date(2026, 11, 20),
            payable_until=date(2026, 11, 23),
            calendar=CALENDAR_VERSION,
            reason="contract_revised",
        )
    )


def test_a_company_may_switch_the_year_end_rule_off() -> None:
    last_weekday = date(2026, 12, 31)
    given(project, opened()).when(reschedule(last_weekday)).then_state(
        lambda invoice: invoice.instalments[0].payable_until == date(2027, 1, 4)
    )
    given(project, opened()).when(reschedule(last_weekday, year_end_rule=False)).then_state(
        lambda invoice: invoice.instalments[0].payable_until == last_weekday
    )


def test_the_same_day_changes_nothing() -> None:
    given(project, opened()).when(reschedule(DUE_ON)).then_nothing()


def test_a_valid_boleto_carries_its_date_and_is_cancelled_first() -> None:
    given(project, *BILLED).when(reschedule(date(2026, 12, 1))).then_refused(
        BoletoStillValidError, instalment=1, nosso_numero="00000001"
    )
    given(project, *BILLED, boleto_cancelled(5)).when(reschedule(date(2026, 12, 1))).then_state(
        lambda invoice: invoice.boletos_needed()[0].due_on == date(2026, 12, 1)
    )


def test_the_boleto_of_another_instalment_does_not_matter() -> None:
    split = opened(documents=BOLETO_ONLY, instalments=THREE)
    first = given(project, split).state.bill(inputs(), NOW, TODAY)
    given(project, split, first, boleto_cancelled(7, 2, seed=2)).when(
        reschedule(date(2026, 12, 21), number=2)
    ).then_state(lambda invoice: invoice.instalments[1].due_on == date(2026, 12, 21))


def test_a_settled_instalment_is_not_moved() -> None:
    given(project, opened_in_cash(), paid(2)).when(reschedule(date(2026, 12, 1))).then_refused(
        InstalmentSettledError, instalment=1
    )


def test_an_instalment_that_is_not_there_is_not_moved() -> None:
    given(project, opened()).when(reschedule(date(2026, 12, 1), number=2)).then_refused(
        InstalmentUnknownError, instalment=2
    )


PIX = (Document.PIX, Document.NFSE)


def revised(version: int, **changes: Any) -> InvoicePaymentRevised:
    fields: dict[str, Any] = {
        "payment_method": PaymentMethod.PIX,
        "account_id": OTHER_ACCOUNT,
        "documents": PIX,
        "late_charges": CHARGES,
        "reason": "asked",
    }
    return InvoicePaymentRevised(**at(version), **(fields | changes))


def revise(**changes: Any) -> Callable[[Invoice], Any]:
    terms: dict[str, Any] = {
        "payment_method": PaymentMethod.PIX,
        "account_id": OTHER_ACCOUNT,
        "documents": PIX,
        "late_charges": CHARGES,
    }
    return lambda invoice: invoice.revise_payment(**(terms | changes), now=NOW)


def test_method_account_and_documents_change_before_billing() -> None:
    given(project, opened()).when(revise()).then(revised(2))
    given(project, opened()).when(revise()).then_state(
        lambda invoice: (
            invoice.documents_to_make() == PIX
            and invoice.account_id == OTHER_ACCOUNT
            and invoice.payment_method is PaymentMethod.PIX
        )
    )


def test_late_charges_change_alone() -> None:
    milder = LateCharges(fine_percent=money("1.00"), interest_percent_month=money("0.50"))
    given(project, opened()).when(
        revise(payment_method=PaymentMethod.BOLETO, account_id=ACCOUNT, documents=ALL, late_charges=milder)
    ).then_state(lambda invoice: invoice.late_charges == milder)


def test_terms_that_are_the_same_change_nothing() -> None:
    given(project, opened()).when(
        revise(payment_method=PaymentMethod.BOLETO, account_id=ACCOUNT, documents=ALL)
    ).then_nothing()


def test_a_document_must_fit_the_new_method() -> None:
    given(project, opened()).when(revise(documents=BOLETO_ONLY)).then_refused(DocumentUnfitError)


def test_the_account_stands_once_something_is_paid() -> None:
    given(project, opened_in_cash(), paid(2, principal="0.01")).when(revise()).then_refused(InvoicePaidError)


def test_a_valid_boleto_belongs_to_its_account_and_is_cancelled_first() -> None:
    given(project, *BILLED).when(revise()).then_refused(BoletoStillValidError)


def test_a_billed_invoice_changes_its_method_and_a_person_bills_it_again() -> None:
    history = given(project, *BILLED, boleto_cancelled(5), revised(6))
    assert history.state.situacao() is Situacao.BILLED
    assert history.state.document_states()[Document.PIX] is DocumentState.WAITING
    history.when(lambda invoice: invoice.bill(inputs(boletos={}), NOW, TODAY)).then(
        requested(7, Document.PIX)
    )


def test_another_account_clears_the_failure_of_the_old_one() -> None:
    failed = BoletoFailed(**at(3), instalment=1, reason="account_without_agreement", detail="")
    history = given(project, opened(), requested(2, *ALL), failed)
    history.when(revise(payment_method=PaymentMethod.BOLETO, documents=ALL)).then_state(
        lambda invoice: invoice.situacao() is Situacao.PENDING
    )


def test_a_contract_reaches_unbilled_invoices_only() -> None:
    given(project, *BILLED, boleto_cancelled(5)).when(revise(reason="contract_revised")).then_refused(
        InvoiceBilledError
    )


def test_a_contract_does_not_bring_back_what_a_person_waived() -> None:
    history = given(project, opened(), waived(2, Document.NFSE))
    history.when(revise(reason="contract_revised")).then(
        revised(3, documents=(Document.PIX,), reason="contract_revised")
    )
    history.when(revise()).then_state(lambda invoice: invoice.waived == frozenset())


def test_cancelling_takes_the_valid_boletos_with_it() -> None:
    given(project, *BILLED).when(
        lambda invoice: invoice.cancel("pedido do cliente", NOW, frees_period=True)
    ).then(
        boleto_cancelled(5),
        InvoiceCancelled(**at(6), because="asked", reason="pedido do cliente", frees_period=True),
    )


@pytest.mark.parametrize("frees_period", [True, False])
def test_a_cancelled_invoice_owes_nothing_and_frees_its_period_only_if_told(frees_period: bool) -> None:
    cancel = InvoiceCancelled(**at(2), because="asked", reason="engano", frees_period=frees_period)
    given(project, opened(value_pending=True)).when(
        lambda invoice: invoice.cancel("engano", NOW, frees_period=frees_period)
    ).then(cancel)
    invoice = given(project, opened(value_pending=True), cancel).state
    assert invoice.situacao() is Situacao.CANCELLED
    assert invoice.balance == 0
    assert set(invoice.document_states().values()) == {DocumentState.NOT_WANTED}


def test_a_cancelled_invoice_shows_that_its_boleto_is_cancelled() -> None:
    invoice = given(
        project,
        *BILLED,
        boleto_cancelled(5),
        InvoiceCancelled(**at(6), because="asked", reason="", frees_period=False),
    ).state
    assert invoice.document_states()[Document.BOLETO] is DocumentState.CANCELLED


def test_an_invoice_without_a_period_frees_none() -> None:
    given(project, opened_in_cash(origin="manual", contract_id=None)).when(
        lambda invoice: invoice.cancel("engano", NOW, frees_period=True)
    ).then(InvoiceCancelled(**at(2), because="asked", reason="engano", frees_period=False))


def test_money_received_forbids_to_cancel() -> None:
    given(project, opened_in_cash(), paid(2, principal="0.01")).when(
        lambda invoice: invoice.cancel("engano", NOW, frees_period=False)
    ).then_refused(InvoicePaidError)
