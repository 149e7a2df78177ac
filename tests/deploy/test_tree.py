"""The process tree: logs apart, the last started is stopped first, an end by itself is noticed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.tree import Member, ProcessEndedError, Tree
from tests.support.processes import alive, eventually

WAITS = (
    "import signal, sys, pathlib\n"
    "def end(*_):\n"
    "    with open(sys.argv[1], 'a') as file: file.write(sys.argv[2] + ' ')\n"
    "    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "print(sys.argv[2], 'is up', flush=True)\n"
    "while True: signal.pause()"
)


def up(member: Member) -> int:
    """The pid of the member's command, once it has said that it is up."""
    eventually(lambda: f"{member.name} is up" in member.log.read_text(), 10, f"{member.name} is up")
    (command,) = psutil.Process(member.child.process.pid).children()
    return int(command.pid)


def test_members_write_to_their_own_log_and_stop_in_reverse(tmp_path: Path) -> None:
    order = tmp_path / "order"
    with Tree(tmp_path / "logs") as tree:
        pids = [
            up(tree.start(name, [sys.executable, "-c", WAITS, str(order), name], dict(os.environ)))
            for name in ("first", "second")
        ]
        tree.check()

    assert order.read_text() == "second first "
    assert not any(alive(pid) for pid in pids)


def test_a_member_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Tree(tmp_path / "logs") as tree:
        member = tree.start(
            "fragile", [sys.executable, "-c", "print('out of ink'); exit(3)"], dict(os.environ)
        )
        eventually(lambda: member.child.exit_code is not None, 10, "it ends")

        with pytest.raises(ProcessEndedError, match=r"fragile ended with 3(.|\n)*out of ink"):
            tree.check()


def test_members_stop_when_the_block_fails(tmp_path: Path) -> None:
    pids: list[int] = []

    def fail(tree: Tree) -> None:
        command = [sys.executable, "-c", WAITS, "/dev/null", "left"]
        with tree:
            pids.append(up(tree.start("left", command, dict(os.environ))))
            raise KeyError

    with pytest.raises(KeyError):
        fail(Tree(tmp_path / "logs"))

    assert not any(alive(pid) for pid in pids)
