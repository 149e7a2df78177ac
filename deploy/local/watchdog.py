"""Runs one command and stops it when its own standard input closes, whatever closed it.

Whoever starts the watchdog keeps the writing end of that pipe. The kernel closes it when the owner ends, also
by SIGKILL, so the command never outlives the owner. Standard library only: it is started by path, in isolated
mode, to be up in some 20 ms.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

KEEP, KILL = b"k", b"9"
"""What the owner may say through the pipe: leave the folders, do not ask the command but kill it."""

_PR_SET_PDEATHSIG = 1


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: Linux sends `stop_signal` to the command if the watchdog itself is killed."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)

    return ask


class Watched:
    """The command, and how it is asked to end: each signal with its patience, then SIGKILL."""

    def __init__(
        self,
        command: Sequence[str],
        stops: Sequence[str],
        user: int | None,
        group: int | None,
        inherit: Sequence[int],
    ) -> None:
        self.stops = [(signal.Signals[name], float(wait)) for name, wait in (s.split(":") for s in stops)]
        self.stopping = threading.Event()
        self.keep = False
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            preexec_fn=die_with_parent(self.stops[0][0]),
            pass_fds=inherit,
        )
        for number in inherit:
            os.close(number)

    def stop(self) -> None:
        """Ask, wait, ask harder. Comes back when the command has ended."""
        self.stopping.set()
        for stop_signal, patience in self.stops:
            self.process.send_signal(stop_signal)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return
        self.process.kill()

    def stop_at_end_of_input(self) -> None:
        """Hold the pipe for as long as its owner lives."""
        while orders := os.read(0, 1024):
            self.keep = self.keep or KEEP in orders
            if KILL in orders:
                self.process.kill()
        self.stop()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; the command to run follows `--`."""
    parser = argparse.ArgumentParser(prog="watchdog", description=__doc__)
    parser.add_argument("--stop", action="append", required=True, metavar="SIGNAL:SECONDS")
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("--remove", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--inherit", type=int, action="append", default=[], metavar="NUMBER")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Give back the command's own exit code, 128 + the signal's number if one ended it."""
    asked = parse(arguments)
    watched = Watched(asked.command, asked.stop, asked.user, asked.group, asked.inherit)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=watched.stop).start())
    threading.Thread(target=watched.stop_at_end_of_input, daemon=True).start()
    code = watched.process.wait()
    for folder in () if watched.keep else asked.remove:
        shutil.rmtree(folder, ignore_errors=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
