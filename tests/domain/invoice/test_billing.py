"""Billing makes what is wanted, says what failed and why, and repeats only what failed or is missing."""

from datetime import date
from typing import Any

import pytest

from domain.invoice.billing import FailureReason, Obstacle
from domain.invoice.errors import (
    BoletoNumberMissingError,
    InvoiceBilledError,
    InvoiceCancelledError,
    PriceForecastError,
    ValuePendingError,
)
from domain.invoice.events import (
    BoletoFailed,
    DefinitiveValueSet,
    InvoiceCancelled,
    InvoiceEvent,
    NfseFailed,
    Payer,
    PixChargeFailed,
)
from domain.invoice.invoice import Invoice, project
from domain.invoice.situacao import Situacao
from domain.values.payment import Document, DocumentState, PaymentMethod
from tests.domain.invoice.facts import (
    ALL,
    BILLED,
    HOSTING,
    IN_ERROR,
    NO_AGREEMENT,
    NO_PIX_KEY,
    NOW,
    RUN,
    SUPPORT,
    THREE,
    TODAY,
    UNCODED,
    at,
    billed,
    boleto,
    boleto_cancelled,
    inputs,
    instalment,
    line,
    nfse_failed,
    numbers,
    opened,
    opened_for_pix,
    opened_in_cash,
    paid,
    requested,
)
from tests.support.scenario import given

BOLETO_FAILED = BoletoFailed(
    **at(3), instalment=1, reason=FailureReason.ACCOUNT_WITHOUT_AGREEMENT.value, detail="ITAU"
)


class Bill:
    """`when(Bill(...))`: bill with these inputs."""

    def __init__(self, **changes: Any) -> None:
        self.inputs = inputs(**changes)

    def __call__(self, invoice: Invoice) -> list[InvoiceEvent]:
        return invoice.bill(self.inputs, NOW, TODAY)


def test_a_billing_yields_request_boleto_and_billed() -> None:
    given(project, opened()).when(Bill()).then(requested(2, *ALL), boleto(3), billed(4))


def test_a_billed_invoice_is_faturado_with_its_documents_waiting_for_their_gateways() -> None:
    given(project, opened()).when(Bill()).then_state(
        lambda invoice: (
            invoice.situacao() is Situacao.BILLED
            and invoice.document_states()
            == {
                Document.BOLETO: DocumentState.REQUESTED,
                Document.PIX: DocumentState.NOT_WANTED,
                Document.NFSE: DocumentState.WAITING,
                Document.PDF: DocumentState.WAITING,
                Document.EMAIL: DocumentState.WAITING,
            }
        )
    )


@pytest.mark.parametrize("requested_by", ["batch", "scheduler"])
def test_the_request_names_who_asked_and_in_which_run(requested_by: str) -> None:
    given(project, opened()).when(Bill(requested_by=requested_by, run_id=RUN)).then(
        requested(2, *ALL, requested_by=requested_by, run_id=RUN), boleto(3), billed(4)
    )


def test_what_needs_no_document_is_billed_all_the_same() -> None:
    given(project, opened_in_cash()).when(Bill()).then(requested(2), billed(3))


def test_each_instalment_gets_its_own_boleto() -> None:
    split = opened(documents=(Document.BOLETO,), instalments=THREE)
    assert project_of(split).boletos_needed() == THREE
    given(project, split).when(Bill()).then(
        requested(2, Document.BOLETO),
        *(
            boleto(3 + index, each.number, str(each.amount), seed=each.number, due_on=each.due_on)
            for index, each in enumerate(THREE)
        ),
        billed(6),
    )


def project_of(*history: InvoiceEvent) -> Invoice:
    invoice = project(None, history)
    assert invoice is not None
    return invoice


def test_a_service_without_fiscal_code_fails_the_nota_and_leaves_the_boleto_whole() -> None:
    given(project, opened()).when(Bill(uncoded_services=UNCODED)).then(*IN_ERROR[1:])
    given(project, opened()).when(Bill(uncoded_services=UNCODED)).then_state(
        lambda invoice: (
            invoice.situacao() is Situacao.ERROR
            and invoice.document_states()[Document.NFSE] is DocumentState.FAILED
            and invoice.document_states()[Document.BOLETO] is DocumentState.REQUESTED
        )
    )


def test_after_the_correction_only_the_nota_is_made_again() -> None:
    given(project, *IN_ERROR).when(Bill()).then(requested(5, Document.NFSE), billed(6))
    given(project, *IN_ERROR).when(Bill()).then_state(
        lambda invoice: (
            invoice.situacao() is Situacao.BILLED
            and invoice.document_states()[Document.NFSE] is DocumentState.WAITING
            and len(invoice.boletos) == 1
        )
    )


def test_without_the_correction_the_nota_fails_again() -> None:
    given(project, *IN_ERROR).when(Bill(uncoded_services=UNCODED)).then(
        requested(5, Document.NFSE), nfse_failed(6)
    )


