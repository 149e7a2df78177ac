"""Personal data is sealed from the first fact on, and gone when its key is."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import psycopg
import pytest

from application.app import Lastro
from application.database import Database
from application.event_store.errors import MasterKeyWrongError, SealBrokenError, SubjectForgottenError
from application.event_store.keys import Keyring, MasterKey
from application.ids import new_id
from tests.application.event_store.facts import (
    NOW,
    PersonCharged,
    PersonMet,
    charged,
    context,
    counted,
    met,
)
from tests.support.application import MASTER_KEY

OTHER_KEY = MasterKey(bytes(32))


def _met(lastro: Lastro, *events: PersonMet | PersonCharged) -> Any:
    lastro.record_batch(context(), events)
    return events[0].originator_id


def _opened(lastro: Lastro) -> list[Any]:
    return lastro.opened(lastro.read(0, 1000))


def test_nothing_of_a_person_is_readable_in_the_table(lastro: Lastro) -> None:
    person = new_id()
    _met(lastro, met(person), charged(person))
    (first, second) = lastro.read(0, 10)
    text = str(first.state) + str(second.state)
    assert not any(word in text for word in ("José", "JOSE", "João", "Rua"))
    assert first.state["city"] == "São Paulo"
    assert second.state["person_id"] == str(person)


def test_it_is_read_back_whole(lastro: Lastro) -> None:
    person = new_id()
    events = [met(person), met(person, None, 2), charged(person)]
    lastro.record(context(), *events)
    assert _opened(lastro) == events


def test_both_keys_are_made_with_the_first_fact(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()))
    with database.connection() as connection:
        rows = connection.execute("SELECT subject_id, purpose FROM subject_key ORDER BY purpose").fetchall()
    assert rows == [(person, "fiscal"), (person, "subject")]


def test_a_fact_without_personal_fields_makes_no_key(lastro: Lastro, database: Database) -> None:
    lastro.record(context(), counted(new_id()))
    with database.connection() as connection:
        assert connection.execute("SELECT FROM subject_key").fetchall() == []


def test_erasing_the_subject_s_key_leaves_what_tax_law_keeps(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()))
    _erase(lastro, database, person, "subject")
    (event,) = _opened(lastro)
    assert (event.name, event.home, event.tax_name, event.city) == (None, None, "JOSE DA SILVA", "São Paulo")


def test_erasing_the_fiscal_key_takes_the_rest(lastro: Lastro, database: Database) -> None:
    person = new_id()
    _met(lastro, met(person), charged(person))
    _erase(lastro, database, person, "subject")
    _erase(lastro, database, person, "fiscal")
    first, second = _opened(lastro)
    assert (first.name, first.tax_name, second.payer) == (None, None, None)


@pytest.mark.parametrize("among", [0, 30])
def test_a_fact_about_an_erased_person_is_refused_not_emptied(
    lastro: Lastro, database: Database, among: int
) -> None:
    person = _met(lastro, met(new_id()))
    _erase(lastro, database, person, "subject")
    others = [met(new_id()) for _ in range(among)]
    with pytest.raises(SubjectForgottenError) as refusal:
        lastro.record_batch(context(), [*others, met(person, "José outra vez", 2)])
    assert refusal.value.details == {"subject": person, "field": "name"}
    assert len(lastro.read(0, 100)) == 1


def test_what_says_nothing_under_the_erased_key_is_recorded(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()))
    _erase(lastro, database, person, "subject")
    said = [met(person, None, 2).model_copy(update={"home": None}), charged(person)]
    lastro.record(context(), *said)
    assert _opened(lastro)[1:] == said


def test_erasing_twice_keeps_the_first_instant(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()))
    _erase(lastro, database, person, "subject")
    with database.connection() as connection:
        lastro.keyring.erase(connection, person, "subject", NOW.replace(year=2030))
        rows = connection.execute("SELECT erased_at FROM subject_key WHERE purpose = 'subject'").fetchall()
    assert rows == [(NOW,)]


def test_a_person_erased_before_any_fact_gets_the_other_key_only(lastro: Lastro, database: Database) -> None:
    person = new_id()
    _erase(lastro, database, person, "subject")
    with pytest.raises(SubjectForgottenError):
        lastro.record(context(), met(person))
    lastro.record(context(), charged(person))
    assert _opened(lastro)[0].payer is not None


def test_an_erased_row_never_holds_a_key(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()))
    with pytest.raises(psycopg.errors.CheckViolation), database.connection() as connection:
        connection.execute("UPDATE subject_key SET erased_at = now() WHERE subject_id = %s", [person])


def test_another_process_sees_the_erasure_when_its_copy_expires(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()))
    other = Keyring(database, MASTER_KEY, lifetime=0.0)
    assert other.find([person])[person]["subject"] is not None
    _erase(lastro, database, person, "subject")
    assert other.find([person])[person]["subject"] is None


@pytest.mark.parametrize("change", ["subject", "topic", "field", "bits", "plain"])
def test_a_sealed_value_opens_nowhere_else(lastro: Lastro, change: str) -> None:
    person = new_id()
    _met(lastro, met(person), met(other := new_id()))
    mine, theirs = (event.stored() for event in lastro.read(0, 10))
    states = {"subject": theirs.state, "plain": mine.state.replace(b"s1:", b"s2:", 1)}
    if change in states:
        forged = mine
        forged.__dict__["state"] = states[change]
    else:
        forged = _altered(mine, change)
    with pytest.raises(SealBrokenError, match=str(person)):
        lastro.mapper.to_domain_event(forged)
    assert other != person


def _altered(fact: Any, change: str) -> Any:

    state = orjson.loads(fact.state)
    if change == "field":
        state["name"], state["home"] = state["home"], state["name"]
    elif change == "bits":
        raw = bytearray(base64.urlsafe_b64decode(state["name"][3:]))
        raw[20] ^= 1
        state["name"] = "s1:" + base64.urlsafe_b64encode(raw).decode()
    else:
        state = {"person_id": str(fact.originator_id), "payer": state["tax_name"]}
        fact.__dict__["topic"] = PersonCharged.TOPIC
    fact.__dict__["state"] = orjson.dumps(state)
    return fact


def test_the_same_text_is_never_sealed_alike(lastro: Lastro) -> None:
    person = new_id()
    _met(lastro, met(person), met(person, version=2))
    assert len({event.state["name"] for event in lastro.read(0, 10)}) == 2


def test_a_batch_of_new_people_takes_three_statements_for_their_keys(
    lastro: Lastro, statements: list[str]
) -> None:
    lastro.record_batch(context(), [met(new_id()) for _ in range(200)])
    assert [text.split()[0] for text in statements if "subject_key" in text] == ["SELECT", "INSERT", "SELECT"]


def test_reading_many_people_takes_one_query_for_their_keys(
    lastro: Lastro, database: Database, statements: list[str]
) -> None:
    people = [met(new_id()) for _ in range(200)]
    lastro.record_batch(context(), people)
    other = Lastro(database, MASTER_KEY)
    statements.clear()
    found = other.opened(lastro.read(0, 1000))
    other.close()
    assert found == people
    assert len([text for text in statements if "subject_key" in text]) == 1


def test_keys_in_use_are_not_read_again(lastro: Lastro, statements: list[str]) -> None:
    people = [met(new_id()) for _ in range(50)]
    lastro.record_batch(context(), people)
    statements.clear()
    lastro.record_batch(context(), [charged(person.originator_id) for person in people])
    assert not any("subject_key" in text for text in statements)


def test_the_store_of_keys_is_bounded(database: Database) -> None:
    keyring = Keyring(database, MASTER_KEY, capacity=10)
    people = [new_id() for _ in range(50)]
    assert set(keyring.ensure(people)) == set(people)
    assert len(keyring._entries) == 10
    assert set(keyring.find(people)) == set(people)


def test_two_processes_that_meet_a_person_at_once_agree_on_the_keys(database: Database) -> None:
    person = new_id()
    one, other = Keyring(database, MASTER_KEY), Keyring(database, MASTER_KEY)
    assert one.find([person]) == {}
    made = other.ensure([person])[person]["subject"]
    with database.autocommit() as connection:
        one._create(connection, [person])
    kept = one.find([person])[person]["subject"]
    assert made is not None
    assert kept is not None
    assert made.decrypt(b"n" * 12, kept.encrypt(b"n" * 12, b"x", None), None) == b"x"


def test_another_master_key_is_named_as_the_trouble(lastro: Lastro, database: Database) -> None:
    _met(lastro, met(new_id()))
    stranger = Lastro(database, OTHER_KEY)
    with pytest.raises(MasterKeyWrongError, match="master key"):
        stranger.opened(lastro.read(0, 10))
    stranger.close()


def test_a_wrapped_key_belongs_to_its_subject_and_purpose() -> None:
    wrapped = MASTER_KEY.wrap(b"k" * 32, b"place")
    assert MASTER_KEY.unwrap(wrapped, b"place") == b"k" * 32
    with pytest.raises(MasterKeyWrongError):
        MASTER_KEY.unwrap(wrapped, b"elsewhere")


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "not base64 at all!", base64.b64encode(bytes(33)).decode()])
def test_a_malformed_master_key_is_refused(text: str) -> None:
    with pytest.raises(MasterKeyWrongError):
        MasterKey.parse(text)


def test_a_generated_master_key_is_read_back() -> None:
    text = MasterKey.generate()
    assert MasterKey.parse(f" {text}\n").derived("x") == MasterKey.parse(text).derived("x")
    assert MasterKey.generate() != text


def test_amounts_and_seals_stay_whole_after_an_erasure(lastro: Lastro, database: Database) -> None:
    person = _met(lastro, met(new_id()), *[charged(new_id()) for _ in range(3)])
    before = [event.digest for event in lastro.read(0, 10)]
    _erase(lastro, database, person, "subject")
    assert [event.digest for event in lastro.read(0, 10)] == before


def _erase(lastro: Lastro, database: Database, person: Any, purpose: str) -> None:
    with database.connection() as connection:
        lastro.keyring.erase(connection, person, purpose, NOW)
