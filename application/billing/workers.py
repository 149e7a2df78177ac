"""Bills chunks in several processes: deciding is Python's work, and one process has one processor."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

import psycopg

from application.app import Lastro
from application.billing.chunks import RunInputs, bill_chunk
from application.billing.plan_rows import Chunk
from application.clock import Clock, utc_now
from application.collector import collect_seldom, seldom_collected

type Opener = Callable[[], Lastro]
"""Makes the application in a worker process; must be picklable (a function of a module, or a partial)."""

type Behind = Callable[[], int]
"""How many facts the listing has still to show."""

_AHEAD = 2
_FAR_BEHIND = 5_000
"""Facts for each helper, which has a chunk of some three thousand in hand: until it is committed, nobody can
read what was committed after it began."""


class InProcesses:
    """This process and `helpers` more, each with the application and connections of its own.

    While the listing is far `behind`, this process hands chunks on and bills none, so that the rows come
    on with the run and not after it. A helper's clock is the system's. One whose parent was killed ends
    with it; what it had not committed is rolled back by the server. Raises BrokenProcessPool when a helper
    was killed.
    """

    def __init__(
        self, lastro: Lastro, clock: Clock, opener: Opener, behind: Behind, *, helpers: int = 1
    ) -> None:
        self._lastro = lastro
        self._clock = clock
        self._opener = opener
        self._behind = behind
        self._helpers = helpers
        self._started: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Start the helpers of the next run now, while there is still other work to do."""
        if self._started is None:
            self._started = self._pool()

    def run(self, inputs: RunInputs, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """See `ChunkWorkers.run`. This process is at work while its helpers still start."""
        pool, self._started = self._started or self._pool(), None
        with pool, seldom_collected():
            waiting: set[Future[Chunk]] = set()
            try:
                for chunk in chunks:
                    done, waiting = wait(waiting, self._patience(len(waiting)), FIRST_COMPLETED)
                    yield from (future.result() for future in done)
                    if len(waiting) < self._helpers * _AHEAD:
                        waiting.add(pool.submit(_bill, inputs, chunk))
                    else:
                        yield bill_chunk(self._lastro, self._clock, inputs, chunk)
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            finally:
                pool.shutdown(cancel_futures=True)

    def _patience(self, waiting: int) -> float | None:
        """Seconds to wait for a helper; None is as long as it takes."""
        if waiting < self._helpers * _AHEAD:
            return 0
        try:
            return None if self._behind() > self._helpers * _FAR_BEHIND else 0
        except psycopg.Error:  # it is the run's pace alone
            return 0

    def _pool(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self._helpers, spawn, _start, (self._opener,))
        for _ in range(self._helpers):  # an executor starts its processes with their first work
            pool.submit(os.getpid)
        return pool


_lastro: Lastro | None = None


def _start(opener: Opener) -> None:
    global _lastro
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _lastro = opener()
    atexit.register(_close, _lastro)
    collect_seldom()


def _close(lastro: Lastro) -> None:
    lastro.close()
    lastro.database.close()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _bill(inputs: RunInputs, chunk: Chunk) -> Chunk:
    assert _lastro is not None
    return bill_chunk(_lastro, utc_now, inputs, chunk)
