"""Whatever is asked of an invoice in whatever order, what must never happen does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from application.event_store.canonical import canonical_json
from application.event_store.plans import state_of
from domain.invoice.amounts import total
from domain.invoice.events import (
    BillingRequested,
    BoletoCancelled,
    BoletoIssued,
    InvoiceEvent,
    InvoicePaymentRevised,
    NfseFailed,
)
from domain.invoice.invoice import Invoice, project
from domain.invoice.situacao import Situacao
from domain.kernel import DomainError
from domain.values.payment import Document, DocumentState, PaymentMethod
from tests.domain.invoice.facts import (
    ACCOUNT,
    CHARGES,
    DUE_ON,
    NO_AGREEMENT,
    NOW,
    OTHER_ACCOUNT,
    THREE,
    TODAY,
    UNCODED,
    at,
    inputs,
    line,
    numbers,
    opened,
    pay,
    payment_id,
    sale_line,
)
from tests.support.scenario import Decided, listed

type Decide = Callable[[Invoice], Decided]

instalments = st.sampled_from([1, 2, 3])
sizes = st.sampled_from(["0.50", "30.00", "66.66", "500.00"])
documents = st.lists(st.sampled_from(list(Document)), unique=True, max_size=5).map(tuple)


def bill(requested_by: str, coded: bool, agreed: bool) -> Decide:
    boletos = {n: numbers(n) if agreed else NO_AGREEMENT for n in (1, 2, 3)}
    given = inputs(requested_by=requested_by, boletos=boletos, uncoded_services={} if coded else UNCODED)
    return lambda invoice: invoice.bill(given, NOW, TODAY)


def revise(method: PaymentMethod, reason: Any) -> Decide:
    charge = {PaymentMethod.BOLETO: Document.BOLETO, PaymentMethod.PIX: Document.PIX}[method]
    return lambda invoice: invoice.revise_payment(
        method, OTHER_ACCOUNT, (charge, Document.NFSE), CHARGES, NOW, reason=reason
    )


def define(amount: str) -> Decide:
    value = Decimal(amount) * 3
    shares = tuple(each.model_copy(update={"amount": Decimal(amount)}) for each in THREE)
    return lambda invoice: invoice.set_definitive_value((line(str(value)),), NOW, shares)


def gateway_refuses_the_nota(invoice: Invoice) -> Decided:
    header = at(invoice.version + 1)
    return NfseFailed(**header, reason="E0312", detail="código de tributação", service_id=None)


decisions: st.SearchStrategy[Decide] = st.one_of(
    st.builds(bill, st.sampled_from(["person", "batch"]), st.booleans(), st.booleans()),
    st.builds(bill, st.just("person"), st.just(True), st.just(True)),
    st.builds(lambda n: lambda invoice: invoice.cancel_boleto(n, "pedido", NOW), instalments),
    st.builds(lambda which: lambda invoice: invoice.waive(which, NOW, TODAY), documents),
    st.builds(
        revise,
        st.sampled_from([PaymentMethod.BOLETO, PaymentMethod.PIX]),
        st.sampled_from(["asked", "contract_revised"]),
    ),
    st.builds(
        lambda n, day: lambda invoice: invoice.reschedule(n, DUE_ON + timedelta(day), NOW),
        instalments,
        st.integers(-5, 60),
    ),
    st.builds(define, sizes),
    st.builds(lambda item: lambda invoice: invoice.add_lines((sale_line("9.00", item),), NOW), instalments),
    st.builds(
        lambda n, receipt, size, day: (
            lambda invoice: pay(invoice, size, receipt, DUE_ON + timedelta(day), number=n, account_id=ACCOUNT)
        ),
        instalments,
        st.integers(1, 5),
        sizes,
        st.integers(-5, 60),
    ),
    st.builds(
        lambda receipt: lambda invoice: invoice.reverse_payment(payment_id(receipt), "estornado", NOW),
        st.integers(1, 5),
    ),
    st.just(gateway_refuses_the_nota),
    st.builds(lambda frees: lambda invoice: invoice.cancel("engano", NOW, frees_period=frees), st.booleans()),
)
histories = st.lists(decisions, max_size=12)


def played(history: list[Decide]) -> list[tuple[Invoice, list[InvoiceEvent]]]:
    """Each state, with the facts that led to it; what an invoice refuses leaves it as it is."""
    birth = opened(instalments=THREE)
    state = project(None, [birth])
    assert state is not None
    steps: list[tuple[Invoice, list[InvoiceEvent]]] = [(state, [birth])]
    for decide in history:
        try:
            facts: list[Any] = listed(decide(state))
        except DomainError:
            continue
        after = project(state, facts)
        assert after is not None
        state = after
        steps.append((state, facts))
    return steps


@given(histories)
def test_every_history_has_a_situacao_and_amounts_that_add_up(history: list[Decide]) -> None:
    for invoice, _ in played(history):
        assert invoice.situacao() in Situacao
        assert set(invoice.document_states()) == set(Document)
        assert total(invoice.lines) == invoice.amount
        assert all(invoice.open_principal(each) >= 0 for each in invoice.instalments)


@given(histories)
def test_what_is_decided_is_valid_in_its_one_form(history: list[Decide]) -> None:
    for fact in (each for _, facts in played(history) for each in facts):
        again = type(fact)(**fact.__dict__)
        assert again == fact
        assert again.model_dump() == fact.model_dump()
        assert canonical_json(state_of(again)) == canonical_json(state_of(fact))


@given(histories)
def test_versions_follow_one_another(history: list[Decide]) -> None:
    facts = [fact for _, facts in played(history) for fact in facts]
    assert [fact.originator_version for fact in facts] == list(range(1, len(facts) + 1))


@given(histories)
def test_no_instalment_ever_has_two_valid_boletos(history: list[Decide]) -> None:
    for invoice, _ in played(history):
        charged = [each.instalment for each in invoice.boletos]
        assert len(charged) == len(set(charged))


@given(histories)
def test_an_issued_boleto_goes_away_by_cancellation_only(history: list[Decide]) -> None:
    valid: set[int] = set()
    for invoice, facts in played(history):
        for fact in facts:
            if isinstance(fact, BoletoIssued):
                valid.add(fact.instalment)
            if isinstance(fact, BoletoCancelled):
                valid.remove(fact.instalment)
        assert {each.instalment for each in invoice.boletos} == valid


@given(histories)
def test_the_nota_is_asked_for_again_only_after_it_failed(history: list[Decide]) -> None:
    may_ask = True
    for _, facts in played(history):
        for fact in facts:
            if isinstance(fact, BillingRequested) and Document.NFSE in fact.documents:
                assert may_ask
                may_ask = False
            may_ask = may_ask or isinstance(fact, NfseFailed)


@given(histories)
def test_what_was_asked_for_or_given_up_stays_so_until_the_terms_are_revised(history: list[Decide]) -> None:
    for (before, _), (after, facts) in pairwise(played(history)):
        if not any(isinstance(fact, InvoicePaymentRevised) for fact in facts):
            assert after.asked >= before.asked
            assert set(after.documents) <= set(before.documents)


@given(histories)
@settings(max_examples=200)
def test_cancelled_is_for_ever_and_owes_nothing(history: list[Decide]) -> None:
    cancelled = False
    for invoice, _ in played(history):
        assert invoice.cancelled or not cancelled
        cancelled = invoice.cancelled
        if cancelled:
            assert invoice.balance == 0
            assert invoice.situacao() is Situacao.CANCELLED
            assert invoice.boletos == ()


@given(histories)
def test_faturado_means_that_nothing_wanted_failed(history: list[Decide]) -> None:
    for invoice, _ in played(history):
        failed = DocumentState.FAILED in invoice.document_states().values()
        assert failed == (invoice.situacao() is Situacao.ERROR)


def test_the_histories_of_these_tests_reach_every_situacao_of_a_known_value() -> None:
    """A guard for the tests above: their decisions are not all refused."""
    person, wrong = bill("person", True, True), bill("person", False, True)
    ends = [
        [],
        [person],
        [wrong],
        [person, lambda invoice: invoice.cancel("engano", NOW, frees_period=False)],
    ]
    reached = {played(end)[-1][0].situacao() for end in ends}
    assert reached == set(Situacao) - {Situacao.VALUE_PENDING}
