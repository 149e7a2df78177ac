"""Wakes readers after a commit. A wake-up may be lost: readers also look by themselves each second.

Whoever commits also notes how far the log has got: what was known when does not hang on another process.
"""

from __future__ import annotations

import sys
import time
from threading import Event, Lock, Thread
from typing import LiteralString

import psycopg

from application.database import Connection, Database

CHANNEL: LiteralString = "lastro_event"
POLL_SECONDS = 1.0
MARK_SECONDS = 1.0
_SHORTEST_PAUSE = 0.01

_NOTIFY: LiteralString = f"NOTIFY {CHANNEL}"

# Another process may have written one just now: one a second is enough for all of them.
_MARK = """
SELECT write_watermark()
WHERE NOT EXISTS (SELECT FROM watermark WHERE at > clock_timestamp() - interval '900 milliseconds')
"""


class Waker:
    """NOTIFYs from a thread of its own, many commits in one; never in a writer's transaction.

    A second at most after a commit, the same thread writes a watermark. `wake` neither blocks nor
    raises. The thread starts with the first wake-up.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = Event()
        self._closing = False
        self._thread: Thread | None = None
        self._lock = Lock()
        self._connection: Connection | None = None
        self._owed = 0

    def wake(self) -> None:
        """Tell readers soon that something was committed."""
        if not self._due.is_set():
            self._due.set()
            if self._thread is None:
                self._start()

    def close(self) -> None:
        """Send what is due, write the last watermark and stop. Idempotent.

        At the interpreter's own end no thread runs any more, and one that is waited for never comes: whoever
        was not closed before that sends nothing, and readers look by themselves.
        """
        self._closing = True
        self._due.set()
        if self._thread is not None and not sys.is_finalizing():
            self._thread.join()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing:
                self._thread = Thread(target=self._run, name="lastro-waker", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        next_mark = 0.0
        while not self._closing:
            woken = self._due.wait(max(0.0, next_mark - time.monotonic()) if self._owed else None)
            self._due.clear()
            if woken:
                self._send(_NOTIFY)
                # Two: the first may meet another process that looked before our commit.
                self._owed = 2
            if self._owed and time.monotonic() >= next_mark:
                self._mark()
                next_mark = time.monotonic() + MARK_SECONDS
            if not self._closing:
                time.sleep(_SHORTEST_PAUSE)
        self._send(_NOTIFY)
        self._send("SELECT write_watermark()")
        self._disconnect()

    def _mark(self) -> None:
        if self._send(_MARK):
            self._owed -= 1

    def _send(self, statement: LiteralString) -> bool:
        """Whether it answered a row. A lost connection costs this one; readers' own poll makes up for it."""
        try:
            if self._connection is None:
                self._connection = self._database.dedicated()
                self._connection.execute("SET synchronous_commit = off")
            return self._connection.execute(statement).rowcount > 0
        except psycopg.Error:
            self._disconnect()
            return False

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Listener:
    """Waits for commits of any process. For one thread; holds one connection of its own.

    Never raises for a lost connection: it waits out the time and listens again on a new one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def wait(self, timeout: float = POLL_SECONDS) -> bool:
        """Come back when something may have been committed, or after `timeout`; True if woken."""
        deadline = time.monotonic() + timeout
        try:
            return self._await_notify(timeout)
        except psycopg.Error:
            self.close()
            time.sleep(max(0.0, deadline - time.monotonic()))
            return False

    def _await_notify(self, timeout: float) -> bool:
        if self._connection is None:
            self._connection = self._database.dedicated()
            self._connection.execute(f"LISTEN {CHANNEL}")
            return True
        return any(True for _ in self._connection.notifies(timeout=timeout, stop_after=1))

    def close(self) -> None:
        """Stop listening. Idempotent."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
