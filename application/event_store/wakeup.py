"""Wakes readers after a commit. A wake-up may be lost: readers also look by themselves each second."""

from __future__ import annotations

import time
from threading import Event, Lock, Thread

import psycopg

from application.database import Connection, Database

CHANNEL = "lastro_event"
POLL_SECONDS = 1.0
_SHORTEST_PAUSE = 0.01


class Waker:
    """NOTIFYs from a thread of its own, many commits in one; never in a writer's transaction.

    `wake` neither blocks nor raises. The thread starts with the first wake-up.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = Event()
        self._closing = False
        self._thread: Thread | None = None
        self._lock = Lock()

    def wake(self) -> None:
        """Tell readers soon that something was committed."""
        if not self._due.is_set():
            self._due.set()
            if self._thread is None:
                self._start()

    def close(self) -> None:
        """Send what is due and stop. Idempotent."""
        self._closing = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing:
                self._thread = Thread(target=self._run, name="lastro-waker", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        connection: Connection | None = None
        last = False
        while not last:
            self._due.wait()
            last = self._closing
            self._due.clear()
            connection = self._notify(connection)
            time.sleep(0.0 if last else _SHORTEST_PAUSE)
        if connection is not None:
            connection.close()

    def _notify(self, connection: Connection | None) -> Connection | None:
        """A lost connection costs this wake-up; readers' own poll makes up for it."""
        try:
            if connection is None:
                connection = self._database.dedicated()
                connection.execute("SET synchronous_commit = off")
            connection.execute(f"NOTIFY {CHANNEL}")
        except psycopg.Error:
            if connection is not None:
                connection.close()
            return None
        return connection


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
