"""A company that comes from another system goes on from its nosso números, however often it imports."""

from __future__ import annotations

from pathlib import Path

from application.app import Lastro
from application.portfolio.importer import Tally
from domain.numbering.events import NumberingAdvanced
from tests.support.portfolio import ACCOUNT, GOOD, desk_on, tallies, write_csv
from web.wording.portfolio import problem_text


def test_the_next_nosso_numero_of_a_former_system_is_taken_over_once(lastro: Lastro, tmp_path: Path) -> None:
    desk = desk_on(lastro)
    rows = (GOOD[0], ("conta", {**ACCOUNT, "proximo_nosso_numero": "15.001"}))
    file = write_csv(tmp_path / "carteira.csv", rows)
    desk.run(file)

    (advanced,) = [event for event in desk.events() if isinstance(event, NumberingAdvanced)]
    assert advanced.next_number == 15001
    assert tallies(desk.run(file))["conta"] == Tally(same=1)
    assert desk.codes() == []


def test_a_next_nosso_numero_that_the_bank_cannot_carry_is_told(lastro: Lastro, tmp_path: Path) -> None:
    desk = desk_on(lastro)
    plain = {name: value for name, value in ACCOUNT.items() if name != "carteira"}
    rows = (
        GOOD[0],
        ("conta", {**ACCOUNT, "proximo_nosso_numero": "100000000"}),
        ("conta", {**plain, "codigo": "OUTRA", "proximo_nosso_numero": "5"}),
    )
    desk.run(write_csv(tmp_path / "carteira.csv", rows))

    assert [problem_text(each) for each in sorted(desk.problems, key=lambda problem: problem.line)] == [
        "linha 3, coluna proximo_nosso_numero: «100000000» já foi usado por um boleto daqui, ou não cabe no"
        " nosso número deste banco. Informe de 1 a 99999999.",
        "linha 4, coluna carteira: está vazia. Para emitir boletos, preencha também: carteira.",
    ]
