"""Registries keep each thing once, whoever registers it and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.accounts import AccountForm
from application.app import NotFoundError
from application.companies import CompanyForm
from application.customers import ContactForm, CustomerForm, CustomerUnidentifiedError
from application.event_store.errors import SubjectForgottenError, TextUnstorableError
from application.price_indices import PriceIndexForm
from application.registry import Change, Done, EntryConflictError, EntryRepeatedError, EntryTakenError
from application.services import ServiceForm
from application.users import UserForm
from domain.customer.customer import project as project_customer
from domain.user.roles import Role
from domain.values.cpf import CpfInvalidError
from tests.application.world import CNPJS, World, person
from tests.support.house import ADDRESS, ITAU

FREE_CPF = "71428793860"


def customer(code: str | None = "N1", document: str | None = FREE_CPF, **changes: object) -> CustomerForm:
    return CustomerForm(
        **{"kind": "person", "name": "João Ávila", "code": code, "document": document, **changes}  # type: ignore[arg-type]
    )


def test_a_registered_customer_is_found_by_code_and_by_document(world: World) -> None:
    done = world.commands.customers.register(SYSTEM, customer())
    assert done.change is Change.REGISTERED
    assert done.position is not None
    assert world.commands.customers.find_by_code(" n1 ") == done.id
    assert world.commands.customers.find_by_document("person", "714.287.938-60") == done.id


def test_the_lookup_table_holds_no_document(world: World) -> None:
    world.commands.customers.register(SYSTEM, customer())
    with world.lastro.database.connection() as db:
        rows = db.execute("SELECT kind, mac FROM lookup_key").fetchall()
    assert all(len(mac) == 32 for _, mac in rows)
    assert FREE_CPF.encode() not in b"".join(mac for _, mac in rows)


def test_the_same_row_twice_changes_nothing(world: World) -> None:
    form = customer(contacts=(ContactForm(name="Rita", email="rita@example.com", collection=True),))
    first = world.commands.customers.register_or_same(SYSTEM, form)
    again = world.commands.customers.register_or_same(SYSTEM, form)
    assert again == Done(first.id, Change.SAME)
    assert len(world.topics_of(first.id)) == 2


def test_a_row_that_differs_is_a_correction(world: World) -> None:
    first = world.commands.customers.register_or_same(SYSTEM, customer())
    again = world.commands.customers.register_or_same(SYSTEM, customer(name="João D'Ávila", address=ADDRESS))
    assert (again.id, again.change) == (first.id, Change.CORRECTED)
    assert world.topics_of(first.id)[1:] == ["customer.name_corrected.v1", "customer.moved.v1"]


def test_a_row_without_a_trade_name_does_not_erase_it(world: World) -> None:
    world.commands.customers.register_or_same(SYSTEM, customer(trade_name="Bar do João"))
    assert world.commands.customers.register_or_same(SYSTEM, customer()).change is Change.SAME


def test_a_contact_that_differs_takes_the_place_of_the_old_one(world: World) -> None:
    def with_phone(phone: str) -> CustomerForm:
        contact = ContactForm(name="Rita", email="rita@example.com", phone=phone, collection=True)
        return customer(contacts=(contact,))

    first = world.commands.customers.register_or_same(SYSTEM, with_phone("11 1111-1111"))
    world.commands.customers.register_or_same(SYSTEM, with_phone("11 2222-2222"))
    state = world.lastro.load(project_customer, first.id)
    assert [contact.phone for contact in state.contacts] == ["11 2222-2222"]
    assert state.collection_contact is not None


def test_strict_registration_refuses_a_taken_document(world: World) -> None:
    world.commands.customers.register(SYSTEM, customer())
    with pytest.raises(EntryTakenError):
        world.commands.customers.register(SYSTEM, customer(code="N2"))


def test_code_of_one_and_document_of_another_is_a_conflict(world: World) -> None:
    world.commands.customers.register(SYSTEM, customer())
    with pytest.raises(EntryConflictError):
        world.commands.customers.register_or_same(SYSTEM, customer(code="C0"))


def test_a_corrected_document_frees_the_old_one(world: World) -> None:
    customers = world.commands.customers
    done = customers.register(SYSTEM, customer())
    customers.correct_document(SYSTEM, done.id, "person", "36414578827")
    assert customers.find_by_document("person", FREE_CPF) is None
    assert customers.find_by_document("person", "36414578827") == done.id
    other = customers.register(SYSTEM, customer(code="N2"))
    assert other.id != done.id


def test_a_document_corrected_by_a_row_frees_the_old_one(world: World) -> None:
    customers = world.commands.customers
    done = customers.register(SYSTEM, customer())
    again = customers.register_or_same(SYSTEM, customer(document="36414578827"))
    assert (again.id, again.change) == (done.id, Change.CORRECTED)
    assert customers.find_by_document("person", FREE_CPF) is None


def test_a_document_cannot_be_corrected_to_anothers(world: World) -> None:
    done = world.commands.customers.register(SYSTEM, customer())
    with pytest.raises(EntryTakenError):
        world.commands.customers.correct_document(SYSTEM, done.id, "person", "52998224725")


def test_a_bad_item_never_fails_the_others(world: World) -> None:
    outcomes = world.commands.customers.register_many(
        SYSTEM,
        [
            customer(),
            customer(code="N2", document="11111111111"),
            customer(code=None, document=None),
            customer(),
            customer(name="Outro Nome"),
        ],
    )
    first, invalid, unidentified, same, repeated = outcomes
    assert isinstance(first, Done)
    assert isinstance(invalid, CpfInvalidError)
    assert isinstance(unidentified, CustomerUnidentifiedError)
    assert same == Done(first.id, Change.SAME)
    assert isinstance(repeated, EntryRepeatedError)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_stored_fails_its_own_item_alone(world: World, text: str) -> None:
    good, *bad = world.commands.customers.register_many(
        SYSTEM,
        [
            customer(),
            customer("N2", None, name=text),
            customer(text, None),
            customer("N4", None, contacts=(ContactForm(email=f"{text}@example.com"),)),
        ],
    )
    assert isinstance(good, Done)
    assert [type(outcome) for outcome in bad] == [TextUnstorableError] * 3
    assert world.commands.customers.find_by_code(text) is None


def test_a_forgotten_customer_fails_alone_and_loses_nothing_silently(world: World) -> None:
    done = world.commands.customers.register(SYSTEM, customer(None))
    with world.lastro.database.connection() as db:
        world.lastro.keyring.erase(db, done.id, "subject", world.now)
    with pytest.raises(SubjectForgottenError):
        world.commands.customers.correct_name(SYSTEM, done.id, "João de volta", None)
    again, other = world.commands.customers.register_many(SYSTEM, [customer(None), customer("N2", None)])
    assert isinstance(again, SubjectForgottenError)
    assert isinstance(other, Done)
    forms = [world.form("A-1", notes="cuidado"), world.form("A-2", notes="cuidado")]
    bad, good = world.commands.contracts.sign_many(
        SYSTEM,
        [
            form.model_copy(update={"customer_id": id})
            for form, id in zip(forms, (done.id, other.id), strict=True)
        ],
    )
    assert isinstance(bad, SubjectForgottenError)
    assert isinstance(good, Done)


@pytest.mark.parametrize("code", [" n1 ", "\uff2e1", "N\u200b1", "N\u00ad1"])
def test_another_spelling_of_a_code_is_the_same_customer(world: World, code: str) -> None:
    done = world.commands.customers.register(SYSTEM, customer())
    assert world.commands.customers.find_by_code(code) == done.id
    assert world.commands.customers.register_or_same(SYSTEM, customer(code)) == Done(done.id, Change.SAME)


def test_many_are_registered_in_one_transaction(world: World) -> None:
    forms = [customer(code=f"M{n}", document=None) for n in range(60)]
    outcomes = world.commands.customers.register_many(SYSTEM, forms)
    positions = {outcome.position for outcome in outcomes if isinstance(outcome, Done)}
    assert len(positions) == 1
    assert len({outcome.id for outcome in outcomes if isinstance(outcome, Done)}) == 60


def test_two_who_register_the_same_at_once_make_one(world: World) -> None:
    def register(n: int) -> UUID:
        return world.commands.customers.register_or_same(SYSTEM, customer(code=None)).id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(register, range(8)))
    assert len(ids) == 1


def test_a_company_is_unique_by_code_and_by_cnpj(world: World) -> None:
    def form(code: str, cnpj: str) -> CompanyForm:
        return CompanyForm(code=code, legal_name="B Ltda", cnpj=cnpj, city_ibge="3550308", tax_regime="mei")

    for taken in (form("acme", CNPJS[1]), form("NEW", CNPJS[0])):
        with pytest.raises(EntryTakenError):
            world.commands.companies.register(SYSTEM, taken)
    with pytest.raises(EntryConflictError) as conflict:
        world.commands.companies.register_or_same(SYSTEM, form("ACME", CNPJS[0]))
    assert conflict.value.details["fields"] == ["legal_name", "trade_name", "tax_regime"]


def test_options_of_a_row_are_set_on_the_entry_that_exists(world: World) -> None:
    form = CompanyForm(
        code="ACME",
        legal_name="ACME Ltda",
        cnpj=CNPJS[0],
        city_ibge="3550308",
        tax_regime="simples",
        automatic_billing=True,
        fine_percent=Decimal(2),
        interest_percent_month=Decimal(1),
    )
    assert world.commands.companies.register_or_same(SYSTEM, form).id == world.company
    assert world.commands.companies.register_or_same(SYSTEM, form).change is Change.SAME
    assert world.topics_of(world.company)[1:] == [
        "company.automatic_billing_switched.v1",
        "company.late_charges_set.v1",
    ]


def test_codes_of_two_companies_do_not_meet(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    account = world.add_account(other, "ITAU", agreement=ITAU)
    assert account != world.account
    assert world.commands.accounts.find_many({(other, "itau"), (world.company, "ITAU"), (other, "x")}) == {
        (other, "itau"): account,
        (world.company, "ITAU"): world.account,
    }


def test_a_fiscal_code_is_assigned_once(world: World) -> None:
    services = world.commands.services
    assert services.assign_fiscal_code(SYSTEM, world.uncoded, "01.05").change is Change.CORRECTED
    assert services.assign_fiscal_code(SYSTEM, world.uncoded, "01.05").change is Change.SAME


def test_a_registry_asks_for_the_permission_in_the_entrys_company(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    commands = world.commands
    viewer, stranger = person(Role.VIEWER, world.company), person(Role.FINANCE, other)
    form = ServiceForm(company_id=world.company, code="X", description="X", kind="service")
    with pytest.raises(PermissionMissingError):
        commands.services.register(viewer, form)
    with pytest.raises(PermissionMissingError):
        commands.services.assign_fiscal_code(viewer, world.uncoded, "01.05")
    with pytest.raises(NotFoundError):
        commands.services.assign_fiscal_code(stranger, world.uncoded, "01.05")
    with pytest.raises(NotFoundError):
        commands.accounts.register(
            stranger, AccountForm(company_id=world.company, code="Z", name="Z", kind="cash")
        )
    with pytest.raises(PermissionMissingError):
        commands.customers.register(viewer, customer())


@pytest.mark.parametrize("role", [Role.FINANCE, Role.VIEWER, Role.AUDITOR, Role.INTEGRATOR])
def test_only_administrators_keep_users_and_indices(world: World, role: Role) -> None:
    with pytest.raises(PermissionMissingError):
        world.commands.price_indices.register(person(role), PriceIndexForm(code="IPCA", name="IPCA"))
    with pytest.raises(PermissionMissingError):
        world.commands.users.register(person(role), UserForm(login="b@example.com", name="B", grants=()))
