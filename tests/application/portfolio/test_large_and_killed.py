"""An import that is killed is finished by the next one; a hundred times the rows take no more memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.portfolio.columns import Kind
from application.portfolio.entries import entries
from application.portfolio.reading import count_rows, read_rows
from application.portfolio.seen import Seen
from deploy.local.sample import write_sample
from domain.contract.events import ContractSigned
from domain.customer.events import CustomerRegistered
from domain.invoice.events import InvoiceOpened
from tests.support.portfolio import GOOD, Rows, desk_on, tallies, write_csv
from tests.support.processes import eventually
from tests.support.repository import ROOT

TODAY = date(2026, 1, 15)
CONTRACTS = 700


def signed(lastro: Lastro) -> int:
    with lastro.database.autocommit() as db:
        found = db.execute("SELECT count(*) FROM event WHERE topic = 'contract.signed.v1'").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.chaos
def test_an_import_that_was_killed_is_finished_by_the_next_one(
    lastro: Lastro, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "sample.csv"
    write_sample(path, today=TODAY, contracts=CONTRACTS)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.application.portfolio.importing_process", database_url, str(path)],
        cwd=ROOT,
    )
    try:
        eventually(lambda: signed(lastro) > 0 or child.poll() is not None, 60, "the first contracts")
    finally:
        child.kill()
        child.wait()
    cut = signed(lastro)
    assert 0 < cut < CONTRACTS

    desk = desk_on(lastro)
    imported = tallies(desk.run(path))

    assert desk.problems == []
    assert (imported["contrato"].new, imported["contrato"].same) == (CONTRACTS - cut, cut)
    events = desk.events()
    codes = Counter(event.code for event in events if isinstance(event, ContractSigned | CustomerRegistered))
    assert set(codes.values()) == {1}
    assert len(codes) == CONTRACTS + CONTRACTS * 2 // 3
    assert len({e.originator_id for e in events if isinstance(e, InvoiceOpened)}) == sum(
        isinstance(event, InvoiceOpened) for event in events
    )


def people(count: int) -> Rows:
    return tuple(
        ("cliente", {"codigo": f"P{n}", "nome": f"Pessoa {n}", "pessoa": "física"}) for n in range(count)
    )


def peak_of_reading(path: Path) -> int:
    """The most memory that reading every entry and noting its code takes, in bytes."""
    tracemalloc.start()
    try:
        with Seen() as seen:
            for entry in entries(read_rows(path, lambda problem: None), lambda problem: None):
                assert seen.first_line(entry.kind, entry.key or "", entry.row.line) is None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    small, large = (write_csv(tmp_path / f"{n}.csv", people(n)) for n in (1_000, 10_000))

    assert peak_of_reading(large) < peak_of_reading(small) * 1.3


def test_rows_are_counted_for_the_progress_bar_without_the_header(tmp_path: Path) -> None:
    assert count_rows(write_csv(tmp_path / "a.csv", people(5))) == 5
    assert count_rows(tmp_path / "a.xlsx") is None


def test_progress_reaches_the_number_of_rows(lastro: Lastro, tmp_path: Path) -> None:
    item = {"codigo": "K1", "empresa": "NIMBO", "descricao": "Visita", "valor_unitario": "1"}
    rows = (*GOOD, ("contrato", item), *people(700), ("cliente", {"nome": "sem código"}))
    path = write_csv(tmp_path / "a.csv", rows)
    done: list[int] = []
    desk = desk_on(lastro)
    desk.importer.run(SYSTEM, path, desk.problems.append, done.append)

    assert sum(done) == count_rows(path) == len(rows)


def test_codes_are_told_apart_by_kind_and_refused_ones_are_remembered() -> None:
    with Seen() as seen:
        assert seen.first_line(Kind.CUSTOMER, "A", 2) is None
        assert seen.first_line(Kind.COMPANY, "A", 3) is None
        assert seen.first_line(Kind.CUSTOMER, "A", 9) == 2
        seen.refuse(Kind.CUSTOMER, "A")
        assert seen.is_refused(Kind.CUSTOMER, "A")
        assert not seen.is_refused(Kind.COMPANY, "A")
