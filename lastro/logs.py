"""Logs, always on standard error, which data never uses: text at a terminal, else a JSON line each."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is when a line is written, for who replaces it may close it too."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        self.stream = sys.stderr
        super().emit(record)


def configure_logs(level: str) -> None:
    """Once per process, before the first line; a long-running process calls it again with its own level."""
    logging.basicConfig(
        level=level, handlers=[_ToStandardError()], format="%(levelname)s %(name)s %(message)s", force=True
    )
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [structlog.processors.format_exc_info]),
            _text() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _text() -> structlog.dev.ConsoleRenderer:
    """Without the values of variables, which structlog shows by default: they hold names and keys."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
