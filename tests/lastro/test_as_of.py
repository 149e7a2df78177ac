"""`lastro as-of` prints the listing of a past instant, by what was known at another."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.clock import SAO_PAULO
from application.invoices import Invoices
from tests.application.world import NOW
from tests.application.world import World as Organisation
from tests.lastro.test_forget import feed
from tests.support.cli import Cli, Said
from tests.web.world import lookups_on

THEN = f"{(NOW + timedelta(hours=1)).astimezone(SAO_PAULO):%Y-%m-%dT%H:%M}"
MARCH = ("--from", "2026-03-01", "--until", "2026-03-31")


@pytest.fixture
def house(cli: Cli, lastro: Lastro) -> Cli:
    """Two invoices of March, both there at NOW; one was billed two hours later. All is recorded today."""
    organisation = Organisation(lastro, NOW)
    first = organisation.sign("A-1", 0)[0]
    organisation.sign("A-2", 1)
    invoices = Invoices(lastro, lookups_on(lastro), lambda: NOW + timedelta(hours=2))
    invoices.bill_now(SYSTEM, [first])
    feed(lastro)
    return cli


def listed(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return [json.loads(line)["situacao"] for line in said.out.splitlines()]


def test_it_shows_what_had_happened_of_what_is_known_now(house: Cli) -> None:
    then = house("as-of", THEN, "--known", "now", *MARCH, "--json")
    later = house("as-of", "2026-03-03", "--known", "now", *MARCH, "--json")
    assert listed(then) == ["pending", "pending"]
    assert sorted(listed(later)) == ["billed", "pending"]
    assert "2 invoices as of 2026-03-02T10:00:00 São Paulo time, by all that is known now" in then.err


def test_without_known_nothing_is_shown_that_was_recorded_later(house: Cli) -> None:
    said = house("as-of", THEN, *MARCH, "--json")
    assert listed(said) == []
    assert "what was known up to 0" in said.err


def test_filters_narrow_it_and_the_table_has_a_line_for_each(house: Cli) -> None:
    said = house(
        "as-of", "2026-03-03", "--known", "now", *MARCH, "--situacao", "billed", "--search", "cliente c0"
    )
    assert said.code == 0
    header, line = said.out.splitlines()
    assert "1 invoice as of" in said.err
    assert header.split() == ["due_on", "situacao", "amount", "paid_amount", "company", "customer"]
    assert "billed" in line
    assert "Cliente C0" in line
    assert listed(house("as-of", "2026-03-03", "--known", "now", *MARCH, "--company", "ACME", "--json"))


def test_its_flags_have_environment_names(house: Cli) -> None:
    house.monkeypatch.setenv("LASTRO_AS_OF_KNOWN", "now")
    house.monkeypatch.setenv("LASTRO_AS_OF_FROM", "2026-03-01")
    house.monkeypatch.setenv("LASTRO_AS_OF_UNTIL", "2026-03-31")
    house.monkeypatch.setenv("LASTRO_AS_OF_SITUACAO", "pending")
    assert listed(house("as-of", THEN, "--json")) == ["pending", "pending"]


@pytest.mark.parametrize("text", ["yesterday", "2031-01-01T10:00", "2026-02-30"])
def test_what_is_no_past_instant_is_bad_usage(cli: Cli, text: str) -> None:
    said = cli("as-of", text)
    assert said.code == 2
    assert text in said.err


def test_a_company_that_is_not_there_is_refused(house: Cli) -> None:
    assert house("as-of", THEN, "--known", "now", "--company", "NADA").code == 1
