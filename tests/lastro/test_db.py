"""`lastro db` brings a schema up to date and tells where it stands."""

from __future__ import annotations

from tests.support.cli import Cli
from tests.support.postgres import MIGRATIONS

NAMES = sorted(file.name for file in MIGRATIONS.glob("*.sql"))


def test_migrating_applies_everything_once(empty_cli: Cli) -> None:
    first = empty_cli("db", "migrate", "--json")
    again = empty_cli("db", "migrate", "--json")

    assert (first.code, first.json["applied"]) == (0, NAMES)
    assert (again.code, again.json["applied"]) == (0, [])
    assert "nothing to apply" in empty_cli("db", "migrate").err


def test_status_is_found_wanting_until_everything_is_applied(empty_cli: Cli) -> None:
    before = empty_cli("db", "status", "--json")
    empty_cli("db", "migrate")
    after = empty_cli("db", "status", "--json")

    assert before.code == 1
    assert [row["applied_at"] for row in before.json] == [None] * len(NAMES)
    assert after.code == 0
    assert [row["name"] for row in after.json] == NAMES
    assert None not in [row["applied_at"] for row in after.json]


def test_only_one_phase_can_be_applied(empty_cli: Cli) -> None:
    applied = empty_cli("db", "migrate", "--phase", "pre", "--json").json["applied"]

    assert applied == [name for name in NAMES if "_pre_" in name]


def test_a_flag_can_come_from_the_environment(empty_cli: Cli) -> None:
    empty_cli.monkeypatch.setenv("LASTRO_DB_MIGRATE_PHASE", "post")

    assert empty_cli("db", "migrate", "--json").json["applied"] == [n for n in NAMES if "_post_" in n]


def test_other_commands_say_that_the_schema_is_missing(empty_cli: Cli) -> None:
    said = empty_cli("user", "list")

    assert said.code == 1
    assert "run `lastro db migrate`" in said.err
    assert "Traceback" not in said.err
