"""Forgetting a customer: one transaction, once, and nothing is left of the person in any process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.app import ConcurrencyError, Lastro, NotFoundError
from application.commands import Commands
from application.customers import CustomerForm
from application.database import Connection, Database
from application.event_store.errors import SubjectForgottenError
from application.event_store.keys import Keyring
from application.forgetting import Forgetter
from application.forgetting_register import RegisterLineInvalidError, erasures, read_register
from application.incoming.erasing import KeptMessages
from application.incoming.raw import MessageSeal
from application.lookups import Lookups
from application.unit_of_work import context_of
from domain.customer.customer import Customer
from domain.customer.customer import project as project_customer
from domain.customer.events import CustomerForgotten
from domain.customer.forgetting import CustomerForgottenError, CustomerInBusinessError
from domain.user.roles import Role
from domain.values.text import TextInvalidError
from tests.application.world import CPFS, FactReadModels, World, person
from tests.support.application import MASTER_KEY, application_on

REASON = "protocolo 117"


class FactPortfolio:
    """The port, read from the facts themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_wait: Callable[[], object] = lambda: None

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        self.on_wait()

    def contracts_of(self, customer_id: UUID) -> Sequence[UUID]:
        return self._streams("contract.signed.v1", customer_id)

    def invoices_of(self, customer_id: UUID) -> Sequence[UUID]:
        return self._streams("invoice.opened.v1", customer_id)

    def receipts_of(self, customer_id: UUID) -> Sequence[UUID]:
        return self._streams("settlement.identified.v1", customer_id)

    def waiting_receipts(self) -> Sequence[UUID]:
        with self._database.connection() as db:
            rows = db.execute("SELECT stream_id FROM event WHERE topic = 'settlement.unidentified.v1'")
            return [stream for (stream,) in rows]

    def _streams(self, topic: str, customer_id: UUID) -> list[UUID]:
        with self._database.connection() as db:
            rows = db.execute(
                "SELECT stream_id FROM event WHERE topic = %s AND state->>'customer_id' = %s",
                (topic, str(customer_id)),
            )
            return [stream for (stream,) in rows]


def forgetter_of(world: World, lastro: Lastro | None = None) -> Forgetter:
    chosen = lastro or world.lastro
    lookups = Lookups(chosen.database, MASTER_KEY.derived("lookup"))
    kept = KeptMessages(MessageSeal(MASTER_KEY.derived("messages")))
    return Forgetter(chosen, lookups, lambda: world.now, FactPortfolio(chosen.database), kept)


@pytest.fixture
def forgetter(world: World) -> Forgetter:
    return forgetter_of(world)


def customer(world: World, number: int = 0) -> Customer:
    return world.lastro.load(project_customer, world.customers[number])


def keys(world: World, customer_id: UUID) -> dict[str, bool]:
    with world.lastro.database.connection() as db:
        rows = db.execute(
            "SELECT purpose, sealed IS NOT NULL FROM subject_key WHERE subject_id = %s", [customer_id]
        )
        return dict(rows.fetchall())


def lookups_left(world: World, customer_id: UUID) -> int:
    with world.lastro.database.connection() as db:
        return db.execute("SELECT FROM lookup_key WHERE id = %s", [customer_id]).rowcount


def pay_all(world: World, invoices: Sequence[UUID]) -> None:
    for invoice_id in invoices:
        for each in world.invoice(invoice_id).instalments:
            world.commands.invoices.pay(
                SYSTEM,
                invoice_id,
                each.number,
                payment_id=UUID(int=invoice_id.int ^ each.number),
                paid_on=each.due_on,
                account_id=world.account,
                amount=each.amount,
            )


