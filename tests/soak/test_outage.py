"""The database goes and comes back under the real web and worker: what they say, and that they recover."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2
import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.clock import utc_now
from application.database import Database
from application.lookups import Lookups
from application.migrations import migrate
from application.passwords import Passwords
from application.people import People
from application.users import UserForm, Users
from domain.user.events import Grant
from domain.user.roles import Role
from tests.projections.rows import CONTEXT
from tests.projections.test_runner import opened
from tests.support.application import MASTER_KEY
from tests.support.mortal import MortalPostgres, processes
from tests.support.postgres import MIGRATIONS, SCHEMA
from tests.support.processes import eventually

LOGIN, PASSWORD = "ana@exemplo.com.br", "a longa frase de teste"
_PATIENCE = 10.0
_SOON = 12.0
"""Whoever waits for a connection has one soon after the database is back, long before its patience ends."""


@dataclass
class Installation:
    """A server, the application on it, and somebody's browser at its pages."""

    server: MortalPostgres
    lastro: Lastro
    browser: httpx2.Client

    def status(self, path: str) -> int:
        return self.browser.get(path).status_code


@pytest.fixture
def installation() -> Iterator[Installation]:
    with (
        MortalPostgres() as server,
        Database(server.url(), SCHEMA, 4, timeout=120) as database,
    ):
        migrate(database, MIGRATIONS)
        lastro = Lastro(database, MASTER_KEY)
        _add_person(lastro)
        with (
            processes(server.url()) as (_, _, address),
            httpx2.Client(base_url=address, timeout=_PATIENCE) as browser,
        ):
            found = browser.post("/entrar", data={"login": LOGIN, "senha": PASSWORD})
            assert found.status_code == 303
            yield Installation(server, lastro, browser)
        lastro.close()


def _add_person(lastro: Lastro) -> None:
    lookups = Lookups(lastro.database, MASTER_KEY.derived("lookup"))
    grant = Grant(role=Role.ADMINISTRATOR, companies=None)
    user = Users(lastro, lookups, utc_now).register(
        SYSTEM, UserForm(login=LOGIN, name="Ana", grants=(grant,))
    )
    People(lastro, lookups, Passwords(lastro.database)).set_password(SYSTEM, user.id, PASSWORD, utc_now())


@pytest.mark.chaos
def test_pages_say_that_the_database_is_away_and_recover_with_it(installation: Installation) -> None:
    eventually(lambda: installation.status("/saude/pronta") == 200, 60, "ready")
    with ThreadPoolExecutor(1) as pool:
        for number, end in enumerate((installation.server.kill, installation.server.stop), 1):
            assert installation.status("/faturamento") == 200
            end()
            waiting = pool.submit(installation.lastro.record, CONTEXT, opened(number))
            _require_told(installation.browser)
            assert not waiting.done()
            installation.server.start()
            position = waiting.result(_SOON)
            eventually(lambda: installation.status("/saude/pronta") == 200, 60, "ready again")
            _require_reached(installation, position)


def _require_told(browser: httpx2.Client) -> None:
    page = browser.get("/faturamento")
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert page.headers["content-type"].startswith("text/html")
    assert "Serviço indisponível" in page.text
    assert "Tente de novo em instantes" in page.text
    assert "psycopg" not in page.text
    called = browser.get("/api/v1/events", headers={"Authorization": f"Bearer fat_{'a' * 10}_{'b' * 43}"})
    assert (called.status_code, called.headers["retry-after"]) == (503, "5")
    assert called.json()["code"] == "unavailable"
    ready = browser.get("/saude/pronta")
    assert (ready.status_code, ready.json()["reasons"]) == (503, ["database"])
    assert browser.get("/saude/viva").status_code == 200


def _require_reached(installation: Installation, position: int) -> None:
    eventually(lambda: _reached(installation, position), 60, "the worker follows the log again")


def _reached(installation: Installation, position: int) -> bool:
    with installation.lastro.database.connection() as connection:
        row = connection.execute("SELECT min(position) FROM projection WHERE live").fetchone()
    return row is not None and row[0] >= position
