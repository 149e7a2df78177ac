"""What the worker sees to beside billing: legal terms that end, and checks of completeness asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from application.access import SYSTEM
from application.clock import SAO_PAULO, Clock, sao_paulo_date, utc_now
from application.completeness.findings import Asked
from application.completeness.keeping import Checks
from application.forgetting import Forgetter
from lastro.forget import forgetter_of
from lastro.wiring import Runtime

_NIGHT_HOUR = 3
_NIGHTLY = timedelta(hours=20)
_TERMS = timedelta(hours=1)
_PAUSES = tuple(timedelta(seconds=each) for each in (30, 60, 300, 900))
_COMMAND = (sys.executable, "-m", "lastro", "audit", "completeness", "--asked")

log = structlog.get_logger(__name__)


class Upkeep:
    """`tick` every few seconds, by one thread; each tick is short. `close` ends a check under way."""

    def __init__(self, runtime: Runtime, clock: Clock = utc_now, command: Sequence[str] = _COMMAND) -> None:
        self._checks = Checks(runtime.database)
        self._forgetter: Forgetter = forgetter_of(runtime, clock)
        self._clock = clock
        self._check: subprocess.Popen[bytes] | None = None
        self._command = command
        self._asked: UUID | None = None
        self._failures = 0
        self._not_before: datetime | None = None
        self._terms_at: datetime | None = None

    def tick(self) -> None:
        """Do what is due: nothing, most of the time."""
        now = self._clock()
        self._expire(now)
        self._ask_nightly(now)
        self._hear(now)
        self._start(now)

    @property
    def is_checking(self) -> bool:
        """Whether a process of ours computes."""
        return self._check is not None and self._check.poll() is None

    def close(self) -> None:
        """A check that is cut off says so on its page, and is asked for again by a person or the night."""
        if self._check is not None:
            self._check.terminate()
            self._check.wait()
            self._check = None

    def _hear(self, now: datetime) -> None:
        """Whether the check under way has ended. One whose process could not even begin it is put off.

        Its exit code alone does not tell: 1 is a check that found gaps, too.
        """
        code = None if self._check is None else self._check.poll()
        if code is None:
            return
        self._check = None
        if code and self._checks.next_asked() == self._asked:
            pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
            self._failures += 1
            self._not_before = now + pause
            log.error("completeness_check_not_begun", exit_code=code, again_in=pause.total_seconds())
        else:
            self._failures, self._not_before = 0, None

    def _start(self, now: datetime) -> None:
        if self._check is not None or (self._not_before is not None and now < self._not_before):
            return
        self._asked = self._checks.next_asked()
        if self._asked is not None:
            # A process of its own: it computes for minutes, and would hold up the read models in this one.
            self._check = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words

    def _expire(self, now: datetime) -> None:
        if self._terms_at is not None and now - self._terms_at < _TERMS:
            return
        self._terms_at = now
        gone = self._forgetter.expire(SYSTEM)
        if gone:
            log.info("fiscal_terms_over", customers=len(gone))

    def _ask_nightly(self, now: datetime) -> None:
        if now.astimezone(SAO_PAULO).hour != _NIGHT_HOUR:
            return
        newest = self._checks.newest_of_all()
        if newest is None or now - newest.asked_at > _NIGHTLY:
            today = sao_paulo_date(now)
            self._checks.ask(Asked(until=today, today=today), "system", now)
