"""What a message of our own topics says to a reaction; what is not ours says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
import pytest

from application.database import Database
from application.reactions.notice import Notice
from consumers.handler import Incoming
from consumers.reactions.stream import ReactionFailedError, ReactionHandler
from domain.kernel import DomainError

ID, STREAM = UUID(int=1), UUID(int=2)
SAID = {
    "type": "billing.contract.signed.v1",
    "id": str(ID),
    "subject": str(STREAM),
    "sequence": f"{7:020d}",
    "streamversion": 3,
    "data": {"anything": ["may", {"be": "here"}]},
}


class RefusedError(DomainError):
    """A rule said no."""


class Refusing:
    """Lets a refusal through, which it must not."""

    name = "refusing"
    topics = frozenset({"contract.signed.v1"})

    def react(self, notices: Sequence[Notice]) -> None:
        """Always."""
        raise RefusedError


def message(value: bytes | None) -> Incoming:
    return Incoming("billing.contracts.v1", 0, 5, b"k", value, (), None)


@pytest.fixture
def handler(database: Database) -> ReactionHandler:
    facts = {"billing.contract.signed.v1": "contract.signed.v1"}
    return ReactionHandler(Refusing(), "billing.contracts.v1", facts, 6, database)


def test_the_envelope_says_all_that_a_notice_has(handler: ReactionHandler) -> None:
    assert handler.decode(message(orjson.dumps(SAID))) == (
        Notice(7, ID, STREAM, 3, "contract.signed.v1", None),
    )


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        orjson.dumps(SAID | {"type": "billing.contract.ended.v1"}),
        orjson.dumps(SAID | {"type": ["a"]}),
        orjson.dumps(SAID | {"id": "no uuid"}),
        orjson.dumps(SAID | {"sequence": None}),
        orjson.dumps({name: SAID[name] for name in SAID if name != "subject"}),
        b"[" * 2_000,
    ],
)
def test_what_is_not_wanted_or_not_ours_says_nothing(handler: ReactionHandler, value: bytes | None) -> None:
    assert handler.decode(message(value)) == ()


def test_a_refusal_that_a_reaction_lets_through_is_a_fault_and_not_set_aside(
    handler: ReactionHandler,
) -> None:
    with pytest.raises(ReactionFailedError):
        handler.apply([handler.decode(message(orjson.dumps(SAID)))], lambda _, __: None)


def test_what_was_told_from_the_table_is_passed_over(handler: ReactionHandler) -> None:
    settled: list[int] = []
    earlier = handler.decode(message(orjson.dumps(SAID | {"sequence": f"{6:020d}"})))
    handler.apply([earlier, ()], lambda _, outcomes: settled.append(len(outcomes)))
    assert settled == [2]