def test_key_lookups_and_fact_go_together(world: World, forgetter: Forgetter) -> None:
    id = world.customers[0]
    done = forgetter.forget(SYSTEM, id, f" {REASON} ", "encarregado")
    assert done.position == world.lastro.safe_position()
    (fact,) = [each for each in world.facts() if isinstance(each, CustomerForgotten)]
    assert (fact.reason, fact.requested_by, fact.fiscal_until) == (REASON, "encarregado", None)
    assert keys(world, id) == {"subject": False, "fiscal": False}
    assert lookups_left(world, id) == 0
    gone = customer(world)
    assert (gone.name, gone.document, gone.address, gone.contacts, gone.code) == (None, None, None, (), None)
    assert customer(world, 1).name == "Cliente C1"
    with pytest.raises(NotFoundError):
        forgetter.find("C0")
    with pytest.raises(NotFoundError):
        forgetter.find(CPFS[0])


def test_twice_is_once(world: World, forgetter: Forgetter) -> None:
    first = forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    again = forgetter.forget(SYSTEM, world.customers[0], "outro motivo", "autoridade")
    assert (again.position, again.forgotten_at) == (None, first.forgotten_at)
    assert world.topics_of(world.customers[0]).count("customer.forgotten.v1") == 1


@pytest.mark.parametrize("text", ["C0", "529.982.247-25", CPFS[0]])
def test_a_customer_is_found_by_code_or_document(world: World, forgetter: Forgetter, text: str) -> None:
    assert forgetter.find(text) == world.customers[0]
    assert forgetter.find(str(world.customers[0])) == world.customers[0]


@pytest.mark.parametrize("id", [UUID(int=5), "company"])
def test_who_is_no_customer_is_not_forgotten(world: World, forgetter: Forgetter, id: UUID | str) -> None:
    with pytest.raises(NotFoundError):
        forgetter.forget(SYSTEM, world.company if id == "company" else UUID(int=5), REASON, "titular")


def test_a_reason_is_needed(world: World, forgetter: Forgetter) -> None:
    with pytest.raises(TextInvalidError):
        forgetter.forget(SYSTEM, world.customers[0], "  ", "titular")
    assert keys(world, world.customers[0]) == {"subject": True, "fiscal": True}


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.VIEWER])
def test_only_an_administrator_of_all_companies_forgets(
    world: World, forgetter: Forgetter, role: Role
) -> None:
    for principal in (person(role), person(Role.ADMINISTRATOR, world.company)):
        with pytest.raises(PermissionMissingError):
            forgetter.forget(principal, world.customers[0], REASON, "titular")
        with pytest.raises(PermissionMissingError):
            forgetter.expire(principal)


def test_open_business_stands_against_it(world: World, forgetter: Forgetter) -> None:
    invoices = world.sign("K1")
    with pytest.raises(CustomerInBusinessError) as refusal:
        forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    assert refusal.value.details == {
        "open_invoices": 3,
        "open_amount": "450.00",
        "running_contracts": 1,
    }
    world.now += timedelta(days=100)
    pay_all(world, invoices)
    done = forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    assert not done.business


def test_despite_what_is_open_amounts_and_debts_stay(world: World, forgetter: Forgetter) -> None:
    invoices = world.sign("K1", notes="prefere ligações à tarde")
    world.commands.invoices.bill_now(SYSTEM, invoices[:1])
    before = [world.invoice(each) for each in invoices]
    done = forgetter.forget(SYSTEM, world.customers[0], REASON, "titular", despite_open=True)
    assert done.business.invoices == 3
    assert [world.invoice(each) for each in invoices] == before
    (fact,) = [each for each in world.facts() if isinstance(each, CustomerForgotten)]
    assert (fact.open_invoices, fact.running_contracts) == (3, 1)
    assert fact.fiscal_until == date(2031, 12, 31)
    assert keys(world, world.customers[0]) == {"subject": False, "fiscal": True}
    (signed,) = world.facts(topics=["contract.signed.v1"])
    (boleto,) = world.facts(topics=["invoice.boleto_issued.v1"])
    assert getattr(signed, "notes", "") is None
    assert getattr(boleto, "payer", None) is not None


