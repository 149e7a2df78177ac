"""One attempt over a real socket: whatever the other side does is an answer, within bounds."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import anyio
import pytest

from producers.webhooks.sending import Answer, Bounds, Sender
from tests.producers.webhooks.receiver import Receiver, Reply, certificate, receiver

BODY = b'{"id":"1"}'
QUICK = Bounds(connect=2.0, total=0.4)


def send(
    url: str,
    *,
    resolve: Callable[[str, int], list[str]] | None = None,
    trust: ssl.SSLContext | None = None,
    bounds: Bounds | None = None,
    allow_private: bool = True,
) -> Answer:
    async def go() -> Answer:
        options = {} if resolve is None else {"resolve": resolve}
        sender = Sender(
            agent="Lastro/test", allow_private=allow_private, trust=trust, bounds=bounds, **options
        )
        try:
            return await sender.send(url, (("webhook-id", "1"), ("content-type", "application/json")), BODY)
        finally:
            await sender.aclose()

    return anyio.run(go)


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def test_a_message_arrives_whole_with_its_headers(told: Receiver) -> None:
    answer = send(told.url("/a/b?c=d%20e"))
    assert (answer.status, answer.reason, answer.is_taken) == (204, None, True)
    (request,) = told.received
    assert (request.path, request.body) == ("/a/b?c=d%20e", BODY)
    assert request.headers["host"] == told.address.removeprefix("http://")
    assert request.headers["user-agent"] == "Lastro/test"
    assert request.headers["webhook-id"] == "1"


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_any_answer_of_two_hundred_takes_the_message(told: Receiver, status: int) -> None:
    told.replies = [Reply(status)]
    assert send(told.url()).is_taken


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422, 429, 500, 503])
def test_what_refuses_it_says_why(told: Receiver, status: int) -> None:
    told.replies = [Reply(status, {"Retry-After": "7"}, "não dá\x00\x07".encode())]
    answer = send(told.url())
    assert (answer.status, answer.is_taken, answer.retry_after) == (status, False, "7")
    assert answer.excerpt == "não dá"


def test_a_redirect_is_not_followed(told: Receiver) -> None:
    with receiver() as elsewhere:
        told.replies = [Reply(307, {"Location": elsewhere.url()})]
        answer = send(told.url())
        assert (answer.status, answer.reason, answer.is_taken) == (307, "redirect", False)
        assert elsewhere.received == []


def test_of_an_enormous_answer_only_the_beginning_is_read(told: Receiver) -> None:
    told.replies = [Reply(500, body=b"x" * 50_000_000)]
    answer = send(told.url(), bounds=Bounds(total=5))
    assert answer.status == 500
    assert answer.excerpt == "x" * 500
    assert answer.latency_ms < 4_000


def test_enormous_headers_are_no_answer(told: Receiver) -> None:
    told.replies = [Reply(raw=lambda peer: _swallowed(peer, b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000))]
    assert send(told.url()).reason in ("protocol", "closed")


def test_a_server_that_says_nothing_is_given_up(told: Receiver) -> None:
    held = Event()
    told.replies = [Reply(held=held)]
    answer = send(told.url(), bounds=QUICK)
    held.set()
    assert (answer.status, answer.reason) == (None, "timeout")
    assert 300 <= answer.latency_ms < 3_000


def test_headers_that_drip_do_not_hold_an_attempt_open(told: Receiver) -> None:
    done = Event()

    def drip(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n")
        while not done.wait(0.02):
            _swallowed(peer, b"x: y\r\n")

    told.replies = [Reply(raw=drip)]
    answer = send(told.url(), bounds=QUICK)
    done.set()
    assert (answer.status, answer.reason) == (None, "timeout")
    assert answer.latency_ms < 3_000


def test_a_body_that_drips_after_its_status_is_an_answer(told: Receiver) -> None:
    done = Event()

    def drip(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not done.wait(0.02):
            _swallowed(peer, b".")

    told.replies = [Reply(raw=drip)]
    answer = send(told.url(), bounds=QUICK)
    done.set()
    assert (answer.status, answer.is_taken) == (200, True)


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"", "closed"), (b"SSH-2.0-OpenSSH_9\r\n\r\n", "protocol"), (b"HTTP/1.1 20", "protocol")],
)
def test_what_is_no_answer_is_none(told: Receiver, said: bytes, reason: str) -> None:
    told.replies = [Reply(raw=lambda peer: _swallowed(peer, said))]
    answer = send(told.url())
    assert (answer.status, answer.is_taken) == (None, False)
    assert answer.reason in (reason, "closed", "protocol")


def test_informational_answers_are_passed_over(told: Receiver) -> None:
    said = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    told.replies = [Reply(raw=lambda peer: peer.sendall(said))]
    answer = send(told.url())
    assert (answer.status, answer.excerpt) == (200, "ok")


def test_nobody_there_is_told_apart() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/").reason == "unreachable"


def test_a_name_that_nobody_knows_is_told_apart() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert send("https://hooks.example.com/", resolve=unknown).reason == "unresolved"
    assert send("https://hooks.example.com/", resolve=lambda host, port: []).reason == "unresolved"


def test_the_next_address_is_tried_where_the_first_does_not_answer(told: Receiver) -> None:
    port = told.address.rpartition(":")[2]
    answer = send(f"http://hooks.example.com:{port}/", resolve=lambda host, port: ["::1", "127.0.0.1"])
    assert answer.status == 204
    assert told.received[0].headers["host"] == f"hooks.example.com:{port}"


def test_the_certificate_has_to_bear_the_name_that_was_registered(tmp_path: Path) -> None:
    server, trust = certificate(tmp_path, "hooks.example.com")
    with receiver(server) as told:
        port = told.address.rpartition(":")[2]

        def here(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        assert send(f"https://hooks.example.com:{port}/", resolve=here, trust=trust).status == 204
        other = send(f"https://other.example.com:{port}/", resolve=here, trust=trust)
        assert (other.status, other.reason) == (None, "certificate")
        unknown = send(f"https://hooks.example.com:{port}/", resolve=here)
        assert (unknown.status, unknown.reason) == (None, "certificate")
        assert len(told.received) == 1


def test_what_speaks_no_tls_is_told_apart(told: Receiver) -> None:
    port = told.address.rpartition(":")[2]
    answer = send(f"https://127.0.0.1:{port}/", bounds=Bounds(total=5))
    assert (answer.status, answer.reason) == (None, "tls")


def sent_in_a_row(told: Receiver, *replies: Reply, between: float = 0.0) -> list[Answer]:
    told.replies = list(replies)

    async def go() -> list[Answer]:
        sender = Sender(agent="Lastro/test", allow_private=True, bounds=Bounds(total=5))
        answers = []
        for _ in replies:
            answers.append(await sender.send(told.url(), (("webhook-id", "1"),), BODY))
            await anyio.sleep(between)
        await sender.aclose()
        return answers

    return anyio.run(go)


def test_messages_in_a_row_share_a_connection(told: Receiver) -> None:
    answers = sent_in_a_row(told, Reply(204), Reply(500, body=b"x"), Reply(200, body=b"ok"))
    assert [(each.status, each.excerpt) for each in answers] == [(204, ""), (500, "x"), (200, "ok")]
    assert told.connections == 1


def test_a_connection_that_was_closed_meanwhile_costs_no_attempt(told: Receiver) -> None:
    closing = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    answers = sent_in_a_row(told, Reply(raw=lambda peer: peer.sendall(closing)), Reply(204), between=0.05)
    assert [each.status for each in answers] == [200, 204]
    assert (told.connections, len(told.received)) == (2, 2)


def test_what_follows_an_answer_unasked_answers_no_later_message(told: Receiver) -> None:
    two = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    answers = sent_in_a_row(told, Reply(raw=lambda peer: peer.sendall(two)), Reply(500), between=0.05)
    assert [each.status for each in answers] == [200, 500]
    assert len(told.received) == 2


@pytest.mark.parametrize("status", [200, 500])
def test_a_connection_is_not_kept_after_an_answer_that_was_cut_off(told: Receiver, status: int) -> None:
    answers = sent_in_a_row(told, Reply(status, body=b"x" * 1_000_000), Reply(204))
    assert [each.status for each in answers] == [status, 204]
    assert told.connections == 2


def _swallowed(peer: socket.socket, said: bytes) -> None:
    try:
        peer.sendall(said)
    except OSError:
        return
