"""The local Kafka: data and address outlive any end of it, and it outlives nobody who started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from deploy.local import kafka
from deploy.local.kafka import KafkaServer
from deploy.local.kafka_programs import KafkaServerError
from tests.support.kafka import admin
from tests.support.processes import alive, command_lines, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

OWNER = """
import sys, pathlib, signal
from deploy.local.kafka import KafkaServer
with KafkaServer(pathlib.Path(sys.argv[1]), port=0) as server:
    print(server.bootstrap, flush=True)
    try:
        while True: signal.pause()
    except KeyboardInterrupt:
        pass
"""


def broker(home: Path) -> psutil.Process:
    """The Java process of the broker in `home`; its watchdog names it in its own command line too."""
    (found,) = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(home) in " ".join(process.info["cmdline"] or []) and "java" in process.info["cmdline"][0]
    ]
    return found


@pytest.fixture
def owner(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that started a broker in `home`."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("127.0.0.1:")
        yield process
        process.kill()


def send(bootstrap: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send("kept", value).get(timeout=30)
    producer.close()


def received(bootstrap: str) -> list[bytes]:
    consumer = KafkaConsumer(
        "kept", bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=2000
    )
    found = [message.value for message in consumer]
    consumer.close()
    return found


def test_data_and_address_are_the_same_after_a_stop_and_after_a_kill(home: Path) -> None:
    with KafkaServer(home, port=0) as server:
        address = server.bootstrap
        with admin(address) as client:
            client.create_topics([NewTopic("kept", 1, 1)])
        send(address, b"before the stop")
        server.stop()
        server.start()
        send(server.bootstrap, b"before the kill")
        server.kill()
        assert not server.is_running
        server.start()

        assert server.bootstrap == address
        assert received(address) == [b"before the stop", b"before the kill"]
    with KafkaServer(home) as second:
        assert second.bootstrap == address
        assert received(address) == [b"before the stop", b"before the kill"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_broker_outlives_its_owner(owner: subprocess.Popen[str], home: Path, how: signal.Signals) -> None:
    pid = broker(home).pid

    os.killpg(owner.pid, how)

    eventually(lambda: not alive(pid), 40, f"Kafka ends after {how.name} of its owner")
    eventually(lambda: not command_lines(str(home)), 20, "nothing of it is left")


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_killing_owner_and_watchdog_together_leaves_nothing(owner: subprocess.Popen[str], home: Path) -> None:
    java = broker(home)
    watchdog = java.parent()
    assert watchdog is not None

    owner.kill()
    watchdog.kill()

    eventually(lambda: not alive(java.pid), 40, "Kafka ends")


def test_a_start_right_after_a_kill_waits_for_the_predecessor(
    owner: subprocess.Popen[str], home: Path
) -> None:
    owner.kill()
    with KafkaServer(home) as server, admin(server.bootstrap) as client:
        assert client.list_topics() == []


def test_a_first_start_that_was_killed_is_made_anew(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)], stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        making = (home / "kafka" / "tmp").glob
        eventually(lambda: bool([*making("making-*")]), 20, "the storage is being made")
        os.killpg(process.pid, signal.SIGKILL)
    with KafkaServer(home) as server, admin(server.bootstrap) as client:
        assert client.list_topics() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_started_by_root_it_runs_as_somebody_else_and_listens_on_this_machine_only(home: Path) -> None:
    with KafkaServer(home, port=0) as server:
        java = broker(home)
        assert java.uids().effective != 0
        assert server.data.stat().st_mode & 0o077 == 0
        listening = [each.laddr.ip for each in java.net_connections() if each.status == psutil.CONN_LISTEN]
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_throwaway_broker_leaves_no_file_and_can_be_started_again_until_then() -> None:
    with KafkaServer.throwaway() as server:
        home = server.folder.parent
        server.kill()
        assert home.exists()
        server.start()
        assert server.is_running
    assert not home.exists()


def test_a_port_that_was_asked_for_and_is_taken_is_refused(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(KafkaServerError, match=rf"port {port} .*stop what uses it"):
            KafkaServer(home, port=port).start()
    assert not command_lines(str(home))


def test_a_kept_port_that_is_taken_meanwhile_makes_way_for_another(home: Path) -> None:
    with KafkaServer(home, port=0) as server:
        first = server.bootstrap
        with admin(first) as client:
            client.create_topics([NewTopic("kept", 1, 1)])
        send(first, b"elsewhere")
    with socket.create_server(("127.0.0.1", int(first.split(":")[1]))), KafkaServer(home) as server:
        assert server.bootstrap != first
        assert received(server.bootstrap) == [b"elsewhere"]


class Overtaken(KafkaServer):
    """Somebody else takes its first ports before it has started."""

    thief: socket.socket | None = None

    def _chosen_ports(self) -> tuple[int, int]:
        ports = super()._chosen_ports()
        if self.thief is None:
            self.thief = socket.create_server(("127.0.0.1", ports[0]))
        return ports


@pytest.mark.parametrize(
    "make",
    [lambda home: Overtaken(home, port=0), lambda home: Overtaken.throwaway()],
    ids=["kept", "throwaway"],
)
def test_a_port_that_is_taken_between_choice_and_start_makes_way_for_another(
    home: Path, make: Callable[[Path], Overtaken]
) -> None:
    server = make(home)  # on any port: 9092 is another test's
    with server:
        assert server.thief is not None
        with server.thief:
            assert not server.bootstrap.endswith(f":{server.thief.getsockname()[1]}")
        with admin(server.bootstrap) as client:
            assert client.list_topics() == []


def test_two_brokers_do_not_share_a_folder(
    owner: subprocess.Popen[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "PREDECESSOR_TIMEOUT", 0.5)
    with pytest.raises(KafkaServerError, match="another Kafka uses"):
        KafkaServer(home).start()


def test_a_broker_that_cannot_start_says_why_and_leaves_nothing(home: Path) -> None:
    server = KafkaServer(home, port=0, settings={"broker.heartbeat.interval.ms": "seldom"})
    with pytest.raises(KafkaServerError, match=r"broker\.heartbeat\.interval\.ms"):
        server.start()
    assert not command_lines(str(home))
