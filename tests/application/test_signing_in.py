"""Passwords, throttle, sessions and tokens: what is kept, what is refused, what holds under many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from application.api_tokens import LONGEST_LIFE, ApiTokens, ApiTokenTermInvalidError, Scope
from application.database import Database
from application.login_throttle import FREE_PER_ACCOUNT, FREE_PER_ADDRESS, WINDOW, LoginThrottle
from application.passwords import (
    PasswordCheckBusyError,
    Passwords,
    PasswordTooWeakError,
    check_password_strength,
)
from application.sessions import ABSOLUTE, IDLE, Sessions

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
ANA = UUID(int=7)
PHRASE = "um cavalo bem grampeado"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def set_password(database: Database, password: str = PHRASE, hasher: PasswordHasher = CHEAP) -> None:
    store = Passwords(database, hasher).setting(ANA, password, "ana@exemplo.com.br", NOW)
    with database.connection() as connection:
        store(connection)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("curta", "length"),
        ("x" * 129, "length"),
        ("senha1234567", "common"),
        ("SENHA1234567", "common"),
        ("aaaaaaaaaaaaaaa", "common"),
        ("123456789012", "common"),
        ("987654321098", "common"),
        ("ana@exemplo.com.br", "login"),
        ("xx ana@exemplo.com.br", "login"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, problem: str) -> None:
    with pytest.raises(PasswordTooWeakError) as refused:
        check_password_strength(password, "ana@exemplo.com.br")
    assert refused.value.details["problem"] == problem


@pytest.mark.parametrize("password", [PHRASE, "çãõ éí ñ 漢字かな", " espaços  em volta "])
def test_any_long_phrase_is_taken_as_it_is(database: Database, password: str) -> None:
    set_password(database, password)
    passwords = Passwords(database, CHEAP)
    assert passwords.matches(ANA, password, NOW)
    assert not passwords.matches(ANA, password.strip() + "!", NOW)


def test_nobody_has_a_password_that_was_never_set(database: Database) -> None:
    passwords = Passwords(database, CHEAP)
    assert not passwords.matches(ANA, PHRASE, NOW)
    assert not passwords.matches(None, "nobody has this password", NOW)


def test_only_a_hash_is_kept_and_it_is_renewed_when_the_cost_rises(database: Database) -> None:
    set_password(database)
    dearer = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    assert Passwords(database, dearer).matches(ANA, PHRASE, NOW)
    with database.connection() as connection:
        row = connection.execute("SELECT hash FROM user_password").fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert PHRASE not in row[0]


def test_a_crowd_waits_for_its_turn_and_then_is_told_to_come_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.passwords._WAIT_SECONDS", 0.0)
    passwords = Passwords(database, CHEAP)
    for _ in range(4):
        passwords._slots.acquire()
    with pytest.raises(PasswordCheckBusyError):
        passwords.matches(ANA, PHRASE, NOW)
    passwords._slots.release()
    assert not passwords.matches(ANA, PHRASE, NOW)


def test_a_few_tries_are_free_then_each_waits_twice_as_long(database: Database) -> None:
    throttle = LoginThrottle(database, bytes(32))
    for _ in range(FREE_PER_ACCOUNT):
        assert throttle.admit("ana", "10.0.0.1", NOW) is None
    now, waits = NOW, []
    for _ in range(7):
        refused = throttle.admit("ANA", "10.0.0.2", now)
        assert refused is not None
        waits.append(refused.wait.total_seconds())
        now += refused.wait
        assert throttle.admit("ana", "10.0.0.2", now) is None
    assert waits[:4] == [15, 30, 60, 120]
    assert max(waits) <= WINDOW.total_seconds()


def test_an_address_that_tries_many_accounts_waits_too(database: Database) -> None:
    throttle = LoginThrottle(database, bytes(32))
    for number in range(FREE_PER_ADDRESS):
        assert throttle.admit(f"person{number}", "10.0.0.1", NOW) is None
    assert throttle.admit("another", "10.0.0.1", NOW) is not None
    assert throttle.admit("another", "10.0.0.2", NOW) is None


def test_the_right_password_forgives_and_time_forgets(database: Database) -> None:
    throttle = LoginThrottle(database, bytes(32))
    for _ in range(FREE_PER_ACCOUNT):
        throttle.admit("ana", "10.0.0.1", NOW)
    throttle.forgive("ana")
    assert throttle.admit("ana", "10.0.0.1", NOW) is None
    for _ in range(FREE_PER_ACCOUNT):
        throttle.admit("bia", "10.0.0.1", NOW)
    assert throttle.admit("bia", "10.0.0.1", NOW + WINDOW + timedelta(seconds=1)) is None


def test_a_hundred_guesses_at_once_are_no_more_than_the_free_ones(database: Database) -> None:
    throttle = LoginThrottle(database, bytes(32))
    with ThreadPoolExecutor(8) as pool:
        tries = list(pool.map(lambda _: throttle.admit("ana", "10.0.0.1", NOW), range(100)))
    assert sum(each is None for each in tries) == FREE_PER_ACCOUNT


def test_a_session_slides_while_it_is_used_and_never_outlives_its_day(database: Database) -> None:
    sessions = Sessions(database)
    token = sessions.open(ANA, NOW, "127.0.0.1", "test")
    at = NOW
    while at + timedelta(minutes=20) < NOW + ABSOLUTE:
        at += timedelta(minutes=20)
        found = sessions.find(token, at)
        assert found is not None
        assert found.idle_until <= NOW + ABSOLUTE
    assert sessions.find(token, NOW + ABSOLUTE) is None


def test_watching_does_not_keep_a_session_alive(database: Database) -> None:
    sessions = Sessions(database)
    token = sessions.open(ANA, NOW, "127.0.0.1", "test")
    assert sessions.find(token, NOW + timedelta(minutes=29), touch=False) is not None
    assert sessions.find(token, NOW + IDLE, touch=False) is None


def test_all_sessions_of_a_person_can_be_ended_and_dead_ones_are_swept(database: Database) -> None:
    sessions = Sessions(database)
    first, second = (sessions.open(ANA, NOW, "127.0.0.1", "test") for _ in range(2))
    other = sessions.open(UUID(int=8), NOW, "127.0.0.1", "test")
    assert sessions.close_all(ANA) == 2
    assert [sessions.find(token, NOW) for token in (first, second)] == [None, None]
    assert sessions.find(other, NOW) is not None
    sessions.open(ANA, NOW + ABSOLUTE, "127.0.0.1", "test")
    with database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM user_session").fetchone() == (1,)


def issue(tokens: ApiTokens, until: datetime) -> str:
    return tokens.issue(ANA, "ERP", frozenset({Scope.EVENTS}), frozenset({ANA}), until, NOW)


def test_a_token_is_found_by_its_secret_and_keeps_its_bounds(database: Database) -> None:
    tokens = ApiTokens(database)
    text = issue(tokens, NOW + timedelta(days=1))
    found = tokens.find(text, NOW)
    assert found is not None
    assert (found.user_id, found.scopes, found.companies) == (
        ANA,
        frozenset({Scope.EVENTS}),
        frozenset({ANA}),
    )
    assert tokens.find(text[:-1] + ("A" if text[-1] != "A" else "B"), NOW) is None
    assert tokens.find(text, NOW + timedelta(days=1)) is None
    with database.connection() as connection:
        row = connection.execute("SELECT api_token::text FROM api_token").fetchone()
    assert row is not None
    assert text.split("_", 2)[2] not in row[0]


@pytest.mark.parametrize("until", [NOW, NOW - timedelta(days=1), NOW + LONGEST_LIFE + timedelta(seconds=1)])
def test_a_token_has_an_end_that_is_near(database: Database, until: datetime) -> None:
    with pytest.raises(ApiTokenTermInvalidError):
        issue(ApiTokens(database), until)


def test_a_revoked_token_is_dead_and_listed(database: Database) -> None:
    tokens = ApiTokens(database)
    text = issue(tokens, NOW + timedelta(days=1))
    prefix = text.split("_")[1]
    assert tokens.revoke(prefix, NOW)
    assert not tokens.revoke(prefix, NOW)
    assert tokens.find(text, NOW) is None
    [listed] = tokens.of_user(ANA)
    assert (listed.prefix, listed.revoked_at) == (prefix, NOW)


@pytest.mark.parametrize(
    "text", ["", "fat_", "fat_x_y", "fat_" + "a" * 10 + "_" + "é" * 43, "x" * 100_000, "fat_\0"]
)
def test_what_is_no_token_is_nobodys(database: Database, text: str) -> None:
    assert ApiTokens(database).find(text, NOW) is None
