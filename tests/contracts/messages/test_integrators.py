"""The page for integrators is held true: its tables, the types it names, and the commands it tells."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from lastro.main import app
from producers.messages.catalogue import PARTITIONS, PUBLIC_TOPICS
from tests.support.messages import INTEGRATORS, Contract, contracts, with_tables

PAGE = INTEGRATORS.read_text()


def test_its_tables_are_what_the_code_says() -> None:
    """Else run `python -m tests.support.messages`."""
    assert with_tables(PAGE) == PAGE


@pytest.mark.parametrize("contract", contracts()[1:], ids=lambda each: str(each.message_type))
def test_every_message_is_explained(contract: Contract) -> None:
    assert f"| `{contract.message_type}` | " in PAGE
    assert f"\n### {contract.topic}\n" in PAGE


def test_it_names_no_message_and_no_topic_that_there_is_not() -> None:
    known = {each.message_type for each in contracts()} | {each.topic for each in contracts()}
    named = set(re.findall(r"`((?:billing|sales|payments)\.[a-z_]+(?:\.[a-z_]+)?\.v\d+)`", PAGE))
    assert named - known == {"billing.invoices.v2"}  # an example of a later version


def test_its_figures_are_those_of_the_topics() -> None:
    personal = PUBLIC_TOPICS["billing.customers_personal.v1"].config
    days = {name: int(value) / 86_400_000 for name, value in personal.items() if value.isdigit()}
    assert days == {"max.compaction.lag.ms": 7, "delete.retention.ms": 30, "segment.ms": 1}
    assert f"{PARTITIONS} partitions, for ever" in PAGE
    assert PARTITIONS == 12, "a key's partition is what readers rely on"


def test_the_relay_s_commands_are_there() -> None:
    relay = get_command(app).commands["relay"]  # type: ignore[attr-defined]
    options = {option for each in relay.commands["backfill"].params for option in each.opts}
    assert "--into" in options
