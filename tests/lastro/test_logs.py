"""Logs go to standard error as it is when they are written, never to one that was closed meanwhile."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from lastro.logs import configure_logs


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """Left as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_goes_to_the_present_standard_error(
    root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", early)
    configure_logs("WARNING")
    monkeypatch.setattr("sys.stderr", late)
    early.close()

    logging.getLogger("asyncio").warning("socket.send() raised exception.")
    structlog.get_logger().warning("projection_stopped")

    assert root_logger.handlers
    assert "WARNING asyncio socket.send() raised exception.\n" in late.getvalue()
    assert "projection_stopped" in late.getvalue()
    assert "Logging error" not in late.getvalue()


def test_what_is_below_the_level_is_not_told(
    root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    configure_logs("WARNING")

    logging.getLogger("asyncio").info("nothing to see")

    assert root_logger.level == logging.WARNING
    assert said.getvalue() == ""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [_Terminal, io.StringIO])
def test_an_error_tells_where_it_was_and_no_value_of_any_variable(
    kind: type[io.StringIO], root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = kind()
    monkeypatch.setattr("sys.stderr", said)
    configure_logs("INFO")
    document = "52998224725"
    try:
        int(document[:0])
    except ValueError:
        structlog.get_logger().exception("loop_failed")
    assert root_logger.handlers
    assert "test_an_error_tells_where_it_was" in said.getvalue()
    assert document not in said.getvalue()
