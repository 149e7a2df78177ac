"""The caretaker of a worker: makes the builds that were asked for, and finishes those whose maker died."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread

import psycopg
import structlog

from application.database import Database
from projections.parking import reason_of
from projections.projection import Projection
from projections.rebuild.operations import go_on
from projections.rebuild.run import Progress
from projections.rebuild.switch import SwitchRefusedError

_LOOK_SECONDS = 1.0
_BACKOFF_SECONDS = 15.0

log = structlog.get_logger(__name__)


class _StoppingError(Exception):
    """The worker ends; the next one goes on."""


class Caretaker(Thread):
    """One rebuild at a time, in a thread of its own, until `stop`. What fails is tried again later."""

    def __init__(self, database: Database, models: Sequence[Projection]) -> None:
        super().__init__(name="projections-caretaker", daemon=True)
        self._database = database
        self._models = models
        self._stopping = Event()

    def stop(self, timeout: float = 10.0) -> None:
        """Leave off after the range in hand; safe to call twice."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout)

    def run(self) -> None:
        """Look each second for something to do."""
        pause = _LOOK_SECONDS
        while not self._stopping.wait(pause):
            pause = _LOOK_SECONDS
            for model in self._models:
                if not self._look(model):
                    pause = _BACKOFF_SECONDS

    def _look(self, model: Projection) -> bool:
        try:
            go_on(self._database, model, self._told)
        except _StoppingError:
            return True
        except (psycopg.Error, SwitchRefusedError) as error:
            log.warning("rebuild interrupted; trying again", projection=model.name, reason=reason_of(error))
            return False
        except Exception as error:
            log.exception("rebuild failed", projection=model.name, reason=reason_of(error))
            return False
        return True

    def _told(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise _StoppingError
