"""A reading of personal data says whose, which facts, where and why, in a form that is kept for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.personal_reading.events import MessageRead, PersonalDataRead
from domain.personal_reading.reading import REASON_LENGTH, read_message, read_personal_data
from domain.values.text import TextInvalidError

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
ID, SUBJECT, EVENT, COMPANY = (UUID(int=number) for number in range(1, 5))


def reading(reason: str = "", *event_ids: UUID) -> PersonalDataRead:
    return read_personal_data(
        ID, SUBJECT, event_ids or (EVENT,), ["name", "document", "name"], "page", reason, NOW, COMPANY
    )


def test_a_reading_is_a_stream_of_its_own() -> None:
    assert reading(" Pedido\tdo titular ") == PersonalDataRead(
        originator_id=ID,
        originator_version=1,
        occurred_at=NOW,
        company_id=COMPANY,
        subject_id=SUBJECT,
        event_ids=(EVENT,),
        fields=("document", "name"),
        surface="page",
        reason="Pedido do titular",
    )


def test_no_reason_is_an_empty_one() -> None:
    assert reading("").reason == reading(" \u200b").reason == ""


def test_a_reason_without_end_is_refused() -> None:
    assert len(reading("x" * REASON_LENGTH).reason) == REASON_LENGTH
    with pytest.raises(TextInvalidError):
        reading("x" * (REASON_LENGTH + 1))
    with pytest.raises(TextInvalidError):
        reading("a\x07b")


def test_a_reading_of_nothing_is_none() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        read_personal_data(ID, SUBJECT, (), ["name"], "page", "", NOW, None)


def test_the_reading_of_a_message_says_which_and_where() -> None:
    assert read_message(ID, EVENT, "sales.orders.v1", "command", " chamado  7 ", NOW) == MessageRead(
        originator_id=ID,
        originator_version=1,
        occurred_at=NOW,
        company_id=None,
        dead_letter_id=EVENT,
        message_topic="sales.orders.v1",
        surface="command",
        reason="chamado 7",
    )
