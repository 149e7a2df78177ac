"""One partition that this process reads: where it stands, and how long it is left alone after a failure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import UUID

from application.incoming.positions import PauseReason, Place, Standing

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 60.0

_jitter = random.SystemRandom()


def back_off(attempts: int) -> float:
    """Seconds to wait after so many failures in a row: doubled each time, up to a minute, less up to a half.

    The jitter keeps the partitions of many processes from asking a server that comes back at one instant.
    """
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempts - 1, 20))
    return longest * _jitter.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing is read from it, and until when by the monotonic clock."""

    reason: PauseReason
    detail: str
    until: float
    seconds: float


@dataclass(slots=True)
class Partition:
    """`standing` None: it has to be looked up before anything is read."""

    place: Place
    topic_id: UUID | None = None
    standing: Standing | None = None
    hold: Hold | None = None
    attempts: int = 0
    end_offset: int | None = None

    def fail(self, reason: PauseReason, detail: str, now: float) -> Hold:
        """Leave it alone for a while. Where it stands is looked up anew: a commit may have come through."""
        self.attempts += 1
        seconds = back_off(self.attempts)
        self.hold = Hold(reason, detail, now + seconds, seconds)
        self.standing = None
        return self.hold

    def place_at(self, topic_id: UUID, standing: Standing) -> None:
        """It goes on there. What a message did to it stays told until one is read."""
        self.topic_id, self.standing = topic_id, standing
        if self.hold is not None and self.hold.reason is not PauseReason.FAILING:
            self.hold = None

    def passed(self, standing: Standing) -> None:
        """It was read up to there, and committed."""
        self.standing = standing
        self.hold = None
        self.attempts = 0

    def is_due(self, now: float) -> bool:
        """Whether it is to be looked up now."""
        return self.standing is None and (self.hold is None or self.hold.until <= now)
