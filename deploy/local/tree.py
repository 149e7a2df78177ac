"""The processes of an installation on one machine: started in order, stopped in reverse, none left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.process import Child

_TAIL = 20


class ProcessEndedError(RuntimeError):
    """A process of the installation ended by itself; the message ends with its last lines."""


class DemoNotReadyError(RuntimeError):
    """A part of the installation did not come up in time: look at the logs that are named."""


@dataclass(frozen=True)
class Member:
    """One started process and where it writes."""

    name: str
    child: Child
    log: Path


class Tree:
    """A context manager: leaving it stops every process it started, the last one first."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.members: list[Member] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        inherits: Sequence[int] = (),
    ) -> Member:
        """Start a process that writes to `<name>.log`; SIGTERM asks it to stop. `inherits` as with Child."""
        path = self.logs / f"{name}.log"
        with path.open("ab") as log:
            child = Child(
                command, stops=("SIGTERM:20",), output=log, environment=environment, inherits=inherits
            )
        self._stack.callback(child.stop)
        member = Member(name, child, path)
        self.members.append(member)
        return member

    def check(self) -> None:
        """Raise ProcessEndedError if one of them has ended."""
        for member in self.members:
            code = member.child.exit_code
            if code is not None:
                tail = "\n".join(member.log.read_text(errors="replace").splitlines()[-_TAIL:])
                raise ProcessEndedError(f"{member.name} ended with {code}; see {member.log}:\n{tail}")
