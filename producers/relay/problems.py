"""Why a relay or a backfill stops, in words that say what to do; and what passes by itself."""

from __future__ import annotations


class RelayProblemError(Exception):
    """What a person has to look at: the relay ends, nothing is lost, the next start goes on from there."""


class RelayFencedError(RelayProblemError):
    """Another process took this one's place at the broker, so this one stops and has published nothing since.

    Two relays of one installation exclude each other, the newer stays. Without another one this process was
    held up for longer than a transaction may last: start it again.
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            f"another process has taken over {name}, and this one stops: an installation has one relay, the"
            " newest. If there is no other, this one was held up (a suspended machine?): start it again"
        )


class LogRestoredError(RelayProblemError):
    """The topics hold facts that the log does not have: the database was restored, or is another one."""

    def __init__(self, position: int, event_id: object, found: object, prefix: str) -> None:
        there = "no event" if found is None else f"event {found}"
        super().__init__(
            f"the topics with the prefix {prefix!r} go up to event {event_id} at position {position}, where"
            f" this log has {there}: the database was restored from an earlier state, or it is another one."
            " Publish under a new LASTRO_KAFKA_PREFIX, or delete these topics and have them filled anew"
        )


class ClusterDiffersError(RelayProblemError):
    """The positions were copied from another cluster, or from topics with another prefix."""

    def __init__(self, what: str, stored: str, here: str) -> None:
        super().__init__(
            f"the positions in this cluster speak of the {what} {stored!r}, not of {here!r}: they were copied"
            " and do not say what these topics hold. Delete the copies and have the topics filled anew"
        )


class PositionsLostError(RelayProblemError):
    """The topics hold messages, and nothing says up to where."""

    def __init__(self, positions: str, filled: list[str]) -> None:
        super().__init__(
            f"{', '.join(filled)} hold messages, and {positions} does not say up to where: to begin again"
            " would say everything twice. Restore that topic, or delete them all and have them filled anew"
        )


class TopicWrongError(RelayProblemError):
    """A topic was not created as its contract says."""

    def __init__(self, topic: str, what: str, found: object, wanted: object) -> None:
        super().__init__(
            f"the topic {topic} has {what} {found}, and its contract says {wanted}. The relay makes missing"
            " topics itself: delete this one if nobody needs what it holds, or set it right"
        )


class MessageTooLargeError(RelayProblemError):
    """One message is larger than any may be."""

    def __init__(self, topic: str, key: str, size: int, limit: int) -> None:
        super().__init__(
            f"a message for {topic} about {key} has {size} bytes, and {limit} is the most that one may have:"
            " nothing after it is published"
        )


class FactsUnreadableError(RelayProblemError):
    """A fact cannot be made a message by this release; the text says which, and why."""


class BackfillRefusedError(RelayProblemError):
    """This topic is not to be filled, or not now."""


class RelayTroubleError(Exception):
    """It passes by itself: the relay waits and starts over; a backfill is to be run again."""


class BrokerTroubleError(RelayTroubleError):
    """The broker did not do what it was asked in time. Start over from the position that it holds."""


class FeederLostError(RelayTroubleError):
    """The process that reads facts has ended, killed perhaps. Ask again: another one is started."""


class LogAwayError(RelayTroubleError):
    """The database does not answer."""
