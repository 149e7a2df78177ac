"""A Kafka that is not named, badly named or not there is told in one line that says what to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from application.kafka_access import (
    KafkaAddressError,
    KafkaMissingError,
    KafkaUnreachableError,
    bootstrap_servers,
    client_options,
    made,
    require_reachable,
)
from application.settings import Settings


@contextmanager
def answering(*answer: bytes) -> Iterator[str]:
    """The address of something that says `answer` to whoever writes to it, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                for part in answer:
                    connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_without_a_kafka_it_says_which_setting_names_one() -> None:
    with pytest.raises(KafkaMissingError, match="set LASTRO_KAFKA"):
        bootstrap_servers(Settings(kafka=None))


@pytest.mark.parametrize(
    "text", ["localhost", "kafka:9092,", ",", "http://kafka:9092", "kafka:0", "k:99999", "k 1:2"]
)
def test_what_is_not_a_list_of_addresses_is_shown(text: str) -> None:
    with pytest.raises(KafkaAddressError, match="is not host:port") as refusal:
        bootstrap_servers(Settings(kafka=text))
    assert repr(text) in str(refusal.value)


def test_addresses_are_separated_by_commas() -> None:
    settings = Settings(kafka="kafka-1:9092, 10.0.0.2:9093,[::1]:9094")
    assert bootstrap_servers(settings) == ["kafka-1:9092", "10.0.0.2:9093", "[::1]:9094"]


def test_who_signs_in_and_how_is_given_to_the_client() -> None:
    given: dict[str, Any] = {
        "kafka": "kafka:9092",
        "kafka_security": "SASL_SSL",
        "kafka_user": "lastro",
        "kafka_password": "segredo",
    }
    options = client_options(Settings(**given))
    assert options.pop("ssl_context").check_hostname is True
    assert options == {
        "bootstrap_servers": ["kafka:9092"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "lastro",
        "sasl_plain_password": "segredo",
    }
    assert client_options(Settings(kafka="kafka:9092")) == {
        "bootstrap_servers": ["kafka:9092"],
        "security_protocol": "PLAINTEXT",
    }


def test_nobody_listening_is_told_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(
        KafkaUnreachableError, match=rf"127\.0\.0\.1:{port}: Connection refused.*LASTRO_KAFKA"
    ):
        require_reachable(Settings(kafka=f"127.0.0.1:{port}"))


def test_what_answers_and_is_no_kafka_is_told_apart() -> None:
    http = answering(b"HTTP/1.1 400 Bad Request")
    with http as address, pytest.raises(KafkaUnreachableError, match="not as Kafka does"):
        require_reachable(Settings(kafka=address))
    with answering() as address, pytest.raises(KafkaUnreachableError, match="closed the connection"):
        require_reachable(Settings(kafka=address))


def test_one_broker_that_answers_is_enough() -> None:
    with answering(b"\x00\x00\x00\x0a", b"\x00\x00\x00\x01", b"rest") as address:
        require_reachable(Settings(kafka=f"127.0.0.1:1,{address}"))


@pytest.mark.kafka
def test_a_real_broker_answers(kafka_server: Any) -> None:
    require_reachable(Settings(kafka=kafka_server.bootstrap))


@pytest.mark.parametrize("kind", [KafkaProducer, KafkaConsumer, KafkaAdminClient])
def test_of_a_client_that_finds_no_broker_nothing_is_left(kind: type[Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"

    def tried() -> tuple[int, int]:
        with pytest.raises(KafkaError):
            made(kind, bootstrap_servers=address, bootstrap_timeout_ms=50)
        return len(psutil.Process().net_connections("unix")), threading.active_count()

    before = tried()
    assert [tried() for _ in range(3)] == [before] * 3
