"""Why a consumer stops: a person has to see to it, so the process ends and says what."""

from __future__ import annotations


class ConsumerStoppedError(Exception):
    """The process ends with 1; what was committed before stands."""


class DeadLetterWriteError(ConsumerStoppedError):
    """The dead-letter topic did not take a message, and before that nothing may pass: it may be a payment.

    The consumer stops. See to the topic and the broker, then start it again.
    """


class PoisonFloodError(ConsumerStoppedError):
    """Too many messages could not be read, in a row or within a minute: rather the sender, or this release,
    is wrong than the messages. Look at them with `lastro messages list`, then let the topic go on with
    `lastro messages go-on`."""
