"""`lastro forget`: refuses, asks, forgets, and leaves every read model without the person's words."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import Lastro
from projections.installation import install
from projections.projection import Projection
from projections.registry import projections
from projections.runner import Runner, catch_up
from tests.application.world import CPFS, World
from tests.support.cli import Cli

FORGET = ("--reason", "protocolo 117", "--yes")
PERSONAL = {
    "code", "name", "name_key", "sort_key", "trade_name", "trade_name_key",
    "document", "address", "contacts", "collection_email", "notes", "notes_key",
}  # fmt: skip
type Dump = dict[str, list[dict[str, Any]]]


@pytest.fixture
def world(lastro: Lastro) -> World:
    """An organisation with a contract with notes, a boleto and two other customers' contracts."""
    made = World(lastro)
    invoices = made.sign("K0", notes="fala com a Dona Ana")
    made.sign("K1", customer=1, notes="de outro cliente")
    made.commands.invoices.bill_now(SYSTEM, invoices[:1])
    return made


@pytest.fixture
def fed(world: World) -> None:
    feed(world.lastro)


def models(lastro: Lastro) -> list[Projection]:
    return projections(lastro.keyring)


def feed(lastro: Lastro) -> None:
    with lastro.database.autocommit() as connection:
        for model in models(lastro):
            install(connection, model)
        catch_up(connection, [Runner(model) for model in models(lastro)])


def dump(lastro: Lastro) -> Dump:
    with lastro.database.autocommit() as connection:
        return {
            table: sorted(
                (
                    row
                    for (row,) in connection.execute(f"SELECT to_jsonb(t) FROM {model.relation(table)} AS t")
                ),
                key=lambda row: json.dumps(row, sort_keys=True),
            )
            for model in models(lastro)
            for table in model.relations
        }


def drop(lastro: Lastro) -> None:
    with lastro.database.autocommit() as connection:
        for model in models(lastro):
            for table in model.relations:
                connection.execute(f"DROP TABLE {model.relation(table)} CASCADE")
        for table in ("projection", "projection_build"):
            connection.execute(f"DELETE FROM {table}")


def customer_rows(found: Dump, world: World) -> Dump:
    id = str(world.customers[0])
    return {
        name: [row for row in found[name] if row["customer_id"] == id]
        for name in ("customers", "contract_notes")
    }


@pytest.mark.usefixtures("fed")
def test_a_rebuild_after_it_differs_in_personal_fields_only(world: World, cli: Cli) -> None:
    before = dump(world.lastro)
    said = cli("forget", "C0", *FORGET, "--despite-open", "--json")
    assert (said.code, said.json["changed"], said.json["read_models_pending"]) == (0, True, [])
    feed(world.lastro)
    live = dump(world.lastro)
    drop(world.lastro)
    feed(world.lastro)
    rebuilt = dump(world.lastro)
    assert rebuilt == live
    text = json.dumps(customer_rows(rebuilt, world), ensure_ascii=False)
    assert not any(word in text for word in ("Cliente C0", CPFS[0], "Augusta", "c0@example", "Dona Ana"))
    for table, rows in before.items():
        strip = PERSONAL | {"version", "position"} if table == "customers" else PERSONAL
        if table not in ("customers", "contract_notes"):
            assert rebuilt[table] == rows or "audit" in table, table
            continue
        assert blank(rows, world, strip) == blank(rebuilt[table], world, strip)


def blank(rows: list[dict[str, Any]], world: World, names: set[str]) -> list[dict[str, Any]]:
    mine = str(world.customers[0])
    found = [
        {name: value for name, value in row.items() if row["customer_id"] != mine or name not in names}
        for row in rows
    ]
    return sorted(found, key=lambda row: json.dumps(row, sort_keys=True))


@pytest.mark.usefixtures("fed")
def test_open_business_refuses_and_tells_how_much(world: World, cli: Cli) -> None:
    said = cli("forget", "C0", *FORGET)
    assert said.code == 1
    assert "customer_in_business" in said.err
    assert "open_amount=450.00" in said.err


