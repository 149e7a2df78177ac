"""What was once published is read for ever: one sample per topic and version, written once, never edited."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import orjson
import pytest

import domain
from application.app import Lastro
from application.event_store.canonical import canonical_json
from application.event_store.plans import state_of
from application.event_store.upcasters import UPCASTERS, upcast
from domain.kernel import EVENT_TYPES, HEADER_FIELDS, DomainEvent
from tests.application.event_store.facts import context
from tests.application.event_store.jcs import jcs

FOLDER = Path(__file__).parent / "events"
SAMPLES = sorted(FOLDER.glob("*.json"))


def _published() -> set[str]:
    """Every topic of the domain; tests register topics of their own beside them."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    return {topic for topic, cls in EVENT_TYPES.items() if cls.__module__.startswith("domain.")}


def _sample(file: Path) -> dict[str, Any]:
    sample: dict[str, Any] = orjson.loads(file.read_bytes())
    return sample


def _loaded(sample: dict[str, Any]) -> DomainEvent:
    header = {name: sample[name] for name in HEADER_FIELDS}
    own = {name: value for name, value in sample.items() if name not in HEADER_FIELDS and name != "topic"}
    topic, state = upcast(sample["topic"], own)
    return EVENT_TYPES[topic].model_validate({**state, **header})


PUBLISHED = _published()
CURRENT = [file for file in SAMPLES if file.stem in PUBLISHED]


def test_every_topic_has_a_sample() -> None:
    assert PUBLISHED - {file.stem for file in SAMPLES} == set()


def test_no_published_sample_was_edited() -> None:
    """A new topic adds its line to SHA256SUMS (`sha256sum *.json`); a line that is there never changes."""
    listed = (line.split() for line in (FOLDER / "SHA256SUMS").read_text().splitlines())
    now = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in SAMPLES}
    assert now == {name: digest for digest, name in listed}


def test_no_sample_is_of_a_topic_that_nobody_can_read() -> None:
    readable = PUBLISHED.union(*(UPCASTERS.sources(topic) for topic in PUBLISHED))
    assert {file.stem for file in SAMPLES} - readable == set()


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: str(file.stem))
def test_a_sample_loads(file: Path) -> None:
    sample = _sample(file)
    assert sample["topic"] == file.stem
    assert str(_loaded(sample).originator_id) == sample["originator_id"]


@pytest.mark.parametrize("file", CURRENT, ids=lambda file: str(file.stem))
def test_a_current_sample_dumps_back_unchanged(file: Path) -> None:
    sample = _sample(file)
    assert {"topic": sample["topic"], **_loaded(sample).model_dump(mode="json")} == sample


@pytest.mark.parametrize("file", CURRENT, ids=lambda file: str(file.stem))
def test_the_store_writes_what_the_fact_s_own_json_says(file: Path) -> None:
    """The store has a quicker writer than pydantic's; the two agree on every fact."""
    sample = _sample(file)
    own = {name: value for name, value in sample.items() if name not in HEADER_FIELDS and name != "topic"}
    assert canonical_json(state_of(_loaded(sample))).decode() == jcs(own)


def test_every_sample_survives_the_store(lastro: Lastro) -> None:
    """Sealed where it is personal, through COPY and jsonb and back."""
    events = [_loaded(_sample(file)) for file in CURRENT]
    lastro.record_batch(context(), events)
    assert lastro.opened(lastro.read(0, 1000)) == events
