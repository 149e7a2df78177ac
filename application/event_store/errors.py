"""What the event store refuses, and what the caller can do about it."""

from __future__ import annotations

from eventsourcing.persistence import IntegrityError

from domain.kernel import DomainError


class ConcurrencyError(DomainError, IntegrityError):
    """Somebody else recorded a fact of this aggregate in between: load it again and decide again."""


class NotFoundError(DomainError):
    """No fact was ever recorded under this id."""


class CommitUnknownError(Exception):
    """The connection was lost during a commit and the server could not be asked since.

    Do not repeat the command with new ids: look first whether its facts (`event_ids`) are there.
    """

    def __init__(self, event_ids: list[str]) -> None:
        super().__init__(f"outcome unknown of events {', '.join(event_ids[:3])} and {len(event_ids)} in all")
        self.event_ids = event_ids


class TextUnstorableError(DomainError):
    """A text holds a NUL character or half a surrogate pair: remove it, no such text can be stored."""


class SubjectForgottenError(DomainError):
    """This person asked to be forgotten, and nothing more is recorded about them. Register them anew if
    they are back. Details: `subject`, and the `field` that would have been lost."""


class FactShapeError(TypeError):
    """An event class cannot be sealed: it holds a float, an open mapping or a nested Personal field.

    The digest is over RFC 8785 JSON, which our writer equals only without them. Change the class.
    """


class TopicUnknownError(LookupError):
    """A stored topic has neither a class nor an upcaster: this release is older than the data."""


class SealBrokenError(Exception):
    """A sealed value does not open under its subject's key and place: it was altered or moved."""


class MasterKeyWrongError(Exception):
    """The master key is malformed or is not the one that wrapped this database's keys: set the right one."""
