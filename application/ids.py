"""New identities: version 7, so that they sort by creation and say nothing about a person."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import uuid_utils
import uuid_utils.compat

NewId = Callable[[], UUID]


def new_id() -> UUID:
    """A fresh id for an aggregate, a command or a message."""
    return uuid_utils.compat.uuid7()


def named_id(namespace: UUID, name: str) -> UUID:
    """The standard library's uuid5, in half its time: for what comes in by the hundred thousand."""
    return uuid_utils.compat.uuid5(namespace, name)


def quick_id() -> uuid_utils.UUID:
    """A fresh id of another class, eight times cheaper, for events recorded by the hundred thousand."""
    return uuid_utils.uuid7()
