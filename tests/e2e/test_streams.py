"""Streams over a real socket: in order, resumable, within one's companies, and ended by a stop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from uuid import UUID

import httpx2
import pytest

from application.access import SYSTEM
from application.api_tokens import Scope
from domain.user.roles import Role
from tests.e2e.server import served
from tests.web.portfolio import Portfolio, fill
from tests.web.world import PASSWORD, World, everywhere, within

WAIT = httpx2.Timeout(15.0)


@pytest.fixture
def portfolio(world: World) -> Portfolio:
    return fill(world.organisation)


@contextmanager
def messages(url: str, **kwargs: Any) -> Iterator[Iterator[dict[str, str]]]:
    """The server-sent events of an address, comments left out."""
    with httpx2.stream("GET", url, timeout=WAIT, **kwargs) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _parsed(answer.iter_lines())


def _parsed(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    message: dict[str, str] = {}
    for line in lines:
        if not line:
            if "event" in message:
                yield message
            message = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            message[name] = value


def bearer(world: World, *grants: Any, companies: frozenset[UUID] | None = None) -> dict[str, str]:
    user = world.person("robo@exemplo.com.br", *(grants or (everywhere(Role.INTEGRATOR),)))
    return {"Authorization": f"Bearer {world.token(user, Scope.EVENTS, companies=companies)}"}


def test_the_feed_streams_every_event_in_order_and_what_comes_later(
    world: World, portfolio: Portfolio, address: str
) -> None:
    headers = bearer(world)
    log = [str(event.event_id) for event in world.lastro.read(0, 10_000)]
    with messages(f"{address}/api/v1/events/stream", headers=headers) as stream:
        read = [json.loads(next(stream)["data"])["event_id"] for _ in log]
        assert read == log
        world.organisation.add_customer("DEPOIS", None)
        later = next(stream)
        assert later["event"] == "customer.registered.v1"
        assert json.loads(later["data"])["data"] == {"kind": "person"}


def test_a_client_that_was_cut_off_goes_on_where_it_was(
    world: World, portfolio: Portfolio, address: str
) -> None:
    headers = bearer(world)
    url = f"{address}/api/v1/events/stream"
    with messages(url, headers=headers) as stream:
        first = [next(stream) for _ in range(7)]
    with messages(url, headers=headers | {"Last-Event-ID": first[-1]["id"]}) as stream:
        rest = [next(stream) for _ in range(5)]
    positions = [int(each["id"].split("-")[0]) for each in first + rest]
    assert positions == [event.position for event in world.lastro.read(0, 12)]


def test_the_stream_keeps_to_the_companies_of_its_token(
    world: World, portfolio: Portfolio, address: str
) -> None:
    headers = bearer(world, companies=frozenset({portfolio.other_company}))
    with messages(f"{address}/api/v1/events/stream", headers=headers) as stream:
        world.organisation.sign("A-200", 0)
        world.organisation.add_account(portfolio.other_company, "FIM")
        for message in stream:
            event = json.loads(message["data"])
            assert event["company_id"] == str(portfolio.other_company)
            if event["data"].get("code") == "FIM":
                return


def test_a_revoked_token_ends_its_stream(world: World, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.events._CHECK_EVERY", 1)
    headers = bearer(world)
    prefix = headers["Authorization"].split("_")[1]
    with messages(f"{address}/api/v1/events/stream", headers=headers) as stream:
        next(stream)
        world.services.api_tokens.revoke(prefix, world.clock())
        assert len(list(stream)) <= len(world.lastro.read(0, 1000))


def test_who_may_no_longer_read_events_is_let_go(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.api.events._CHECK_EVERY", 1)
    user = world.person("robo@exemplo.com.br", everywhere(Role.INTEGRATOR))
    headers = {"Authorization": f"Bearer {world.token(user, Scope.EVENTS)}"}
    with messages(f"{address}/api/v1/events/stream", headers=headers) as stream:
        next(stream)
        world.users.set_grants(SYSTEM, user, (everywhere(Role.VIEWER),))
        assert len(list(stream)) <= len(world.lastro.read(0, 1000))


def signed_in(address: str, login: str) -> httpx2.Cookies:
    answer = httpx2.post(f"{address}/entrar", data={"login": login, "senha": PASSWORD})
    assert answer.status_code == 303
    return answer.cookies


def test_a_page_hears_of_its_own_companies_and_of_no_other(
    world: World, portfolio: Portfolio, address: str
) -> None:
    world.person("beto@exemplo.com.br", within(Role.VIEWER, portfolio.other_company))
    cookies = signed_in(address, "beto@exemplo.com.br")
    position = world.lastro.safe_position()
    with messages(f"{address}/ao-vivo?desde={position}", cookies=cookies) as stream:
        followed(address)
        world.organisation.sign("A-300", 0)
        theirs = world.organisation.add_account(portfolio.other_company, "FIM")
        told = json.loads(next(stream)["data"])["position"]
    facts = world.lastro.read(position, 1000, ["account.registered.v1"])
    assert told >= next(fact.position for fact in facts if fact.stream_id == theirs)


def test_a_page_is_told_when_its_session_is_over(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.live._WAIT_SECONDS", 0.05)
    monkeypatch.setattr("web.pages.live._CHECK_SECONDS", 0.1)
    user = world.person("ana@exemplo.com.br", everywhere(Role.VIEWER))
    cookies = signed_in(address, "ana@exemplo.com.br")
    with messages(f"{address}/ao-vivo", cookies=cookies) as stream:
        world.services.sessions.close_all(user)
        assert [message["event"] for message in stream][-1] == "fim"


def followed(address: str) -> None:
    """Until the server has noticed that somebody follows."""
    deadline = time.monotonic() + 10
    while "lastro_live_pages 1.0" not in httpx2.get(f"{address}/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stop_ends_streams_at_once(world: World) -> None:
    headers = bearer(world)
    ended: list[float] = []
    with served(world.services) as address:
        reader = Thread(target=lambda: ended.append(_read_to_the_end(address, headers)))
        reader.start()
        followed(address)
        before = time.monotonic()
    reader.join(10)
    assert ended
    assert ended[0] - before < 4


def _read_to_the_end(address: str, headers: dict[str, str]) -> float:
    with messages(f"{address}/api/v1/events/stream", headers=headers) as stream:
        for _ in stream:
            pass
    return time.monotonic()
