"""The choice of departments: those that contracts of the companies name, hopping from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from projections.registry import projections
from projections.runner import Runner, catch_up
from projections.shown import departments
from tests.projections.histories import lived
from tests.projections.rows import record


@pytest.fixture
def companies(lastro: Lastro, database: Database) -> list[UUID]:
    """Two companies, whose few contracts name no department."""
    record(lastro, lived(33, 900).events)
    with database.autocommit() as connection:
        catch_up(connection, [Runner(model) for model in projections(lastro.keyring)])
        found = connection.execute("SELECT company_id FROM companies ORDER BY code").fetchall()
    return [company for (company,) in found]


def name_departments(database: Database, company: UUID, names: Sequence[str | None]) -> None:
    """A contract for each name."""
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO contracts SELECT made.* FROM unnest(%s::text[]) AS name,"
            " (SELECT to_jsonb(contracts) AS row FROM contracts LIMIT 1) AS one,"
            " jsonb_populate_record(NULL::contracts, row || jsonb_build_object("
            "'contract_id', gen_random_uuid(), 'company_id', %s::uuid, 'department', name)) AS made",
            (list(names), company),
        )


def test_every_department_of_the_companies_is_found_and_no_other(
    database: Database, companies: list[UUID]
) -> None:
    first, second = companies
    assert departments(database, None) == []
    name_departments(database, first, ["Sul", None, "Comercial", "Sul", "Matriz"])
    name_departments(database, second, ["Matriz", "Projetos", None])

    assert departments(database, None) == ["Comercial", "Matriz", "Projetos", "Sul"]
    assert departments(database, [first]) == ["Comercial", "Matriz", "Sul"]
    assert departments(database, [second]) == ["Matriz", "Projetos"]
    assert departments(database, []) == []


def test_no_more_than_a_hundred_are_offered(database: Database, companies: list[UUID]) -> None:
    name_departments(database, companies[0], [f"D{number:03d}" for number in range(130)])

    assert departments(database, None) == [f"D{number:03d}" for number in range(100)]
