"""Reads facts and makes messages in a process of its own, one chunk ahead of who publishes them."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

import psycopg

from application.app import Lastro
from application.event_store.wakeup import POLL_SECONDS, Listener
from producers.relay.broker import reason_of
from producers.relay.chunks import Chunk, Chunks, Request
from producers.relay.problems import FactsUnreadableError, FeederLostError, LogAwayError

type Opener = Callable[[], Lastro]
"""Makes the application in the other process; picklable (a function of a module, or a partial of one)."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class End:
    """All that was asked for has been sent. Only a request with `until` has an end."""

    number: int


@dataclass(frozen=True, slots=True)
class _Trouble:
    """The database does not answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str


type _Said = Chunk | End | _Trouble | _Failure


class Feeder:
    """The other process. It starts with the first request and ends with this process, however that ends.

    For one thread. Sending waits for whoever is to take a chunk, so one is under way and one is being made.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._number = 0

    def ask(self, request: Request) -> None:
        """Chunks of this request from now on, none of an earlier one. Raises FeederLostError."""
        connection = self._connection or self._start()
        self._number += 1
        with _lost():
            connection.send(replace(request, number=self._number))

    def next(self, timeout: float) -> Chunk | End | None:
        """What comes next for the last request; None if nothing does within `timeout` seconds.

        Raises FeederLostError when the process has ended, and LogAwayError when the database has gone: it may
        come back as another one, so look before you ask again. FactsUnreadableError is for a person.
        """
        assert self._connection is not None, "ask first"
        with _lost():
            while self._connection.poll(timeout):
                said: _Said = self._connection.recv()
                if isinstance(said, _Failure):
                    raise FactsUnreadableError(said.reason)
                if isinstance(said, _Trouble):
                    raise LogAwayError(said.reason)
                if said.number == self._number:
                    return said
        return None

    def close(self) -> None:
        """End the process. Idempotent; the next request starts another one."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()  # it only reads, and would first wait out its time for the next commit
            process.join()
            process.close()

    def _start(self) -> Connection:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, self._opener), name="lastro-relay-feeder", daemon=True
        )
        self._process.start()
        theirs.close()
        return self._connection


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise FeederLostError(reason_of(error)) from error


def _serve(connection: Connection, opener: Opener) -> None:
    for one in _SIGNALS:  # a terminal tells the whole group; this process ends with the other one
        signal.signal(one, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        try:
            lastro = opener()
            _Feeding(connection, lastro).run()
        except (EOFError, OSError):
            raise
        except Exception as error:
            connection.send(_Failure(f"facts cannot be made messages: {reason_of(error)}"))


class _Feeding:
    def __init__(self, connection: Connection, lastro: Lastro) -> None:
        self._connection = connection
        self._lastro = lastro
        self._listener = Listener(lastro.database)
        self._request: Request | None = None
        self._chunks: Chunks | None = None

    def run(self) -> None:
        """Until the pipe is closed, which raises EOFError."""
        while True:
            if self._chunks is None or self._connection.poll():
                self._request = self._connection.recv()
                self._chunks = Chunks(self._lastro, self._request)
            try:
                self._feed(self._chunks)
            except psycopg.Error as error:
                self._connection.send(_Trouble(reason_of(error)))
                self._connection.poll(POLL_SECONDS)

    def _feed(self, chunks: Chunks) -> None:
        chunk = chunks.next()
        if chunk is not None:
            self._connection.send(chunk)
        elif self._request is not None and self._request.until is not None:
            self._connection.send(End(self._request.number))
            self._chunks = None
        else:
            self._listener.wait()
