"""`lastro settlement`: receipts listed, shown, placed, released and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from application.app import Context
from application.clock import sao_paulo_date, utc_now
from application.ids import new_id
from application.settings import Settings
from application.settlements.received import SettlementReceived
from domain.values.ids import settlement_id
from lastro.billing import BillingUseCases
from lastro.wiring import opened
from projections.progress import wait_for
from tests.lastro.conftest import Copies, Imported, working
from tests.support.cli import Cli, read_models
from tests.support.portfolio import GOOD, write_csv

TODAY = sao_paulo_date(utc_now())
SOURCE = "urn:psp"
OF = ("--source", SOURCE)


def caught_up() -> None:
    with opened(Settings()) as runtime:
        assert wait_for(runtime.database, runtime.lastro.safe_position(), 30, read_models(runtime))


@pytest.fixture(scope="module")
def portfolio(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """The good one."""
    return imported(write_csv(tmp_path_factory.mktemp("portfolio") / "carteira.csv", GOOD))


@pytest.fixture
def house(cli: Cli, portfolio: Copies) -> Iterator[Cli]:
    """A copy of it, and two receipts that nobody could place."""
    with portfolio() as url:
        cli.monkeypatch.setenv("LASTRO_DATABASE_URL", url)
        with working() as runtime:
            items = [
                SettlementReceived(SOURCE, f"E-{number}", Decimal("10.00"), TODAY - timedelta(days=number))
                for number in (1, 2)
            ]
            context = Context("kafka:payments.settlements.v1", new_id())
            BillingUseCases(runtime).settlements.apply(items, context, lambda *_: None)
            caught_up()
            yield cli


def invoice() -> UUID:
    with opened(Settings()) as runtime, runtime.database.connection() as connection:
        row = connection.execute(
            "SELECT stream_id FROM event WHERE topic = 'invoice.opened.v1'"
            " AND NOT (state->>'value_pending')::boolean ORDER BY position LIMIT 1"
        ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def test_a_receipt_is_listed_shown_placed_released_and_taken_back(house: Cli) -> None:
    waiting = house("settlement", "list", "--state", "unidentified", "--json").json
    assert [(row["reference"], row["why"]) for row in waiting] == [
        ("E-1", "nothing_named"),
        ("E-2", "nothing_named"),
    ]
    debt = str(invoice())
    placed = house("settlement", "identify", "E-1", *OF, "--invoice", debt, "--yes", "--json")
    assert (placed.code, placed.json["change"]) == (0, "corrected"), placed.err
    caught_up()
    shown = house("settlement", "show", str(settlement_id(SOURCE, "E-1")), "--json").json
    assert (shown["state"], shown["invoice_id"], shown["placed_by"]) == ("applied", debt, "cli:maria")
    assert "state" in house("settlement", "show", "E-1", *OF).out
    since = str(TODAY - timedelta(days=1))
    of_company = ("settlement", "list", "--since", since, "--company", "NIMBO", "--json")
    assert [row["reference"] for row in house(*of_company).json] == ["E-1"]
    released = house("settlement", "release", "E-1", *OF, "--reason", "engano", "--yes")
    assert (released.code, "waits to be identified" in released.err) == (0, True)
    reversed_ = house("settlement", "reverse", "E-1", *OF, "--reason", "devolvido", "--yes", "--json")
    assert reversed_.json["change"] == "corrected"
    caught_up()
    assert [row["state"] for row in house("settlement", "list", "--json").json] == [
        "reversed",
        "unidentified",
    ]
    assert house(*of_company).json == [], "released, it is again of no company that anybody knows"


def test_what_cannot_be_is_refused(house: Cli) -> None:
    debt = str(invoice())
    for arguments, code, words in [
        (("show", "E-1"), 2, "--source"),
        (("list", "--state", "lost"), 2, "one of"),
        (("show", "E-9", *OF), 1, "not_found"),
        (("identify", "E-9", *OF, "--invoice", debt, "--yes"), 1, "not_found"),
        (("identify", "E-1", *OF, "--invoice", debt, "--instalment", "99", "--yes"), 1, "instalment_unknown"),
        (("release", "E-1", *OF, "--reason", "x", "--yes"), 1, "settlement_not_placed"),
        (("release", "E-1", *OF, "--reason", "x"), 2, "--yes"),
    ]:
        said = house("settlement", *arguments)
        assert said.code == code, (arguments, said.err)
        assert words in said.err
