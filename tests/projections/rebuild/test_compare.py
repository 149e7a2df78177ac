"""A comparison finds whatever two builds hold otherwise, and says which rows, columns and amounts."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from projections.builds import Promote, State
from projections.invoice_grid.model import INVOICE_GRID
from projections.rebuild.differences import Difference
from projections.rebuild.operations import rebuild, verify
from projections.rebuild.standing import standings
from projections.registry import projections
from tests.application.world import CPFS, World
from tests.domain.invoice import facts
from tests.projections.histories import lived
from tests.projections.rebuild.test_rebuild import made, states, with_column
from tests.projections.rows import CONTEXT, fed, record
from tests.projections.test_runner import billed, opened


@pytest.fixture
def live(lastro: Lastro, database: Database) -> Database:
    """Three invoices, live."""
    lastro.record(CONTEXT, *(opened(number) for number in (1, 2, 3)), billed(UUID(int=3), 2))
    fed(database, INVOICE_GRID)
    return database


def tampered(database: Database, *statements: str) -> None:
    with database.autocommit() as connection:
        for statement in statements:
            connection.execute(statement)


def test_verifying_without_a_second_build_makes_one_and_drops_it(live: Database) -> None:
    comparison, changed = verify(live, INVOICE_GRID, "user:1")
    assert comparison is not None
    assert comparison.equal
    assert changed is None
    assert states(live) == {1: "live"}
    (standing,) = standings(live, [INVOICE_GRID])
    assert standing.notes() == "equal to the live one"


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        (
            "UPDATE invoice_grid__v1 SET paid_amount = paid_amount + 0.01 WHERE situacao = 'billed'",
            "invoice_grid",
        ),
        ("DELETE FROM invoice_billings__v1", "invoice_billings"),
        ("INSERT INTO invoice_attention__v1 VALUES (gen_random_uuid())", "invoice_attention"),
        ("UPDATE daily_rollup__v1 SET amount = amount - 1", "daily_rollup"),
        ("""UPDATE invoice_grid__v1 SET memory = memory || '{"x": null}'""", "invoice_grid"),
    ],
)
def test_a_planted_difference_is_found_in_any_table(live: Database, statement: str, table: str) -> None:
    tampered(live, statement)
    comparison, changed = verify(live, INVOICE_GRID, "user:1")
    assert comparison is not None
    assert changed is not None
    assert [each.shape.table for each in comparison.tables if not each.equal] == [table]
    assert changed[table].rows > 0


def test_amounts_that_changed_places_are_found_though_every_total_is_the_same(live: Database) -> None:
    tampered(
        live,
        "UPDATE invoice_grid__v1 SET amount = amount + 5 WHERE invoice_id::text LIKE '%01'",
        "UPDATE invoice_grid__v1 SET amount = amount - 5 WHERE invoice_id::text LIKE '%02'",
    )
    comparison, changed = verify(live, INVOICE_GRID, "user:1")
    assert comparison is not None
    assert changed is not None
    grid = changed["invoice_grid"]
    assert (grid.changed, grid.columns) == (2, {"amount": 2})
    old, new = (comparison.tables[0].old, comparison.tables[0].new)
    assert old[facts.COMPANY].money == new[facts.COMPANY].money


def test_each_difference_is_told_with_its_row_and_its_columns(live: Database) -> None:
    tampered(
        live,
        "UPDATE invoice_grid__v1 SET amount = 7, situacao = 'error'"
        " WHERE invoice_id = '00000000-0000-0000-0000-000000000001'",
        "DELETE FROM invoice_grid__v1 WHERE invoice_id = '00000000-0000-0000-0000-000000000002'",
        "UPDATE invoice_grid__v1 SET invoice_id = '00000000-0000-0000-0000-0000000000ee'"
        " WHERE invoice_id = '00000000-0000-0000-0000-000000000003'",
    )
    told: list[Difference] = []
    comparison, changed = verify(live, INVOICE_GRID, "user:1", found=told.append)
    assert comparison is not None
    assert changed is not None
    grid = changed["invoice_grid"]
    assert (grid.only_old, grid.only_new, grid.changed) == (1, 2, 1)
    assert [(each.key["invoice_id"][-2:], each.kind) for each in told] == [
        ("01", "changed"),
        ("02", "only_new"),
        ("03", "only_new"),
        ("ee", "only_old"),
    ]
    assert told[0].changes == {
        "amount": (Decimal("7.00"), Decimal("200.00")),
        "situacao": ("error", "pending"),
    }
    assert told[0].company_id == facts.COMPANY
    grid_table = comparison.tables[0]
    money = dict(zip(grid_table.shape.money, grid_table.old[facts.COMPANY].money, strict=True))
    assert money["amount"] == Decimal("207.00")


def test_the_sample_is_short_and_the_count_is_whole(lastro: Lastro, database: Database) -> None:
    record(lastro, [opened(number) for number in range(1, 90)])
    fed(database, INVOICE_GRID)
    tampered(database, "UPDATE invoice_grid__v1 SET kind = 'other'")
    told: list[Difference] = []
    _, changed = verify(database, INVOICE_GRID, "user:1", found=told.append)
    assert changed is not None
    assert (changed["invoice_grid"].changed, len(changed["invoice_grid"].sample), len(told)) == (89, 20, 89)


def test_what_new_code_would_change_is_told_before_anything_is_switched(live: Database) -> None:
    done = rebuild(live, with_column(), "user:1", Promote.SHADOW)
    assert done.comparison is not None
    assert done.differences is not None
    (grid,) = [each for each in done.comparison.tables if each.shape.table == "invoice_grid"]
    assert grid.shape.only_new == ("flag",)
    assert done.differences["invoice_grid"].columns == {"situacao": 2}
    assert set(done.differences) == {"invoice_grid", "daily_rollup"}
    assert not done.same_code
    assert states(live) == {1: "live"}


def test_a_build_that_differs_though_the_code_is_the_same_waits_for_a_person(live: Database) -> None:
    tampered(live, "UPDATE invoice_grid__v1 SET amount = 0")
    done = made(live, INVOICE_GRID, Promote.IF_EQUAL)
    assert (done.state, done.same_code) == (State.READY, True)
    (_, ready) = standings(live, [INVOICE_GRID])
    assert ready.notes() == "differs in rows"


def test_the_builds_are_compared_at_one_position_though_one_is_behind(lastro: Lastro, live: Database) -> None:
    assert made(live, INVOICE_GRID).state is State.READY
    position = lastro.record(CONTEXT, opened(4), billed(UUID(int=1), 2))
    fed(live, INVOICE_GRID)
    comparison, _ = verify(live, INVOICE_GRID, "user:1")
    assert comparison is not None
    assert (comparison.position, comparison.equal) == (position, True)
    assert states(live) == {1: "live", 2: "ready"}, "the build beside it was there to compare with"


def test_random_histories_are_equal_to_themselves(lastro: Lastro, database: Database) -> None:
    record(lastro, lived(10, 500).events)
    fed(database, INVOICE_GRID, 13)
    comparison, _ = verify(database, INVOICE_GRID, "user:1")
    assert comparison is not None
    assert comparison.equal
    assert all(each.rows()[0] == each.rows()[1] for each in comparison.tables)


def test_names_are_told_apart_without_being_told(lastro: Lastro, database: Database) -> None:
    """The outcome is kept and shown to operators: it would outlive the key of who is forgotten."""
    model = next(each for each in projections(lastro.keyring) if each.name == "customers")
    World(lastro)
    fed(database, model)
    tampered(database, "UPDATE customers__v1 SET name = 'Outra Pessoa', kind = 'organisation'")
    told: list[Difference] = []
    _, changed = verify(database, model, "user:1", found=told.append)
    assert changed is not None
    assert changed["customers"].columns == {"name": 4, "kind": 4}
    assert [each.changes for each in told] == [
        {"kind": ("organisation", "person"), "name": ("***", "***")},
    ] * 4
    with database.autocommit() as connection:
        (kept,) = connection.execute(
            "SELECT comparison::text FROM projection_build WHERE name = 'customers'"
        ).fetchone() or ("",)
    assert "***" in kept
    assert not any(word in kept for word in ("Outra Pessoa", "Cliente C0", *CPFS))


def test_every_column_with_words_of_a_person_is_known_as_personal(lastro: Lastro, database: Database) -> None:
    model = next(each for each in projections(lastro.keyring) if each.name == "customers")
    fed(database, model)
    with database.autocommit() as connection:
        texts = connection.execute(
            "SELECT DISTINCT attname FROM pg_attribute WHERE attrelid IN ('customers'::regclass,"
            " 'contract_notes'::regclass) AND atttypid IN ('text'::regtype, 'jsonb'::regtype)"
        ).fetchall()
    assert {name for (name,) in texts} - model.personal == {"kind"}
