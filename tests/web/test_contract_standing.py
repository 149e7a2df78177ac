"""A contract says where it is in its life."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from projections.contracts.query import Contract
from web.pages.contracts import standing

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Vigente"),
        ({"starts_on": date(2026, 3, 11)}, "A iniciar"),
        ({"ends_on": date(2026, 3, 10)}, "Vigente"),
        ({"ends_on": date(2026, 3, 9)}, "Concluído"),
        ({"instalment_count": 3, "generated_until": date(2026, 2, 10)}, "Concluído"),
        ({"generated_until": date(2026, 2, 10)}, "Vigente"),
        ({"ended_on": date(2026, 3, 9), "ends_on": date(2026, 12, 31)}, "Encerrado"),
        ({"ended_on": date(2026, 3, 31)}, "Encerramento marcado"),
    ],
)
def test_a_contract_says_where_it_stands(said: dict[str, Any], words: str) -> None:
    fields: dict[str, Any] = {
        "starts_on": date(2026, 1, 1),
        "ends_on": None,
        "ended_on": None,
        "instalment_count": None,
        "generated_until": date(2027, 3, 10),
    }
    contract = cast(Contract, SimpleNamespace(**fields | said))
    assert standing(contract, TODAY).words == words
