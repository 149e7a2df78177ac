"""What clients of killed brokers left behind is let go of at the very end, without a complaint."""

from __future__ import annotations

import gc
import warnings

import pytest

from tests.soak.chain import Chain

_ROUNDS = 5
"""As many as pytest itself makes: what one round frees may free more."""


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    """kafka-python leaves sockets to the collector where it was closed while it connected: not our leak."""
    if not Chain.ran:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        for _ in range(_ROUNDS):
            gc.collect()
