"""Every fact and every field has a Portuguese name, and a correlation reads as a tree."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from application.audit_folds import FOLDS
from domain.kernel import EVENT_TYPES, HEADER_FIELDS, Aggregate
from domain.values.payment import Document, PaymentMethod
from tests.contracts.test_events import CURRENT, PUBLISHED, _sample
from web.audit_reading import AuditRow
from web.audit_tree import Step, steps_of
from web.wording import values
from web.wording.facts import FAMILIES, TITLES, alone, in_order

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


def test_every_fact_has_a_name_and_a_family() -> None:
    assert set(TITLES) == PUBLISHED
    assert {topic.partition(".")[0] for topic in PUBLISHED} == set(FAMILIES)
    assert len(set(TITLES.values())) == len(TITLES)


def test_every_aggregate_folds() -> None:
    alone_ones = {"personal_data"}
    assert set(FOLDS) == set(FAMILIES) - alone_ones


def test_every_field_of_a_fact_and_of_an_aggregate_has_a_name() -> None:
    models = [EVENT_TYPES[topic] for topic in PUBLISHED]
    aggregates = [each for each in Aggregate.__subclasses__() if each.__module__.startswith("domain.")]
    names = {name for model in (*models, *aggregates) for name in _names(model, set())}
    known = {"id", "version", *HEADER_FIELDS}
    assert names - known - set(values.LABELS) == set()
    assert set(values.LABELS) - names == set(), "a name of nothing"


def _names(kind: Any, seen: set[Any]) -> Iterator[str]:
    for part in (kind, *typing.get_args(kind)):
        if part is not kind:
            yield from _names(part, seen)
        elif isinstance(part, type) and part not in seen and issubclass(part, BaseModel):
            seen.add(part)
            for name, field in part.model_fields.items():
                yield name
                yield from _names(field.annotation, seen)
        elif isinstance(part, type) and part not in seen and dataclasses.is_dataclass(part):
            seen.add(part)
            for each in dataclasses.fields(part):
                yield each.name
                yield from _names(each.type, seen)


@pytest.mark.parametrize("file", CURRENT, ids=lambda file: str(file.stem))
def test_every_published_fact_is_told_in_words(file: Any) -> None:
    sample = _sample(file)
    topic = sample["topic"]
    facts = {name: raw for name, raw in sample.items() if name not in HEADER_FIELDS and name != "topic"}
    worded = alone(topic, facts, NOW, str)
    assert worded.title
    assert topic not in worded.title
    read = values.read(in_order(topic, facts))
    assert len(read) >= len(facts)
    assert all(text and label for label, text in read)


def test_a_fact_that_makes_no_sense_keeps_its_name() -> None:
    assert alone("invoice.installment_paid.v1", {"amount": "x"}, NOW, str).title == "Pagamento recebido"
    assert alone("of.a_later.v9", {"a": 1}, NOW, str).title == "of.a_later.v9"


@pytest.mark.parametrize(
    ("name", "raw", "written"),
    [
        ("amount", "1234.50", "R$\u00a01.234,50"),
        ("amount", Decimal("1234.50"), "R$\u00a01.234,50"),
        ("fine_percent", "2.0000", "2"),
        ("due_on", "2026-03-31", "31/03/2026"),
        ("due_on", date(2026, 3, 31), "31/03/2026"),
        ("competencia", "2026-03", "03/2026"),
        ("forecast", False, "Não"),
        ("payment_method", PaymentMethod.BOLETO, "Boleto"),
        ("documents", [Document.BOLETO, Document.NFSE], "Boleto, NFS-e"),
        ("department", None, "—"),
        ("cnpj", "11222333000181", "11.222.333/0001-81"),
        ("reason", "erro de digitação", "erro de digitação"),
    ],
)
def test_values_are_written_as_people_read_them(name: str, raw: object, written: str) -> None:
    assert values.value(name, raw) == written


def test_a_path_is_read_from_the_outside_in() -> None:
    assert values.label(("instalments", "2", "due_on")) == "Parcelas 2 › Vencimento"


def row(number: int, cause: int | None, seconds: float) -> AuditRow:
    return AuditRow(
        event_id=UUID(int=number),
        position=number,
        title=f"Fato {number}",
        text="",
        tone="grey",
        changes=(),
        family="Fatura",
        stream_id=UUID(int=9),
        version=number,
        company=None,
        who="Sistema",
        occurred_at=NOW,
        recorded_at=NOW + timedelta(seconds=seconds),
        correlation_id=UUID(int=7),
        causation_id=None if cause is None else UUID(int=cause),
    )


def test_effects_stand_under_their_causes_in_the_order_of_the_log() -> None:
    rows = [row(1, None, 0), row(2, 1, 0.25), row(3, 1, 1), row(4, 2, 90), row(5, 77, 91)]
    steps = steps_of(rows)
    assert [(step.row.position, step.depth) for step in steps] == [(1, 0), (2, 1), (4, 2), (3, 1), (5, 0)]
    assert [step.waited for step in steps] == ["", "+250 ms", "+1 min 30 s", "", "+1 min 30 s"]


def test_causes_that_make_no_sense_lose_no_fact() -> None:
    rows = [row(1, 2, 0), row(2, 1, 0), row(3, 3, 0)]
    assert sorted(step.row.position for step in steps_of(rows)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0164, "16 ms"), (12.5, "12,5 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min"), (259_200, "3 dias")],
)
def test_how_long_it_took_is_said_in_words(seconds: float, words: str) -> None:
    assert Step.words(seconds) == words
