"""A contract that began in the past says what to charge of it, and the import says what is past due (V14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from application.portfolio.importer import PastDue, Tally
from domain.invoice.events import InvoiceOpened
from tests.support.portfolio import (
    COMPANY,
    CONTRACT,
    GOOD,
    Desk,
    changed,
    signed,
    tallies,
    with_contract,
    write_csv,
)
from web.wording.portfolio import past_due_text, problem_text

YEARS_AGO = {"data_inicio": "01/03/2021", "parcelas": "", "dia_vencimento": "10"}


def test_a_start_in_the_past_without_a_choice_is_refused_with_the_choices(desk: Desk, file: Path) -> None:
    imported = desk.run(write_csv(file, with_contract(**YEARS_AGO, retroativo="")))

    assert tallies(imported)["contrato"] == Tally(refused=1)
    assert not [event for event in desk.events() if isinstance(event, InvoiceOpened)]
    assert [problem_text(problem) for problem in desk.problems] == [
        "linha 6, coluna retroativo: está vazia, e o contrato começou em 01/03/2021. Diga o que cobrar: "
        "«todas» as parcelas desde o início, também as já vencidas; só as que vencem de «hoje» em diante; ou "
        "só as do «proximo_mes» em diante."
    ]


@pytest.mark.parametrize("starts", ["15/01/2026", "01/02/2026"])
def test_a_start_today_or_later_needs_no_choice(desk: Desk, file: Path, starts: str) -> None:
    desk.run(write_csv(file, with_contract(data_inicio=starts, retroativo="")))

    assert desk.codes() == []
    assert signed(desk).terms.retroactive == "every_period"


@pytest.mark.parametrize("said", ["todas", "hoje", "proximo_mes"])
def test_what_is_signed_already_needs_no_choice_again(desk: Desk, file: Path, said: str) -> None:
    desk.run(write_csv(file, with_contract(**YEARS_AGO, retroativo=said)))

    imported = desk.run(write_csv(file, with_contract(**YEARS_AGO, retroativo="")))

    assert desk.codes() == []
    assert tallies(imported)["contrato"] == Tally(same=1)


def test_what_is_past_due_is_counted_for_each_company(desk: Desk, file: Path) -> None:
    rows = (
        ("empresa", changed(COMPANY, faturamento_automatico="sim")),
        *with_contract(**YEARS_AGO)[1:],
        ("contrato", changed(CONTRACT, codigo="K2", data_inicio="15/01/2026")),
        ("contrato", changed(CONTRACT, codigo="K3", retroativo="hoje", **YEARS_AGO)),
    )

    imported = desk.run(write_csv(file, rows))

    assert imported.past_due == (PastDue("NIMBO", automatic=True, invoices=59),)
    assert past_due_text(imported.past_due[0]) == (
        "Atenção: NIMBO tem faturamento automático, e 59 parcelas que entraram agora já venceram: serão "
        "faturadas sem que ninguém peça, com o vencimento que já passou."
    )
    assert desk.run(file).past_due == ()


def test_one_instalment_is_told_in_the_singular() -> None:
    assert "1 parcela que entrou agora já venceu: será faturada" in past_due_text(PastDue("A", True, 1))


def test_an_empty_cell_leaves_automatic_billing_as_it_is(desk: Desk, file: Path) -> None:
    desk.run(write_csv(file, (("empresa", changed(COMPANY, faturamento_automatico="sim")),)))

    imported = desk.run(write_csv(file, GOOD))

    assert tallies(imported)["empresa"] == Tally(same=1)
    assert [each.automatic for each in imported.past_due] == [True]
