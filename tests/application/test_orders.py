"""Orders become sales, each once, whatever is repeated; what an order gets wrong is told in its own words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import ConcurrencyError, Context
from application.database import Connection
from application.ids import new_id
from application.incoming.settling import record_settled
from application.registry import Change, Done
from application.sales import OrderUnknownError, OrderWithdrawn, SaleAccountMissingError, SaleChangedError
from application.sales_references import OrderReferenceUnknownError
from domain.account.account import AccountUnfitError
from domain.customer.forgetting import CustomerForgottenError
from domain.invoice.situacao import Situacao
from domain.kernel import DomainError
from domain.sale.sale import SaleBilledError, SaleItemInvalidError
from domain.service.service import ServiceRetiredError
from domain.values.payment import PaymentMethod
from tests.application.selling import CONTEXT, Shop, item, order
from tests.application.test_forgetting import forgetter_of
from tests.application.world import CNPJS, CPFS, World


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def only(found: list[Any]) -> Any:
    (one,) = found
    return one


def test_an_order_becomes_a_sale_of_the_company(shop: Shop) -> None:
    ordered = order(items=(item(quantity="1.5"), item("CON", "10.00")), department="Recife", mode="avulso")
    done = only(shop.record(ordered))
    assert done.change is Change.REGISTERED
    sale = shop.sale(done.id)
    assert (sale.code, sale.company_id, sale.customer_id) == (
        "loja/1001",
        shop.world.company,
        shop.world.customers[0],
    )
    assert (sale.account_id, sale.mode, sale.department) == (shop.world.account, "avulso", "Recife")
    assert [(each.description, each.amount) for each in sale.items] == [
        ("Serviço SUP", Decimal("150.00")),
        ("Serviço CON", Decimal("10.00")),
    ]
    assert shop.settled == [[None]]


def test_the_same_order_twice_is_one_sale_in_a_batch_and_later(shop: Shop) -> None:
    first, again = shop.record(order(), order())
    assert (first.change, again.change, first.id) == (Change.REGISTERED, Change.SAME, again.id)
    assert only(shop.record(order())).change is Change.SAME
    assert shop.world.topics_of(first.id) == ["sale.recorded.v1"]


def test_a_batch_without_effect_is_settled_too(shop: Shop) -> None:
    shop.sell()
    shop.record(order())
    shop.record()
    assert shop.settled[1:] == [[None], []]


def test_whatever_happened_to_the_sale_its_order_is_known(shop: Shop) -> None:
    sale = shop.sell()
    cancelled = shop.sale(sale).cancel("desistiu", shop.world.now)
    assert cancelled is not None
    shop.world.lastro.record(CONTEXT, cancelled)
    assert only(shop.record(order())).change is Change.SAME


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": (item(price="100.01"),)}, "items"),
        ({"due_on": date(2026, 3, 11)}, "due_on"),
        ({"customer_code": "C1"}, "customer_id"),
        ({"account_code": None}, "account_id"),
        ({"mode": "avulso"}, "mode"),
        ({"payment_method": PaymentMethod.CASH}, "payment_method"),
        ({"emits_documents": False}, "emits_documents"),
    ],
)
def test_an_order_that_says_otherwise_under_its_number_is_refused(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    sale = shop.sell()
    refusal = only(shop.record(order(**changes)))
    assert isinstance(refusal, SaleChangedError)
    assert refusal.details == {"id": sale, "fields": [field]}
    assert shop.settled[-1] == [refusal]


@pytest.mark.parametrize(
    "names",
    [
        {"company_code": None, "company_cnpj": "11.222.333/0001-81"},
        {"company_code": "acme"},
        {"customer_code": None, "customer_document": "529.982.247-25"},
        {"customer_code": "c0"},
        {"account_code": "itau"},
    ],
)
def test_names_are_found_in_their_usual_forms(shop: Shop, names: dict[str, Any]) -> None:
    sale = shop.sell()
    assert only(shop.record(order(**names))) == Done(sale, Change.SAME)


def test_a_customer_is_named_by_id(shop: Shop) -> None:
    named = order(customer_code=None, customer_id=shop.world.customers[2])
    assert shop.sale(only(shop.record(named)).id).customer_id == shop.world.customers[2]


@pytest.mark.parametrize(
    ("names", "details"),
    [
        ({"company_code": "NADA"}, {"field": "company", "code": "NADA"}),
        ({"company_code": None, "company_cnpj": "1"}, {"field": "company", "code": "1"}),
        ({"company_code": None}, {"field": "company", "unnamed": True}),
        ({"customer_code": None}, {"field": "customer", "unnamed": True}),
        ({"customer_code": "C99"}, {"field": "customer"}),
        ({"customer_code": None, "customer_document": "11144477736"}, {"field": "customer"}),
        (
            {"customer_code": None, "customer_id": UUID(int=5)},
            {"field": "customer", "code": str(UUID(int=5))},
        ),
        ({"account_code": "BB"}, {"field": "account", "code": "BB"}),
        ({"items": (item(), item("XYZ"))}, {"field": "service", "code": "XYZ", "item": 2}),
    ],
)
def test_what_is_not_registered_is_named_and_people_s_documents_are_not(
    shop: Shop, names: dict[str, Any], details: dict[str, object]
) -> None:
    refusal = only(shop.record(order(**names)))
    assert isinstance(refusal, OrderReferenceUnknownError)
    assert refusal.details == details
    assert not any(cpf in str(refusal) for cpf in (*CPFS, "11144477736"))


def test_names_that_mean_two_are_of_nobody(shop: Shop) -> None:
    shop.world.add_company("OTHER", CNPJS[1])
    one, two = shop.world.customers[:2]
    for names, field in (
        ({"company_cnpj": CNPJS[1]}, "company"),
        ({"company_cnpj": "no CNPJ"}, "company"),
        ({"company_code": "NOBODY", "company_cnpj": CNPJS[0]}, "company"),
        ({"customer_id": two}, "customer"),
    ):
        refused = only(shop.record(order(**names)))
        assert isinstance(refused, OrderReferenceUnknownError)
        assert refused.details["field"] == field
    assert only(shop.record(order(company_cnpj=CNPJS[0], customer_id=one))).change is Change.REGISTERED
    assert only(shop.record(order())).change is Change.SAME


@pytest.mark.parametrize("document", ["12345678909", "no document"])
def test_a_document_of_nobody_s_is_not_that_of_a_customer_who_has_another(shop: Shop, document: str) -> None:
    assert document not in CPFS
    undocumented = shop.world.add_customer("C9", None)
    one: dict[str, Any] = {"customer_code": None, "customer_id": shop.world.customers[0]}
    ways: tuple[dict[str, Any], ...] = ({}, one)
    named = [order(str(n), customer_document=document, **names) for n, names in enumerate(ways)]
    found = shop.record(*named, order("3", customer_code="C9", customer_document=document), order("4"))
    for refused in found[:2]:
        assert isinstance(refused, OrderReferenceUnknownError)
        assert refused.details["field"] == "customer"
        assert document not in str(refused)
    assert isinstance(found[2], Done)
    assert shop.sale(found[2].id).customer_id == undocumented
    assert isinstance(found[3], Done)


def test_an_order_that_is_a_sale_already_is_known_whatever_document_is_on_file_now(shop: Shop) -> None:
    placed = order(customer_document="529.982.247-25")
    sale = only(shop.record(placed)).id
    shop.world.commands.customers.correct_document(SYSTEM, shop.world.customers[0], "person", "12345678909")
    assert only(shop.record(placed)) == Done(sale, Change.SAME)


def test_codes_of_another_company_are_unknown(shop: Shop) -> None:
    shop.world.add_company("OUTRA", CNPJS[1])
    refusal = only(shop.record(order(company_code="OUTRA")))
    assert refusal.details["field"] == "account"


def test_a_bad_order_leaves_the_others_alone(shop: Shop) -> None:
    bad = order("1002", items=(item(price="-1.00"),))
    found = shop.record(order("1001"), bad, order("1003"))
    assert [isinstance(each, DomainError) for each in found] == [False, True, False]
    assert isinstance(found[1], SaleItemInvalidError)
    assert [each is None for each in shop.settled[0]] == [True, False, True]


def test_facts_know_the_message_that_they_came_from(shop: Shop) -> None:
    contexts = [Context("kafka:sales.orders.v1", new_id()) for _ in range(3)]
    shop.record(order("1"), order("1"), order("2"), contexts=contexts)
    recorded = shop.world.lastro.read(0, 1000, ["sale.recorded.v1"])
    assert [each.correlation_id for each in recorded] == [
        contexts[0].correlation_id,
        contexts[2].correlation_id,
    ]


def test_nothing_is_sold_to_whom_was_forgotten_but_old_orders_are_known(shop: Shop) -> None:
    by_id = order("1002", customer_code=None, customer_id=shop.world.customers[0])
    shop.sell()
    forgetter_of(shop.world).forget(SYSTEM, shop.world.customers[0], "pedido do titular", "titular")
    assert only(shop.record(order())).change is Change.SAME
    assert isinstance(only(shop.record(order("1003"))), OrderReferenceUnknownError)
    assert isinstance(only(shop.record(by_id)), CustomerForgottenError)


def test_nothing_is_sold_to_who_is_forgotten_while_it_is_decided(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*given: Any) -> int:
        monkeypatch.undo()
        forgetter_of(shop.world).forget(SYSTEM, shop.world.customers[0], "pedido", "titular")
        return record_settled(*given)

    monkeypatch.setattr("application.sales.record_settled", late)
    placed = order(customer_code=None, customer_id=shop.world.customers[0], emits_documents=False)
    assert isinstance(only(shop.record(placed)), CustomerForgottenError)
    assert shop.world.facts(topics=["sale.recorded.v1", "invoice.opened.v1"]) == []


def test_what_is_no_longer_sold_is_refused_but_old_orders_are_known(shop: Shop) -> None:
    shop.sell()
    shop.world.commands.services.retire(SYSTEM, shop.world.service)
    assert only(shop.record(order())).change is Change.SAME
    assert isinstance(only(shop.record(order("1002"))), ServiceRetiredError)


def test_an_account_takes_what_the_order_is_paid_with(shop: Shop) -> None:
    refusal = only(shop.record(order(payment_method=PaymentMethod.PIX)))
    assert isinstance(refusal, AccountUnfitError)


def test_a_sale_without_documents_is_owed_at_once_and_there_is_nothing_to_bill(shop: Shop) -> None:
    sale = shop.sale(shop.sell(emits_documents=False))
    invoice = shop.world.invoice(sale.billed[1])
    assert (invoice.situacao(), invoice.documents, invoice.balance) == (
        Situacao.BILLED,
        (),
        Decimal("100.00"),
    )
    assert (invoice.customer_id, invoice.account_id) == (sale.customer_id, shop.world.account)
    assert not sale.is_open
    assert only(shop.record(order(emits_documents=False))).change is Change.SAME


def test_a_sale_without_documents_takes_the_only_account_that_fits(shop: Shop) -> None:
    sale = shop.sale(shop.sell(emits_documents=False, account_code=None))
    assert shop.world.invoice(sale.billed[1]).account_id == shop.world.account
    shop.world.add_account(shop.world.company, "CAIXA")
    cash = order("2", emits_documents=False, account_code=None, payment_method=PaymentMethod.CASH)
    assert isinstance(only(shop.record(cash)), SaleAccountMissingError)


def test_what_settles_may_fail_and_then_nothing_was_sold(shop: Shop) -> None:
    def fail(connection: Connection, outcomes: object) -> None:
        raise OSError("the offset moved")

    with pytest.raises(OSError, match="offset"):
        shop.orders.record(CONTEXT, [order()], fail)
    assert shop.world.lastro.read(0, 1000, ["sale.recorded.v1"]) == []


def test_two_consumers_at_once_record_one_sale(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Shop(shop.world)
    real = shop.world.lastro.record_batch
    raced: list[UUID] = []

    def late(*args: Any, **kwargs: Any) -> int:
        if not raced:
            raced.append(UUID(int=0))
            other.sell()
        return real(*args, **kwargs)

    monkeypatch.setattr(shop.world.lastro, "record_batch", late)
    assert only(shop.record(order())).change is Change.SAME
    assert len(shop.world.lastro.read(0, 1000, ["sale.recorded.v1"])) == 1


def test_a_stream_that_never_rests_is_the_caller_s(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **kwargs: Any) -> int:
        raise ConcurrencyError("moved")

    monkeypatch.setattr(shop.world.lastro, "record_batch", never)
    with pytest.raises(ConcurrencyError):
        shop.record(order())


def test_an_order_that_is_withdrawn_cancels_its_sale_once(shop: Shop) -> None:
    sale = shop.sell()
    gone = OrderWithdrawn("loja", "1001", "desistiu", company_code="ACME")
    first, again, ordered = shop.record(gone, gone, order())
    assert [each.change for each in (first, again, ordered)] == [Change.CORRECTED, Change.SAME, Change.SAME]
    assert shop.sale(sale).cancelled
    assert shop.settled[-1] == [None, None, None]


def test_an_order_is_withdrawn_in_the_batch_that_brings_it(shop: Shop) -> None:
    placed, gone = shop.record(order(), OrderWithdrawn("loja", "1001", "desistiu", company_code="ACME"))
    assert (placed.change, gone.change) == (Change.REGISTERED, Change.CORRECTED)
    assert shop.sale(placed.id).cancelled


def test_what_was_never_ordered_cannot_be_withdrawn(shop: Shop) -> None:
    unknown, other, billed = (
        OrderWithdrawn("loja", "77", "desistiu", company_code="ACME"),
        OrderWithdrawn("loja", "1001", "desistiu", company_code="NADA"),
        OrderWithdrawn("loja", "1002", "desistiu", company_code="ACME"),
    )
    shop.sell()
    shop.sell("1002", emits_documents=False)
    refused = shop.record(unknown, other, billed)
    assert [type(each) for each in refused] == [
        OrderUnknownError,
        OrderReferenceUnknownError,
        SaleBilledError,
    ]


def test_an_order_that_is_owed_at_once_and_withdrawn_with_it_is_refused_for_its_invoice(shop: Shop) -> None:
    withdrawn = OrderWithdrawn("loja", "1001", "desistiu", company_code="ACME")
    done, refused = shop.record(order(emits_documents=False), withdrawn)
    assert isinstance(done, Done)
    assert isinstance(refused, SaleBilledError)