def test_the_fiscal_key_goes_when_its_term_is_over(world: World, forgetter: Forgetter) -> None:
    id, invoices = world.customers[0], world.sign("K1", instalment_count=1)
    world.commands.invoices.bill_now(SYSTEM, invoices)
    world.now += timedelta(days=30)
    pay_all(world, invoices)
    assert forgetter.forget(SYSTEM, id, REASON, "titular").fiscal_until == date(2031, 12, 31)
    world.now = world.now.replace(year=2031, month=12, day=31)
    assert forgetter.expire(SYSTEM) == []
    world.now += timedelta(days=1)
    assert forgetter.expire(SYSTEM) == [id]
    assert forgetter.expire(SYSTEM) == []
    assert keys(world, id) == {"subject": False, "fiscal": False}
    (boleto,) = world.facts(topics=["invoice.boleto_issued.v1"])
    assert getattr(boleto, "payer", 0) is None
    assert world.topics_of(id)[-1] == "customer.fiscal_data_erased.v1"


def test_nothing_more_is_decided_about_a_forgotten_person(world: World, forgetter: Forgetter) -> None:
    id = world.customers[0]
    contract = world.commands.contracts.sign(SYSTEM, world.form("K1")).id
    forgetter.forget(SYSTEM, id, REASON, "titular", despite_open=True)
    customers, contracts = world.commands.customers, world.commands.contracts
    refused: list[Callable[[], Any]] = [
        lambda: customers.correct_name(SYSTEM, id, "João", None),
        lambda: customers.correct_document(SYSTEM, id, "person", CPFS[0]),
        lambda: contracts.sign(SYSTEM, world.form("K2")),
        lambda: contracts.extend(SYSTEM, contract, None, 12),
        lambda: contracts.revise(SYSTEM, contract, world.terms(due_day=15), date(2026, 4, 1)),
    ]
    for command in refused:
        with pytest.raises(CustomerForgottenError):
            command()
    contracts.end(SYSTEM, contract, date(2026, 3, 20), "pedido")


def test_who_comes_back_is_a_new_customer(world: World, forgetter: Forgetter) -> None:
    forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    back = world.add_customer("C0", CPFS[0])
    assert back != world.customers[0]
    assert forgetter.find(CPFS[0]) == back
    assert world.lastro.load(project_customer, back).name == "Cliente C0"
    assert customer(world).name is None


def test_no_other_process_shows_or_seals_with_the_key(world: World, database: Database) -> None:
    id = world.customers[0]
    with application_on(database) as other:
        assert other.load(project_customer, id).name == "Cliente C0"
        forgetter_of(world).forget(SYSTEM, id, REASON, "titular")
        assert other.load(project_customer, id).name is None
        stale = world.lastro.load(project_customer, id).model_copy(update={"forgotten_at": None})
        fact = stale.correct_name("João", None, world.now)
        assert fact is not None
        with pytest.raises(SubjectForgottenError):
            other.record(context_of(SYSTEM), fact)


def test_a_count_of_erasures_that_came_to_the_same_in_a_restored_database_is_another(
    world: World, database: Database
) -> None:
    """A process that outlived the restore holds keys, and the erasures that follow reach its old number."""
    with application_on(database) as other:
        forgetter_of(world).forget(SYSTEM, world.customers[1], REASON, "titular")
        assert other.load(project_customer, world.customers[0]).name == "Cliente C0"
        with database.connection() as db:
            db.execute("DELETE FROM key_erasure")
        world.now += timedelta(hours=1)
        forgetter_of(world).forget(SYSTEM, world.customers[0], REASON, "titular")
        assert other.load(project_customer, world.customers[0]).name is None