@pytest.mark.usefixtures("fed")
def test_it_asks_and_shows_what_will_happen(world: World, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    said = cli("forget", "C3", "--reason", "p")
    assert said.code == 1
    assert "Cliente C3" in said.err
    assert "Forget this person?" in said.err
    assert cli("forget", "C3", *FORGET).code == 0


@pytest.mark.usefixtures("fed")
def test_twice_is_the_same_outcome_and_by_document_nobody_is_found(world: World, cli: Cli) -> None:
    id = str(world.customers[3])
    assert cli("forget", CPFS[3], *FORGET, "--json").json["changed"] is True
    again = cli("forget", id, *FORGET, "--json")
    assert (again.code, again.json["changed"]) == (0, False)
    by_document = cli("forget", CPFS[3], *FORGET)
    assert by_document.code == 1
    assert CPFS[3] not in by_document.err


@pytest.mark.usefixtures("fed")
def test_the_register_survives_and_forgets_again(world: World, cli: Cli, tmp_path: Path) -> None:
    cli("forget", "C3", *FORGET, "--requested-by", "encarregado")
    kept = tmp_path / "home" / "erasures.jsonl"
    (line,) = kept.read_text().splitlines()
    assert json.loads(line)["requested_by"] == "encarregado"
    assert cli("forget", "--list").out.strip() == line
    assert [each["customer_id"] for each in cli("forget", "--list", "--json").json] == [
        str(world.customers[3])
    ]
    other = json.loads(line) | {"customer_id": str(world.customers[2])}
    stranger = json.loads(line) | {"customer_id": str(UUID(int=4))}
    feed(world.lastro)
    register = tmp_path / "register"
    register.write_text("\n".join(map(json.dumps, (json.loads(line), other, stranger))))
    said = cli("forget", "--replay", register, "--json")
    assert said.code == 0
    assert (said.json["forgotten"], said.json["same"], said.json["unknown"]) == (1, 1, 1)
    assert len(kept.read_text().splitlines()) == 2


@pytest.mark.usefixtures("fed")
def test_who_died_after_the_commit_finishes_with_the_next_call(
    world: World, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class DiedError(Exception):
        pass

    def die(*_: object) -> None:
        raise DiedError

    with monkeypatch.context() as patched:
        patched.setattr("lastro.forget._keep_register", die)
        with pytest.raises(DiedError):
            cli("forget", "C3", *FORGET)
    assert any(row["name"] for row in dump(world.lastro)["customers"] if row["code"] == "C3")
    again = cli("forget", str(world.customers[3]), *FORGET, "--json")
    assert (again.code, again.json["changed"]) == (0, False)
    assert not [row for row in dump(world.lastro)["customers"] if row["code"] == "C3"]
    assert (tmp_path / "home" / "erasures.jsonl").exists()


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("ended", [True, False])
def test_a_register_that_a_crash_left_in_the_middle_of_a_line_is_gone_on_with(
    world: World, cli: Cli, tmp_path: Path, ended: bool
) -> None:
    """A last line that is whole but not ended may be of a log before a restore: it is kept."""
    kept = tmp_path / "home" / "erasures.jsonl"
    assert cli("forget", "C3", *FORGET).code == 0
    line = kept.read_text()
    kept.write_text(line.rstrip() if ended else line + line[:50])
    feed(world.lastro)
    assert cli("forget", "C2", *FORGET).code == 0
    ids = [json.loads(each)["customer_id"] for each in kept.read_text().splitlines()]
    assert ids == [str(world.customers[3]), str(world.customers[2])]


@pytest.mark.usefixtures("fed")
def test_notes_that_outlive_a_row_are_named(world: World, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the customer's own facts are parked, so that the model does not take in the erasure."""
    monkeypatch.setattr("lastro.erased._WAIT_SECONDS", 0.1)
    with world.lastro.database.autocommit() as connection:
        connection.execute("DELETE FROM customers WHERE customer_id = %s", [world.customers[0]])
        connection.execute(
            "INSERT INTO projection_parked"
            " (projection, projection_version, stream_id, position, topic, reason)"
            " SELECT 'customers', 1, stream_id, position, topic, 'ValueError' FROM event"
            " WHERE stream_id = %s AND version = 1",
            [world.customers[0]],
        )
    said = cli("forget", "C0", *FORGET, "--despite-open", "--json")
    assert (said.code, said.json["read_models_pending"]) == (1, ["contract_notes__v1"])


@pytest.mark.usefixtures("fed")
def test_an_old_copy_of_the_names_that_nobody_feeds_is_named(
    world: World, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lastro.erased._WAIT_SECONDS", 0.1)
    with world.lastro.database.autocommit() as connection:
        connection.execute("CREATE TABLE customers__v900 AS SELECT * FROM customers")
        connection.execute("INSERT INTO projection (name, version) VALUES ('customers', 900)")
    said = cli("forget", "C3", *FORGET, "--json")
    assert (said.code, said.json["read_models_pending"]) == (1, ["customers__v900"])


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("state", ["kept", "failed"])
def test_an_old_build_that_this_code_cannot_feed_goes_with_the_names(
    world: World, cli: Cli, state: str
) -> None:
    """As after an upgrade that has folded customers otherwise: its tables have columns of their own, too."""
    with world.lastro.database.autocommit() as connection:
        connection.execute("CREATE TABLE customers__v900 AS SELECT customer_id, name FROM customers")
        connection.execute("CREATE TABLE contract_notes__v900 AS TABLE contract_notes")
        connection.execute("INSERT INTO projection (name, version) VALUES ('customers', 900)")
        connection.execute(
            "INSERT INTO projection_build (name, version, state, fingerprint, asked_by)"
            " VALUES ('customers', 900, %s, 'another', 'system')",
            [state],
        )
    said = cli("forget", "C3", *FORGET, "--json")
    assert (said.code, said.json["read_models_pending"]) == (0, [])
    with world.lastro.database.autocommit() as connection:
        left = connection.execute(
            "SELECT FROM pg_class WHERE relname IN ('customers__v900', 'contract_notes__v900')"
        )
        assert left.rowcount == 0
        assert (
            connection.execute("SELECT name FROM customers WHERE name IS NOT NULL").rowcount == len(CPFS) - 1
        )


def test_expired_terms_end(world: World, cli: Cli) -> None:
    said = cli("forget", "--expired", "--json")
    assert (said.code, said.json) == (0, {"fiscal_data_erased": []})


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("C0",),
        ("C0", "--reason", " "),
        ("C0", "--expired", "--reason", "p"),
        ("--list", "--expired"),
        ("C0", "--reason", "p", "--requested-by", "vizinho"),
        ("--replay", "/nowhere/at/all"),
        ("--replay", "/tmp"),
    ],
)
def test_bad_usage_is_told_apart(world: World, cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("forget", *arguments).code == 2


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("reason", ["x" * 301, "a\x01b"])
def test_a_reason_that_cannot_be_kept_is_refused(world: World, cli: Cli, reason: str) -> None:
    said = cli("forget", "C3", "--reason", reason, "--yes")
    assert said.code == 1
    assert "text_invalid" in said.err
    assert cli("forget", "C3", *FORGET).code == 0


def test_a_file_of_another_kind_is_no_register(world: World, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\x00")
    said = cli("forget", "--replay", tmp_path / "picture")
    assert said.code == 1
    assert "register_line_invalid" in said.err