def test_each_service_to_correct_is_named_once_and_each_line_without_one() -> None:
    lines = (
        line("50.00"),
        line("50.00", service_id=HOSTING),
        line("50.00"),
        line("50.00", service_id=None, description="Mensalidade"),
    )
    uncoded = {SUPPORT: "SUP Suporte", HOSTING: "HOS Hospedagem"}
    failures = given(project, opened(documents=(Document.NFSE,), lines=lines)).state.bill(
        inputs(uncoded_services=uncoded), NOW, TODAY
    )[1:]
    assert failures == [
        NfseFailed(**at(3), reason="service_without_fiscal_code", detail="SUP Suporte", service_id=SUPPORT),
        NfseFailed(
            **at(4), reason="service_without_fiscal_code", detail="HOS Hospedagem", service_id=HOSTING
        ),
        NfseFailed(**at(5), reason="line_without_service", detail="Mensalidade", service_id=None),
    ]


def test_goods_alone_leave_a_nota_of_services_nothing_to_say() -> None:
    lines = (line("50.00"), line("50.00", service_id=HOSTING), line("100.00"))
    goods = {SUPPORT: "APO Apostila", HOSTING: "KIT Kit do aluno"}
    asked = inputs(goods=goods)
    failures = given(project, opened(documents=(Document.NFSE,), lines=lines)).state.bill(asked, NOW, TODAY)[
        1:
    ]
    names = "APO Apostila, KIT Kit do aluno"
    assert failures == [NfseFailed(**at(3), reason="goods_take_nfe", detail=names, service_id=SUPPORT)]


def test_beside_services_goods_are_left_out_of_the_nota() -> None:
    lines = (line("150.00"), line("50.00", service_id=HOSTING))
    both = opened(documents=(Document.NFSE,), lines=lines)
    given(project, both).when(Bill(goods={HOSTING: "APO Apostila"})).then(
        requested(2, Document.NFSE), billed(3)
    )
    failures = given(project, both).state.bill(
        inputs(goods={HOSTING: "APO Apostila"}, uncoded_services=UNCODED), NOW, TODAY
    )[1:]
    assert [failure.reason for failure in failures if isinstance(failure, NfseFailed)] == [
        "service_without_fiscal_code"
    ]


def test_goods_need_no_nota_where_none_is_wanted() -> None:
    given(project, opened(documents=(Document.BOLETO,))).when(Bill(goods={SUPPORT: "APO"})).then(
        requested(2, Document.BOLETO), boleto(3), billed(4)
    )


def test_services_of_other_invoices_do_not_matter() -> None:
    given(project, opened()).when(Bill(uncoded_services={HOSTING: "HOS"})).then(*BILLED[1:])


def test_without_a_nota_a_missing_fiscal_code_does_not_matter() -> None:
    given(project, opened(documents=(Document.BOLETO,))).when(Bill(uncoded_services=UNCODED)).then(
        requested(2, Document.BOLETO), boleto(3), billed(4)
    )


def test_an_account_without_agreement_fails_the_boleto_and_not_the_nota() -> None:
    given(project, opened()).when(Bill(boletos={1: NO_AGREEMENT})).then(requested(2, *ALL), BOLETO_FAILED)
    given(project, opened()).when(Bill(boletos={1: NO_AGREEMENT})).then_state(
        lambda invoice: (
            invoice.document_states()[Document.BOLETO] is DocumentState.FAILED
            and invoice.document_states()[Document.NFSE] is DocumentState.WAITING
        )
    )


def test_after_the_correction_only_the_boleto_is_made_again() -> None:
    given(project, opened(), requested(2, *ALL), BOLETO_FAILED).when(Bill()).then(
        requested(4, Document.BOLETO), boleto(5), billed(6)
    )


def test_of_several_boletos_only_those_that_failed_are_made_again() -> None:
    split = opened(documents=(Document.BOLETO,), instalments=THREE)
    bad = Obstacle("boleto_numbers_exhausted", "109")
    first = project_of(split).bill(inputs(boletos={1: numbers(1), 2: bad, 3: numbers(3)}), NOW, TODAY)
    failed = project_of(split, *first)
    assert failed.situacao() is Situacao.ERROR
    assert failed.boletos_needed() == THREE[1:2]
    given(project, split, *first).when(Bill()).then(
        requested(6, Document.BOLETO),
        boleto(7, 2, "66.66", seed=2, due_on=THREE[1].due_on),
        billed(8),
    )


@pytest.mark.parametrize("payer", [None, Payer(name="Ana Souza", document=None, address=None)])
def test_a_payer_without_cpf_or_cnpj_gets_no_boleto(payer: Payer | None) -> None:
    given(project, opened()).when(Bill(payer=payer)).then(
        requested(2, *ALL),
        BoletoFailed(**at(3), instalment=1, reason="payer_without_document", detail=""),
    )


def test_an_obstacle_of_the_account_is_named_before_the_payers() -> None:
    given(project, opened()).when(Bill(payer=None, boletos={1: NO_AGREEMENT})).then(
        requested(2, *ALL), BOLETO_FAILED
    )


def test_a_boleto_that_came_without_numbers_is_refused_not_failed() -> None:
    given(project, opened()).when(Bill(boletos={})).then_refused(BoletoNumberMissingError, instalment=1)