def test_what_is_sealed_before_and_recorded_after_is_refused(world: World, database: Database) -> None:
    """The key is destroyed between the moment of sealing and that of recording."""
    form = world.form("K1", notes="gosta de café")
    with application_on(database) as other:
        keep = other.keyring.ensure
        commands = Commands.over(other, MASTER_KEY, FactReadModels(database), clock=lambda: world.now)

        def ensure_then_forget(subjects: Any) -> Any:
            found = keep(subjects)
            other.keyring.ensure = keep  # type: ignore[method-assign]
            forgetter_of(world).forget(SYSTEM, world.customers[0], REASON, "titular")
            return found

        other.keyring.ensure = ensure_then_forget  # type: ignore[method-assign]
        with pytest.raises((SubjectForgottenError, CustomerForgottenError)):
            commands.contracts.sign(SYSTEM, form)
    assert world.facts(topics=["contract.signed.v1"]) == []


class _CrashError(Exception):
    pass


@pytest.mark.parametrize("step", ["before", "first key", "second key", "lookups"])
def test_a_crash_between_two_steps_leaves_the_person_whole(
    world: World, forgetter: Forgetter, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    erase, release = Keyring.erase, Lookups.release_all

    def erasing(self: Keyring, *args: Any) -> bool:
        nonlocal calls
        if step == "before":
            raise _CrashError
        done = erase(self, *args)
        calls += 1
        if calls == {"first key": 1, "second key": 2}.get(step):
            raise _CrashError
        return done

    def releasing(self: Lookups, connection: Connection, owner: UUID) -> None:
        release(self, connection, owner)
        if step == "lookups":
            raise _CrashError

    with monkeypatch.context() as patched:
        patched.setattr(Keyring, "erase", erasing)
        patched.setattr(Lookups, "release_all", releasing)
        with pytest.raises(_CrashError):
            forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    assert customer(world).name == "Cliente C0"
    assert keys(world, world.customers[0]) == {"subject": True, "fiscal": True}
    assert lookups_left(world, world.customers[0]) == 2
    assert forgetter.forget(SYSTEM, world.customers[0], REASON, "titular").position is not None
    assert customer(world).name is None


def test_a_conflict_makes_it_start_again(world: World, forgetter: Forgetter) -> None:
    portfolio: FactPortfolio = forgetter._portfolio  # type: ignore[assignment]

    def once() -> None:
        portfolio.on_wait = lambda: None
        world.commands.customers.correct_name(SYSTEM, world.customers[0], "Outro", None)

    portfolio.on_wait = once
    assert forgetter.forget(SYSTEM, world.customers[0], REASON, "titular").position is not None
    assert world.topics_of(world.customers[0])[-2:] == ["customer.name_corrected.v1", "customer.forgotten.v1"]


def test_a_restored_log_forgets_again(world: World, forgetter: Forgetter) -> None:
    forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    forgetter.forget(SYSTEM, world.customers[1], REASON, "autoridade")
    lines = [each.line() for each in erasures(world.lastro)]
    assert "Cliente" not in "".join(lines)
    gone, other = read_register(lines)
    restored = gone.model_copy(update={"customer_id": world.customers[2]})
    stranger = gone.model_copy(update={"customer_id": UUID(int=5)})
    world.now += timedelta(days=3)
    outcomes = [outcome for _, outcome in forgetter.replay(SYSTEM, [other, restored, stranger])]
    assert outcomes == ["same", "forgotten", "unknown"]
    assert customer(world, 2).forgotten_at == gone.forgotten_at


@pytest.mark.parametrize("line", ["x", "{}", '{"customer_id": 1}', "[]"])
def test_another_file_is_no_register(line: str) -> None:
    with pytest.raises(RegisterLineInvalidError) as refusal:
        list(read_register(["", line]))
    assert refusal.value.details == {"line": 2}


def test_a_form_with_the_old_code_registers_anew_also_in_bulk(world: World, forgetter: Forgetter) -> None:
    forgetter.forget(SYSTEM, world.customers[0], REASON, "titular")
    form = CustomerForm(code="C0", kind="person", name="Cliente C0", document=CPFS[0])
    (done,) = world.commands.customers.register_many(SYSTEM, [form])
    assert getattr(done, "id", None) not in (None, world.customers[0])
    assert not isinstance(done, ConcurrencyError)
