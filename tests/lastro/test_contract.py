"""`lastro contract` and `lastro invoice`: what people must do until there is a screen for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.clock import sao_paulo_date, utc_now
from application.settings import Settings
from domain.calendar import add_months
from domain.contract.adjustment import window
from lastro.billing import BillingUseCases
from lastro.wiring import opened
from projections.progress import wait_for
from tests.lastro.conftest import Copies, Imported, working
from tests.support.cli import Cli
from tests.support.portfolio import CONTRACT, GOOD, changed, write_csv

TODAY = sao_paulo_date(utc_now())
STARTS = add_months(TODAY, -12)
OF = ("--company", "NIMBO")


def br(day: date) -> str:
    return f"{day:%d/%m/%Y}"


@pytest.fixture(scope="module")
def contracts(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """A variable contract K1 and one with an index clause, K2."""
    open_ended = {"parcelas": "", "data_inicio": br(STARTS), "dia_vencimento": str(TODAY.day)}
    rows = (
        *GOOD[:4],
        ("contrato", changed(CONTRACT, valor_variavel="sim", data_inicio=br(TODAY), dia_vencimento="")),
        ("contrato", changed(CONTRACT, codigo="K2", indice="IPCA", retroativo="todas", **open_ended)),
    )
    return imported(write_csv(tmp_path_factory.mktemp("contracts") / "carteira.csv", rows))


@pytest.fixture
def house(cli: Cli, contracts: Copies) -> Iterator[Cli]:
    """A copy of them, with a worker that bills nothing."""
    with contracts() as url:
        cli.monkeypatch.setenv("LASTRO_DATABASE_URL", url)
        with working():
            yield cli


def caught_up() -> None:
    with opened(Settings()) as runtime:
        assert wait_for(runtime.database, runtime.lastro.safe_position(), 30)


def periods(cli: Cli, code: str) -> list[dict[str, str]]:
    caught_up()
    found: list[dict[str, str]] = cli("contract", "show", code, *OF, "--json").json["periods"]
    return found


def test_what_waits_for_its_value_is_listed_and_gets_it(house: Cli) -> None:
    waiting = house("invoice", "pending", *OF, "--json").json
    assert [(row["contract"], row["amount"]) for row in waiting] == [("K1", "349.90")] * 3

    by_id = house("invoice", "set-value", waiting[0]["invoice_id"], "1.234,56", "--yes", "--json")
    by_period = house("invoice", "set-value", "k1/2", "99.90", *OF, "--yes")

    assert (by_id.code, by_id.json["change"], by_period.code) == (0, "corrected", 0)
    assert [row["amount"] for row in periods(house, "K1")] == ["1234.56", "99.90", "349.90"]
    assert len(house("invoice", "pending", "--json").json) == 1


def test_a_value_that_cannot_be_is_refused(house: Cli) -> None:
    for arguments, code in [
        (("K1/1", "abc", *OF), 2),
        (("K1/1", "-1", *OF), 2),
        (("K1/1", "1"), 2),
        (("K1", "1", *OF), 2),
        (("K1/x", "1", *OF), 2),
        (("K1/9", "1", *OF), 1),
        (("K9/1", "1", *OF), 1),
        (("K1/1", "1", "--company", "NOWHERE"), 1),
        (("K1/1", "0", *OF), 1),
        (("00000000-0000-0000-0000-000000000001", "1"), 1),
    ]:
        said = house("invoice", "set-value", *arguments, "--yes")
        assert said.code == code, arguments
        assert "Traceback" not in said.err


def test_the_clause_is_applied_once_its_points_are_published(house: Cli, tmp_path: Path) -> None:
    early = house("contract", "adjust", "K2", *OF, "--yes")
    lines = [f"IPCA;{month};1,00" for month in window(TODAY, 12)]
    (tmp_path / "ipca.csv").write_text("indice;competencia;percentual\n" + "\n".join(lines) + "\n")
    assert house("index", "import", tmp_path / "ipca.csv").code == 0

    done = house("contract", "adjust", "K2", *OF, "--yes")

    assert f"K2 waits for its index: from {TODAY} on its value is pending" in early.err
    assert done.code == 0
    assert "K2 is adjusted; next on" in done.err
    later = [row for row in periods(house, "K2") if row["due_on"] > (TODAY + timedelta(days=40)).isoformat()]
    assert {row["amount"] for row in later} == {"394.28"}
    assert house("contract", "adjust", "K2", *OF, "--yes").code == 1


def test_a_kept_period_is_freed_and_opened_again(house: Cli) -> None:
    first = periods(house, "K1")[0]
    with opened(Settings()) as runtime:
        invoices = BillingUseCases(runtime).invoices
        kept = house("contract", "free-period", "K1", "1", *OF, "--yes")
        invoices.cancel(SYSTEM, UUID(first["invoice_id"]), "typed wrong", frees_period=False)
    done = house("contract", "free-period", "K1", "1", *OF, "--yes", "--json")

    assert (kept.code, "period_kept" in kept.err) == (1, True)
    assert (done.code, done.json["change"]) == (0, "corrected")
    attempts = [row for row in periods(house, "K1") if row["period"] == first["period"]]
    assert [row["situacao"] for row in attempts] == ["released", "value_pending"]
    assert house("contract", "free-period", "K1", "9", *OF, "--yes").code == 1


def test_what_is_not_undone_asks_first(house: Cli) -> None:
    commands: list[tuple[str, ...]] = [
        ("contract", "adjust", "K2", *OF),
        ("contract", "free-period", "K1", "1", *OF),
        ("invoice", "set-value", "K1/1", "10", *OF),
    ]
    for arguments in commands:
        nobody = house(*arguments)
        assert (nobody.code, "--yes" in nobody.err) == (2, True)
    house.monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    house.monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    for arguments in commands:
        declined = house(*arguments)
        assert (declined.code, "nothing was done" in declined.err) == (1, True)
    for arguments in commands:
        house.monkeypatch.setenv(f"LASTRO_{arguments[0]}_{arguments[1]}_YES".upper().replace("-", "_"), "1")
        assert "nothing was done" not in house(*arguments).err
