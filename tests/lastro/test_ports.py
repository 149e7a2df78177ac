"""A port is held from the moment in which it is chosen: two that start together never share one."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lastro.ports import PortTakenError, SocketUnusableError, handed_on, held, held_or_any, require_free
from tests.support.repository import ROOT


def test_a_held_port_is_nobody_elses() -> None:
    with held("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with held_or_any("127.0.0.1", port) as second:
            assert second.getsockname()[1] not in (0, port)
        for ask in (held, require_free):
            with pytest.raises(PortTakenError, match=rf"port {port} .*another --port"):
                ask("127.0.0.1", port)
    with held_or_any("127.0.0.1", port) as again:
        assert again.getsockname()[1] == port


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(PortTakenError, match=r"cannot listen on 192\.0\.2\.1, port 8000 \(Cannot assign"):
        held_or_any("192.0.2.1", 8000)


def test_a_socket_that_listens_is_taken_over() -> None:
    with held("::1", 0) as door:
        taken = handed_on(door.fileno())
        assert (taken.family, taken.getsockname()) == (socket.AF_INET6, door.getsockname())
        assert not taken.get_inheritable()
        taken.detach()


def test_a_socket_that_does_not_listen_is_refused_and_left_open() -> None:
    with socket.socket() as mute:
        with pytest.raises(SocketUnusableError, match="does not listen"):
            handed_on(mute.fileno())
        mute.getsockname()


def test_a_socket_of_another_kind_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as local, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        datagrams.bind(("127.0.0.1", 0))
        for each in (local, datagrams):
            with pytest.raises(SocketUnusableError, match="does not listen for TCP"):
                handed_on(each.fileno())


def test_two_that_are_bound_at_once_do_not_both_listen() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with held("127.0.0.1", port), pytest.raises(OSError, match="in use"):
            other.listen()
        other.listen()
        with held_or_any("127.0.0.1", port) as another:
            assert another.getsockname()[1] != port


def test_a_door_is_never_one_of_the_standard_files() -> None:
    code = "import os; os.close(0)\nfrom lastro.ports import held\nprint(held('127.0.0.1', 0).fileno() > 2)"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "True\n"


def test_a_file_is_no_socket() -> None:
    with (
        open("/dev/null") as file,
        pytest.raises(SocketUnusableError, match="Socket operation on non-socket"),
    ):
        handed_on(file.fileno())
