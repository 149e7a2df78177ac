"""A receipt is received once and reversed once, in whatever order it is told, and pays one debt at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, cast
from uuid import UUID

import hypothesis
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from domain.kernel import DomainError, DomainEvent
from domain.settlement.errors import (
    SettlementContradictedError,
    SettlementElsewhereError,
    SettlementInFutureError,
    SettlementNotPlacedError,
    SettlementPlacedError,
    SettlementReversedError,
)
from domain.settlement.events import (
    Named,
    SettlementApplied,
    SettlementEvent,
    SettlementIdentified,
    SettlementReleased,
    SettlementReversed,
    SettlementUnidentified,
    SettlementVoided,
)
from domain.settlement.settlement import Place, Settlement, Told, evolve, project
from domain.values.ids import settlement_id, settlement_payment_id
from domain.values.payment import PaymentMethod
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 3)
COMPANY, OTHER = UUID(int=1), UUID(int=2)
INVOICE, CUSTOMER, ACCOUNT = UUID(int=3), UUID(int=4), UUID(int=5)
PLACE = Place(COMPANY, INVOICE, 1, CUSTOMER, ACCOUNT)
SOURCE, REFERENCE = "urn:psp", "E-1"
ID = settlement_id(SOURCE, REFERENCE)
NO_NAMES = Named(
    invoice_id=None,
    instalment=None,
    bank_code=None,
    nosso_numero=None,
    agreement=None,
    linha_digitavel=None,
    barcode=None,
    company=None,
    account=None,
)
TOLD = Told(
    source=SOURCE,
    reference=REFERENCE,
    amount=Decimal("150.00"),
    paid_on=TODAY,
    credited_on=None,
    method=PaymentMethod.PIX,
    named=NO_NAMES,
)
EXCESS = Decimal("0.00")

APPLIED = Settlement.apply(ID, TOLD, PLACE, "invoice", EXCESS, NOW, TODAY)
HELD = Settlement.hold(ID, TOLD, None, None, "nothing_named", None, NOW, TODAY)
OF_COMPANY = Settlement.hold(ID, TOLD, COMPANY, ACCOUNT, "nothing_named", None, NOW, TODAY)
REVERSED_FIRST = Settlement.reverse_first(SOURCE, REFERENCE, None, None, "devolvido", NOW)


def told(**changes: Any) -> Told:
    changed: Any = {**TOLD, **changes}
    return cast(Told, changed)


def identify(settlement: Settlement, place: Place = PLACE) -> SettlementIdentified:
    return settlement.identify(place, "person", EXCESS, NOW)


def test_the_same_words_are_the_same_receipt_and_no_others() -> None:
    pairs = [("a", "b"), ("a", "B"), ("ab", ""), ("", "ab"), ("a", "b "), ("A", "b")]
    assert len({settlement_id(*pair) for pair in pairs}) == len(pairs)
    assert settlement_id("urn:psp:exemplo", "E-1") == UUID("f19bf338-8d8e-5b88-90f7-b95f45cf12fb")


def test_what_is_applied_is_a_valid_fact() -> None:
    assert SettlementApplied(**APPLIED.__dict__) == APPLIED
    assert APPLIED.model_fields_set == set(SettlementApplied.model_fields)


def test_told_again_it_changes_nothing() -> None:
    for first in (APPLIED, HELD):
        given(project, first).when(lambda s: s.arrive(TOLD, COMPANY, ACCOUNT, NOW, TODAY)).then_nothing()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", Decimal("150.01")),
        ("paid_on", TODAY - timedelta(days=1)),
        ("credited_on", TODAY - timedelta(days=1)),
        ("method", PaymentMethod.BOLETO),
        ("named", NO_NAMES.model_copy(update={"account": "X"})),
    ],
)
def test_told_again_with_other_content_it_is_refused(field: str, value: object) -> None:
    for history in ([APPLIED], [HELD], [REVERSED_FIRST, voided()]):
        given(project, *(full(fact) for fact in history)).when(
            lambda s: s.arrive(told(**{**FULL, field: value}), COMPANY, ACCOUNT, NOW, TODAY)
        ).then_refused(SettlementContradictedError, settlement_id=ID, fields=[field])


FULL: dict[str, Any] = {
    "credited_on": TODAY,
    "named": NO_NAMES.model_copy(update={"account": "ITAU", "barcode": "1" * 44}),
}


def full(fact: DomainEvent) -> DomainEvent:
    """The same, with all that may be told of it."""
    return fact.model_copy(update=FULL) if hasattr(fact, "named") else fact


@pytest.mark.parametrize(
    "changes",
    [
        {"credited_on": None},
        {"method": None},
        {"named": NO_NAMES},
        {"named": NO_NAMES.model_copy(update={"account": "ITAU", "company": "ACME"})},
        {"credited_on": None, "method": None, "named": NO_NAMES.model_copy(update={"invoice_id": INVOICE})},
    ],
)
def test_told_again_with_more_or_less_it_contradicts_nothing(changes: dict[str, Any]) -> None:
    for history in ([APPLIED], [HELD], [REVERSED_FIRST, voided()]):
        known = given(project, *(full(fact) for fact in history))
        known.when(lambda s: s.arrive(told(**FULL | changes), COMPANY, ACCOUNT, NOW, TODAY)).then_nothing()
        bare = given(project, *history)
        bare.when(lambda s: s.arrive(told(**FULL), COMPANY, ACCOUNT, NOW, TODAY)).then_nothing()


def voided() -> SettlementVoided:
    state = project(None, [REVERSED_FIRST])
    assert state is not None
    fact = state.arrive(TOLD, COMPANY, ACCOUNT, NOW, TODAY)
    assert fact is not None
    return fact


def test_after_its_reversal_it_is_void_once() -> None:
    fact = voided()
    assert (fact.company_id, fact.account_id, fact.amount) == (COMPANY, ACCOUNT, Decimal("150.00"))
    given(project, REVERSED_FIRST, fact).when(
        lambda s: s.arrive(TOLD, COMPANY, ACCOUNT, NOW, TODAY)
    ).then_nothing()


def test_a_receipt_of_another_amount_than_its_reversal_said_is_refused() -> None:
    first = Settlement.reverse_first(SOURCE, REFERENCE, Decimal("9.00"), None, "devolvido", NOW)
    given(project, first).when(lambda s: s.arrive(TOLD, None, None, NOW, TODAY)).then_refused(
        SettlementContradictedError, fields=["amount"]
    )


@pytest.mark.parametrize("history", [[APPLIED], [HELD], [REVERSED_FIRST, None]])
def test_it_is_reversed_once_and_whole(history: list[Any]) -> None:
    facts = [voided() if each is None else each for each in history]
    then = given(project, *facts)
    if facts[0] is not REVERSED_FIRST:
        then.when(lambda s: s.reverse(Decimal("150.00"), TODAY, "devolvido", NOW)).then(
            SettlementReversed(
                **then.state.following(NOW),
                source=SOURCE,
                reference=REFERENCE,
                amount=Decimal("150.00"),
                reversed_on=TODAY,
                reason="devolvido",
            )
        )
        then.when(lambda s: s.reverse(Decimal("10.00"), TODAY, "parte", NOW)).then_refused(
            SettlementContradictedError
        )
        facts.append(then.state.reverse(None, None, "devolvido", NOW))
    given(project, *facts).when(lambda s: s.reverse(None, None, "outra", NOW)).then_nothing()


def test_money_of_tomorrow_is_refused_everywhere() -> None:
    tomorrow = told(paid_on=TODAY + timedelta(days=1))
    acts: list[Callable[[], object]] = [
        lambda: Settlement.apply(ID, tomorrow, PLACE, "invoice", EXCESS, NOW, TODAY),
        lambda: Settlement.hold(ID, tomorrow, None, None, "nothing_named", None, NOW, TODAY),
    ]
    for act in acts:
        with pytest.raises(SettlementInFutureError):
            act()
    given(project, REVERSED_FIRST).when(lambda s: s.arrive(tomorrow, None, None, NOW, TODAY)).then_refused(
        SettlementInFutureError
    )


def test_identified_it_is_of_the_invoice_s_company_and_waits_no_more() -> None:
    given(project, HELD).when(identify).then_state(
        lambda s: (s.company_id, s.account_id, s.waits) == (COMPANY, ACCOUNT, False)
    )
    identified = identify(evolve(None, HELD))
    assert (identified.company_id, identified.payment_id) == (COMPANY, ID)
    given(project, HELD, identified).when(identify).then_refused(
        SettlementPlacedError, invoice_id=INVOICE, instalment=1
    )


def test_of_a_known_company_it_pays_nothing_of_another() -> None:
    elsewhere = Place(OTHER, INVOICE, 1, CUSTOMER, ACCOUNT)
    given(project, OF_COMPANY).when(lambda s: identify(s, elsewhere)).then_refused(
        SettlementElsewhereError, invoice_id=INVOICE
    )


def test_released_it_waits_and_its_next_payment_is_another() -> None:
    state = evolve(None, APPLIED)
    release = state.release("engano", NOW)
    assert release == SettlementReleased(
        **state.following(NOW), payment_id=ID, invoice_id=INVOICE, instalment=1, reason="engano"
    )
    given(project, APPLIED, release).when(identify).then_state(
        lambda s: s.paid is not None and s.paid.payment_id == settlement_payment_id(ID, 1) != ID
    )
    given(project, APPLIED, release).when(lambda s: s.release("x", NOW)).then_refused(
        SettlementNotPlacedError
    )
    given(project, APPLIED).when(lambda s: s.release(" ", NOW)).then_refused(TextInvalidError)


def test_what_was_taken_back_is_neither_identified_nor_released() -> None:
    for first in (APPLIED, HELD):
        back = evolve(None, first).reverse(None, None, "devolvido", NOW)
        given(project, first, back).when(identify).then_refused(SettlementReversedError)
        given(project, first, back).when(lambda s: s.release("x", NOW)).then_refused(SettlementReversedError)


def test_what_is_applied_holds_where_the_money_is() -> None:
    state = evolve(None, APPLIED)
    assert (state.account_id, state.payment_id, state.waits) == (ACCOUNT, ID, False)
    assert (APPLIED.payment_id, APPLIED.originator_id) == (ID, ID)


def test_a_receipt_does_not_arrive_twice_in_its_own_stream() -> None:
    with pytest.raises(AssertionError):
        evolve(evolve(None, APPLIED), APPLIED)


MESSAGES = ("receipt", "reversal", "identify", "release")


@pytest.mark.parametrize("order", [*permutations(MESSAGES), MESSAGES * 2])
def test_in_any_order_it_pays_at_most_once_and_never_after_its_reversal(order: tuple[str, ...]) -> None:
    _lived(list(order))


@settings(max_examples=300, deadline=None)
@hypothesis.given(st.lists(st.sampled_from(MESSAGES), max_size=30))
def test_in_any_history_payments_and_their_ends_alternate(messages: list[str]) -> None:
    _lived(messages)


def _lived(messages: list[str]) -> None:
    """Tell these one after the other; whatever is refused changes nothing."""
    facts: list[SettlementEvent] = []
    for message in messages:
        state = project(None, facts)
        try:
            fact = _told_of(message, state)
        except DomainError:
            fact = None
        if fact is not None:
            facts.append(fact)
    _require_sound(facts)


def _told_of(message: str, state: Settlement | None) -> SettlementEvent | None:
    match message:
        case "receipt":
            return HELD if state is None else state.arrive(TOLD, COMPANY, ACCOUNT, NOW, TODAY)
        case "reversal":
            return REVERSED_FIRST if state is None else state.reverse(None, None, "devolvido", NOW)
        case "identify":
            return None if state is None else identify(state)
        case _:
            return None if state is None else state.release("engano", NOW)


def _require_sound(facts: list[SettlementEvent]) -> None:
    assert [fact.originator_version for fact in facts] == list(range(1, len(facts) + 1))
    arrivals = [fact for fact in facts if isinstance(fact, SettlementUnidentified | SettlementVoided)]
    reversals = [place for place, fact in enumerate(facts) if isinstance(fact, SettlementReversed)]
    assert len(arrivals) <= 1
    assert len(reversals) <= 1
    payments: list[UUID] = []
    open_payment: UUID | None = None
    for place, fact in enumerate(facts):
        if isinstance(fact, SettlementIdentified | SettlementApplied):
            assert open_payment is None
            assert fact.payment_id not in payments
            assert not reversals or place < reversals[0]
            open_payment = fact.payment_id
            payments.append(fact.payment_id)
        elif isinstance(fact, SettlementReleased):
            assert fact.payment_id == open_payment
            open_payment = None
    state = project(None, facts)
    assert state is None or state.waits == (state.told is not None and open_payment is None and not reversals)