def test_a_pix_charge_waits_for_its_gateway() -> None:
    wanted = (Document.PIX, Document.NFSE)
    given(project, opened_for_pix()).when(Bill(boletos={})).then(requested(2, *wanted), billed(3))
    given(project, opened_for_pix()).when(Bill(boletos={})).then_state(
        lambda invoice: invoice.document_states()[Document.PIX] is DocumentState.WAITING
    )


def test_an_account_without_pix_key_fails_the_charge_of_each_open_instalment() -> None:
    split = opened(payment_method=PaymentMethod.PIX, documents=(Document.PIX,), instalments=THREE)
    settled = paid(2, principal="66.66")
    given(project, split, settled).when(Bill(boletos={}, pix_obstacle=NO_PIX_KEY)).then(
        requested(3, Document.PIX),
        *(
            PixChargeFailed(**at(version), instalment=number, reason="account_without_pix_key", detail="ITAU")
            for version, number in ((4, 2), (5, 3))
        ),
    )


def test_after_the_key_is_there_the_pix_charge_is_asked_for_again() -> None:
    pix_only = opened(payment_method=PaymentMethod.PIX, documents=(Document.PIX,))
    failed = PixChargeFailed(**at(3), instalment=1, reason="account_without_pix_key", detail="ITAU")
    history = given(project, pix_only, requested(2, Document.PIX), failed)
    assert history.state.document_states()[Document.PIX] is DocumentState.FAILED
    history.when(Bill(boletos={})).then(requested(4, Document.PIX), billed(5))


def test_valor_pendente_is_not_billed() -> None:
    given(project, opened(value_pending=True)).when(Bill()).then_refused(ValuePendingError)


def test_automatic_billing_waits_for_the_price_of_a_forecast_and_nobody_else_does() -> None:
    forecast = given(project, opened(forecast=True))
    forecast.when(Bill(requested_by="scheduler")).then_refused(PriceForecastError)
    forecast.when(Bill()).then_state(lambda invoice: invoice.billed)
    measured = DefinitiveValueSet(**at(2), lines=(line(),), instalments=(instalment(),))
    given(project, opened(forecast=True), measured).when(Bill(requested_by="scheduler")).then_state(
        lambda invoice: invoice.billed
    )


def test_a_cancelled_invoice_is_not_billed() -> None:
    cancelled = InvoiceCancelled(**at(2), because="asked", reason="engano", frees_period=False)
    given(project, opened(), cancelled).when(Bill()).then_refused(InvoiceCancelledError)


@pytest.mark.parametrize("requested_by", ["person", "batch", "scheduler"])
def test_a_billed_invoice_is_not_billed_again(requested_by: str) -> None:
    given(project, *BILLED).when(Bill(requested_by=requested_by)).then_refused(InvoiceBilledError)


def test_a_person_may_have_a_cancelled_boleto_made_again() -> None:
    given(project, *BILLED, boleto_cancelled(5)).when(Bill(boletos={1: numbers(2)})).then(
        requested(6, Document.BOLETO), boleto(7, seed=2)
    )


@pytest.mark.parametrize("requested_by", ["batch", "scheduler"])
def test_no_batch_makes_a_cancelled_boleto_again(requested_by: str) -> None:
    given(project, *BILLED, boleto_cancelled(5)).when(Bill(requested_by=requested_by)).then_refused(
        InvoiceBilledError
    )


def test_a_partly_paid_instalment_gets_a_boleto_over_what_is_open() -> None:
    partly = (opened(documents=(Document.BOLETO,)), paid(2, principal="50.00"))
    assert project_of(*partly).boletos_needed() == (instalment("150.00"),)
    given(project, *partly).when(Bill()).then(
        requested(3, Document.BOLETO), boleto(4, amount="150.00"), billed(5)
    )


def test_what_is_paid_before_it_is_billed_needs_no_charge() -> None:
    for birth in (opened(documents=(Document.BOLETO,)), opened_for_pix()):
        settled = given(project, birth, paid(2))
        assert settled.state.boletos_needed() == ()
        states = settled.state.document_states()
        assert states[Document.BOLETO] is states[Document.PIX] is DocumentState.NOT_WANTED
        settled.when(Bill(boletos={})).then_state(lambda invoice: invoice.situacao() is Situacao.BILLED)


def test_a_failed_boleto_of_an_instalment_paid_since_is_no_failure_once_billed_again() -> None:
    history = given(project, opened(), requested(2, *ALL), BOLETO_FAILED, paid(4))
    assert history.state.situacao() is Situacao.ERROR
    history.when(Bill(boletos={})).then(requested(5, Document.BOLETO), billed(6))


def test_a_failure_that_a_gateway_reports_later_makes_erro_until_it_is_billed_again() -> None:
    history = given(project, *BILLED, nfse_failed(5))
    assert history.state.situacao() is Situacao.ERROR
    history.when(Bill()).then(requested(6, Document.NFSE), billed(7))


def test_billing_waits_for_no_date() -> None:
    past = opened(instalments=(instalment(due_on=date(2020, 1, 10)),))
    given(project, past).when(Bill()).then(requested(2, *ALL), boleto(3, due_on=date(2020, 1, 10)), billed(4))
