"""Customer: documents are checked, contacts come and go, one of them receives the charges."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.customer.customer import (
    Contact,
    ContactEmptyError,
    ContactKnownError,
    ContactUnknownError,
    Customer,
    evolve,
    project,
)
from domain.customer.events import (
    Address,
    CollectionContactChosen,
    CustomerContactAdded,
    CustomerContactRemoved,
    CustomerDocumentCorrected,
    CustomerMoved,
    CustomerNameCorrected,
    CustomerRegistered,
)
from domain.kernel import DomainError
from domain.values.cnpj import CnpjInvalidError
from domain.values.cpf import CpfInvalidError
from domain.values.place import PlaceInvalidError
from domain.values.text import TextInvalidError
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000007")
ANA = UUID("01930000-0000-7000-8000-0000000000a1")
BIA = UUID("01930000-0000-7000-8000-0000000000b1")
ADDRESS = Address(
    street="Av. Paulista",
    number="1000",
    complement=None,
    district="Bela Vista",
    city="São Paulo",
    city_ibge="3550308",
    state="SP",
    zip_code="01310100",
)


def header(version: int) -> dict[str, Any]:
    return {"originator_id": ID, "originator_version": version, "occurred_at": NOW, "company_id": None}


def registered(**changes: Any) -> CustomerRegistered:
    fields: dict[str, Any] = {
        "code": "C-1",
        "kind": "organisation",
        "name": "Padaria São João Ltda",
        "trade_name": "São João",
        "document": "00.000.000/0001-91",
        "address": ADDRESS,
    }
    return Customer.register(ID, **(fields | changes), now=NOW)


def added(version: int, contact_id: UUID, *, collection: bool) -> CustomerContactAdded:
    return CustomerContactAdded(
        **header(version),
        contact_id=contact_id,
        name="Ana",
        email="ana@padaria.com",
        phone=None,
        collection=collection,
    )


def test_a_customer_is_registered_with_everything_in_its_form() -> None:
    rough = ADDRESS.model_copy(
        update={"number": " ", "district": "", "complement": " ", "state": "sp", "zip_code": "01310-100"}
    )
    fact = registered(code=" ", name=" Padaria  São João Ltda", trade_name="", address=rough)
    assert fact == CustomerRegistered(
        **header(1),
        code=None,
        kind="organisation",
        name="Padaria São João Ltda",
        trade_name=None,
        document="00000000000191",
        address=ADDRESS.model_copy(update={"number": "s/n", "district": ""}),
    )


@pytest.mark.parametrize("document", [None, "", "  "])
def test_a_customer_may_have_no_document_and_no_address_yet(document: str | None) -> None:
    customer = evolve(None, registered(kind="person", document=document, address=None))
    assert customer.document is None
    assert customer.address is None
    assert customer.collection_contact is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"document": "529.982.247-25"}, CnpjInvalidError),
        ({"kind": "person"}, CpfInvalidError),
        ({"kind": "person", "document": "111.111.111-11"}, CpfInvalidError),
        ({"name": " "}, TextInvalidError),
        ({"address": ADDRESS.model_copy(update={"state": "RJ"})}, PlaceInvalidError),
        ({"address": ADDRESS.model_copy(update={"zip_code": "1310"})}, PlaceInvalidError),
        ({"address": ADDRESS.model_copy(update={"street": ""})}, TextInvalidError),
    ],
)
def test_what_is_wrong_on_a_boleto_is_refused(changes: dict[str, Any], error: type[DomainError]) -> None:
    with pytest.raises(error):
        registered(**changes)


def test_an_address_may_lack_its_municipality_code() -> None:
    assert registered(address=ADDRESS.model_copy(update={"city_ibge": None})).address is not None


def test_a_name_is_corrected_when_it_differs() -> None:
    state = given(project, registered())
    state.when(lambda c: c.correct_name("Padaria São João  Ltda", "São João", NOW)).then_nothing()
    when = state.when(lambda c: c.correct_name("Padaria Nova", None, NOW))
    when.then(CustomerNameCorrected(**header(2), name="Padaria Nova", trade_name=None))
    when.then_state(lambda c: (c.name, c.trade_name) == ("Padaria Nova", None))


def test_a_document_is_corrected_with_its_kind() -> None:
    state = given(project, registered())
    state.when(lambda c: c.correct_document("organisation", "00000000000191", NOW)).then_nothing()
    when = state.when(lambda c: c.correct_document("person", "529.982.247-25", NOW))
    when.then(CustomerDocumentCorrected(**header(2), kind="person", document="52998224725"))
    when.then_state(lambda c: (c.kind, c.document) == ("person", "52998224725"))
    state.when(lambda c: c.correct_document("person", "00000000000191", NOW)).then_refused(
        CpfInvalidError, reason="form"
    )


def test_a_customer_moves_when_the_address_differs() -> None:
    state = given(project, registered())
    state.when(lambda c: c.move(ADDRESS, NOW)).then_nothing()
    elsewhere = ADDRESS.model_copy(update={"number": "2000"})
    when = state.when(lambda c: c.move(elsewhere, NOW))
    when.then(CustomerMoved(**header(2), address=elsewhere))
    when.then_state(lambda c: c.address == elsewhere)
    state.when(lambda c: c.move(None, NOW)).then_state(lambda c: c.address is None)


def test_a_contact_is_added_once() -> None:
    state = given(project, registered())
    when = state.when(lambda c: c.add_contact(ANA, " Ana ", "Ana@Padaria.com", " ", True, NOW))
    when.then(added(2, ANA, collection=True))
    when.then_state(
        lambda c: c.collection_contact == Contact(id=ANA, name="Ana", email="ana@padaria.com", phone=None)
    )
    known = given(project, registered(), added(2, ANA, collection=True))
    known.when(lambda c: c.add_contact(ANA, "Ana", "ana@padaria.com", None, True, NOW)).then_nothing()
    known.when(lambda c: c.add_contact(ANA, "Ana", "ana@padaria.com", None, False, NOW)).then_refused(
        ContactKnownError, contact_id=ANA
    )
    known.when(lambda c: c.add_contact(ANA, "Bia", "ana@padaria.com", None, True, NOW)).then_refused(
        ContactKnownError
    )


def test_a_contact_can_be_reached() -> None:
    state = given(project, registered())
    state.when(lambda c: c.add_contact(ANA, "Ana", None, "", False, NOW)).then_refused(ContactEmptyError)
    state.when(lambda c: c.add_contact(ANA, "Ana", "ana", None, False, NOW)).then_refused(
        TextInvalidError, field="contact_email", reason="email"
    )
    state.when(lambda c: c.add_contact(ANA, None, " ", "(11) 91234-5678", False, NOW)).then_state(
        lambda c: c.contacts == (Contact(id=ANA, name=None, email=None, phone="(11) 91234-5678"),)
    )


def test_one_contact_at_a_time_receives_the_charges() -> None:
    state = given(project, registered(), added(2, ANA, collection=True), added(3, BIA, collection=True))
    assert state.state.collection_contact_id == BIA
    state.when(lambda c: c.choose_collection_contact(BIA, NOW)).then_nothing()
    when = state.when(lambda c: c.choose_collection_contact(ANA, NOW))
    when.then(CollectionContactChosen(**header(4), contact_id=ANA))
    when.then_state(lambda c: c.collection_contact == c.contact(ANA))


def test_a_contact_added_plainly_leaves_the_charges_where_they_go() -> None:
    state = given(project, registered(), added(2, ANA, collection=True), added(3, BIA, collection=False))
    assert state.state.collection_contact_id == ANA


def test_without_its_collection_contact_a_customer_has_none() -> None:
    state = given(project, registered(), added(2, ANA, collection=True), added(3, BIA, collection=False))
    when = state.when(lambda c: c.remove_contact(ANA, NOW))
    when.then(CustomerContactRemoved(**header(4), contact_id=ANA))
    when.then_state(lambda c: c.collection_contact is None and [x.id for x in c.contacts] == [BIA])
    state.when(lambda c: c.remove_contact(BIA, NOW)).then_state(lambda c: c.collection_contact_id == ANA)


def test_an_unknown_contact_is_neither_chosen_nor_removed() -> None:
    state = given(project, registered())
    state.when(lambda c: c.choose_collection_contact(ANA, NOW)).then_refused(
        ContactUnknownError, contact_id=ANA
    )
    state.when(lambda c: c.remove_contact(ANA, NOW)).then_refused(ContactUnknownError, contact_id=ANA)


def test_a_forgotten_customer_still_folds() -> None:
    forgotten = registered().model_copy(
        update={"name": None, "trade_name": None, "document": None, "address": None}
    )
    customer = evolve(None, forgotten)
    assert (customer.name, customer.document, customer.address) == (None, None, None)
