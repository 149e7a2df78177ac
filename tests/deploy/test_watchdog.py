"""The watchdog ends its command when the pipe closes, politely first, and never leaves it behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.ports import listening
from deploy.local.process import WATCHDOG, Child
from tests.support.processes import alive, eventually

STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\n"
    "while True: signal.pause()"
)
POLITE = (
    "import signal, sys, pathlib\n"
    "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[1]).write_text('bye'), sys.exit(7)))\n"
    "print('up', flush=True)\n"
    "while True: signal.pause()"
)


def started(child: Child) -> int:
    """The pid of the watched command, once it said that it is up."""
    assert child.process.stdout is not None
    assert child.process.stdout.readline() == b"up\n"
    (command,) = psutil.Process(child.process.pid).children()
    return int(command.pid)


@pytest.fixture
def farewell(tmp_path: Path) -> Path:
    return tmp_path / "farewell"


def test_stopping_asks_first_and_gives_back_the_exit_code(farewell: Path) -> None:
    child = Child([sys.executable, "-c", POLITE, str(farewell)], output=subprocess.PIPE)
    pid = started(child)

    assert child.stop() == 7
    assert farewell.read_text() == "bye"
    assert not alive(pid)
    assert child.process.stdout is not None
    child.process.stdout.close()


def test_a_command_that_does_not_listen_is_killed() -> None:
    child = Child([sys.executable, "-c", STUBBORN], stops=("SIGTERM:0.2",), output=subprocess.PIPE)
    pid = started(child)

    assert child.stop() == 128 + signal.SIGKILL
    assert not alive(pid)
    assert child.process.stdout is not None
    child.process.stdout.close()


def test_a_socket_is_handed_on_and_kept_by_the_command_alone() -> None:
    greeting = (
        "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.accept()[0].sendall(b'hello')"
    )
    with listening("127.0.0.1", 0) as door:
        address = door.getsockname()
        child = Child([sys.executable, "-c", greeting, str(door.fileno())], inherits=[door.fileno()])

    with socket.create_connection(address, timeout=10) as visitor:
        assert visitor.recv(10) == b"hello"
    assert child.process.wait(10) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)
    child.stop()


def test_the_folders_it_was_given_vanish_with_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "file").write_text("x")

    child = Child([sys.executable, "-c", ""], remove=[folder])

    assert child.process.wait(10) == 0
    assert not folder.exists()
    child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_killing_the_watchdog_itself_ends_the_command(farewell: Path) -> None:
    child = Child([sys.executable, "-c", POLITE, str(farewell)], output=subprocess.PIPE)
    pid = started(child)

    child.process.kill()
    child.process.wait(10)

    eventually(lambda: not alive(pid), 10, "the command ends")
    assert farewell.read_text() == "bye"
    child.stop()
    assert child.process.stdout is not None
    child.process.stdout.close()


def test_a_killed_owner_takes_the_command_along(farewell: Path) -> None:
    reader, writer = os.pipe()
    watchdog = subprocess.Popen(
        [
            sys.executable,
            str(WATCHDOG),
            "--stop=SIGTERM:5",
            "--",
            sys.executable,
            "-c",
            POLITE,
            str(farewell),
        ],
        stdin=reader,
        stdout=subprocess.PIPE,
    )
    os.close(reader)
    assert watchdog.stdout is not None
    assert watchdog.stdout.readline() == b"up\n"

    os.close(writer)

    assert watchdog.wait(10) == 7
    assert farewell.read_text() == "bye"
    watchdog.stdout.close()
