"""A name that leads inside is not followed, whenever it starts to, and whatever it says beside."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

import anyio
import pytest

from producers.webhooks.sending import Answer, Bounds, Sender
from tests.producers.webhooks.receiver import Receiver, receiver

INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.168.0.1",
    "172.16.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fd00::1",
    "fe80::1",
    "ff02::1",
]


class Resolver:
    """The name server of a subscriber who means no good: each question may get another answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def inside() -> Iterator[Receiver]:
    """An internal service that nobody may reach."""
    with receiver() as made:
        yield made


def send(url: str, resolver: Resolver) -> Answer:
    async def go() -> Answer:
        sender = Sender(agent="Lastro/test", resolve=resolver, bounds=Bounds(connect=0.3, total=1.0))
        return await sender.send(url, (), b"{}")

    return anyio.run(go)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    answer = send("https://hooks.example.com/", Resolver([address]))
    assert (answer.status, answer.reason) == (None, "address_refused")


@pytest.mark.parametrize("address", INSIDE)
def test_one_address_inside_refuses_them_all(address: str) -> None:
    answer = send("https://hooks.example.com/", Resolver(["1.1.1.1", address]))
    assert (answer.status, answer.reason) == (None, "address_refused")


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_needs_no_name_to_be_refused(address: str) -> None:
    host = f"[{address}]" if ip_address(address).version == 6 else address
    resolver = Resolver(["1.1.1.1"])
    answer = send(f"https://{host}/", resolver)
    assert (answer.status, answer.reason) == (None, "address_refused")
    assert resolver.asked == []


def test_the_name_is_asked_for_once_and_what_was_checked_is_connected_to(
    inside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[tuple[str, int]] = []

    async def connect(address: str, port: int) -> None:
        connected.append((address, port))
        raise OSError("nothing leaves a test")

    monkeypatch.setattr("producers.webhooks.connecting.anyio.connect_tcp", connect)
    resolver = Resolver(["1.1.1.1"], ["127.0.0.1"])
    answer = send("https://hooks.example.com/", resolver)
    assert answer.reason == "unreachable"
    assert resolver.asked == [("hooks.example.com", 443)]
    assert connected == [("1.1.1.1", 443)]
    assert inside.received == []


def test_a_later_attempt_asks_and_checks_again(inside: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(address: str, port: int) -> None:
        raise OSError("nothing leaves a test")

    monkeypatch.setattr("producers.webhooks.connecting.anyio.connect_tcp", connect)
    resolver = Resolver(["1.1.1.1"], ["127.0.0.1"])
    assert send("https://hooks.example.com/", resolver).reason == "unreachable"
    assert send("https://hooks.example.com/", resolver).reason == "address_refused"
    assert inside.received == []


def test_plain_http_that_was_allowed_once_is_not_sent_to_any_more(inside: Receiver) -> None:
    answer = send(inside.url(), Resolver(["127.0.0.1"]))
    assert (answer.status, answer.reason) == (None, "address_refused")
    assert inside.received == []
