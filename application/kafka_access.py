"""How Kafka is reached: what the settings say, checked, and asked for an answer before anything relies on it.

No Kafka client here: producers and consumers give these options to theirs.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from typing import Any

from application.settings import Settings

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_API_VERSIONS = b"\x00\x12\x00\x00\x00\x00\x00\x01\x00\x06lastro"
"""Request 18, version 0, correlation 1: every broker answers it, before anybody has signed in."""


class KafkaMissingError(Exception):
    """No Kafka is named: set LASTRO_KAFKA to host:port of a broker; `lastro demo --kafka` starts one here."""


class KafkaAddressError(Exception):
    """LASTRO_KAFKA is not a list of host:port, separated by commas; the message shows what it is."""


class KafkaUnreachableError(Exception):
    """None of the brokers that LASTRO_KAFKA names answers as Kafka does; the message says what each did."""


def bootstrap_servers(settings: Settings) -> list[str]:
    """The brokers that LASTRO_KAFKA names. Raises KafkaMissingError, KafkaAddressError."""
    if settings.kafka is None:
        raise KafkaMissingError(KafkaMissingError.__doc__)
    servers = [part.strip() for part in settings.kafka.split(",")]
    for server in servers:
        found = _ADDRESS.fullmatch(server)
        if found is None or not 0 < int(found["port"]) < 65536:
            raise KafkaAddressError(
                f"LASTRO_KAFKA is {settings.kafka!r}: {server!r} is not host:port, as in"
                " kafka-1:9092,kafka-2:9092"
            )
    return servers


def client_options(settings: Settings) -> dict[str, Any]:
    """What every client of kafka-python is made with: brokers, encryption, who we are."""
    options: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers(settings),
        "security_protocol": settings.kafka_security,
    }
    if "SSL" in settings.kafka_security:
        options["ssl_context"] = _tls(settings)
    if "SASL" in settings.kafka_security:
        options["sasl_mechanism"] = settings.kafka_mechanism
        options["sasl_plain_username"] = settings.kafka_user
        options["sasl_plain_password"] = settings.kafka_password_text()
    return options


def made[C](kind: type[C], **options: Any) -> C:
    """A client of kafka-python; of one that could not be made nothing is left.

    Its constructors wait for a broker, and where none answers they leave a thread and the sockets behind that
    wake it: a process that tries again and again would run out of files.
    """
    opened: list[Any] = []

    def client(**configs: Any) -> Any:
        opened.append(kind.DEFAULT_CONFIG["kafka_client"](**configs))  # type: ignore[attr-defined]
        return opened[-1]

    try:
        return kind(**{**options, "kafka_client": client})
    except BaseException:
        for each in opened:
            with suppress(Exception):
                each.close()
        raise


def require_reachable(settings: Settings, seconds: float = 5.0) -> None:
    """Come back when one of the brokers answers. Raises KafkaUnreachableError, and as bootstrap_servers."""
    said = []
    for server in bootstrap_servers(settings):
        try:
            _ask(server, settings, seconds)
        except OSError as problem:
            said.append(f"{server}: {problem.strerror or problem}")
        else:
            return
    raise KafkaUnreachableError(
        "Kafka cannot be reached (" + "; ".join(said) + "): is it running, and are LASTRO_KAFKA and "
        "LASTRO_KAFKA_SECURITY right?"
    )


def _ask(server: str, settings: Settings, seconds: float) -> None:
    host, port = server.rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), timeout=seconds) as plain:
        if "SSL" in settings.kafka_security:
            with _tls(settings).wrap_socket(plain, server_hostname=host.strip("[]")) as connection:
                _exchange(connection)
        else:
            _exchange(plain)


def _exchange(connection: socket.socket) -> None:
    connection.sendall(len(_API_VERSIONS).to_bytes(4) + _API_VERSIONS)
    answer = b""
    while len(answer) < 8:
        part = connection.recv(8 - len(answer))
        if not part:
            raise OSError("closed the connection: it does not speak Kafka as we do")
        answer += part
    if answer[4:] != b"\x00\x00\x00\x01":
        raise OSError("answers, and not as Kafka does")


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_certificate_file is not None:
        context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
    return context
