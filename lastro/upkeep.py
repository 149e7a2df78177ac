"""What the worker sees to beside billing: legal terms that end, and checks of completeness asked for."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta

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
_COMMAND = (sys.executable, "-m", "lastro", "audit", "completeness", "--asked")

log = structlog.get_logger(__name__)


class Upkeep:
    """`tick` every few seconds, by one thread; each tick is short. `close` ends a check under way."""

    def __init__(self, runtime: Runtime, clock: Clock = utc_now) -> None:
        self._checks = Checks(runtime.database)
        self._forgetter: Forgetter = forgetter_of(runtime, clock)
        self._clock = clock
        self._check: subprocess.Popen[bytes] | None = None
        self._terms_at: datetime | None = None

    def tick(self) -> None:
        """Do what is due: nothing, most of the time."""
        now = self._clock()
        self._expire(now)
        self._ask_nightly(now)
        if self._check is not None and self._check.poll() is not None:
            self._check = None
        if self._check is None and self._checks.is_asked():
            # A process of its own: it computes for minutes, and would hold up the read models in this one.
            self._check = subprocess.Popen(_COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words

    def close(self) -> None:
        """A check that is cut off says so on its page, and is asked for again by a person or the night."""
        if self._check is not None:
            self._check.terminate()
            self._check.wait()
            self._check = None

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
        newest = self._checks.newest()
        if newest is None or now - newest.asked_at > _NIGHTLY:
            today = sao_paulo_date(now)
            self._checks.ask(Asked(until=today, today=today), "system", now)
