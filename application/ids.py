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


def quick_id() -> uuid_utils.UUID:
    """A fresh id of another class, eight times cheaper, for events recorded by the hundred thousand."""
    return uuid_utils.uuid7()
