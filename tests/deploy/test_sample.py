"""The sample portfolio is accepted whole on any day, and holds every kind of thing that a demo is to show."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from application.app import Lastro
from application.portfolio.columns import Kind
from application.portfolio.entries import Entry, entries
from application.portfolio.importer import Tally
from application.portfolio.problems import Problem
from application.portfolio.reading import read_rows
from application.portfolio.terms import contract_form
from deploy.local.sample import write_sample
from deploy.local.sample_words import ODD_NAMES
from domain.contract.contract import Contract
from domain.service.service import Service
from tests.support.portfolio import desk_on, tallies

TODAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ANY = UUID(int=1)


def service(code: str) -> Service:
    return Service(
        id=ANY,
        version=1,
        code=code,
        description="x",
        kind="service",
        list_price=None,
        lc116=None,
        ctribnac=None,
    )


def sampled(path: Path, *, today: date = TODAY, contracts: int = 2000) -> list[Entry]:
    """The sample's entries; not one of its cells may be wrong."""
    write_sample(path, today=today, contracts=contracts)
    problems: list[Problem] = []
    found = list(entries(read_rows(path, problems.append), problems.append))
    assert problems == []
    return found


def values(found: list[Entry], kind: Kind, column: str) -> list[Any]:
    return [entry.values[column] for entry in found if entry.kind is kind and entry.values is not None]


@pytest.mark.slow
def test_the_sample_goes_in_whole(lastro: Lastro, tmp_path: Path) -> None:
    desk = desk_on(lastro, lambda: NOW)
    write_sample(tmp_path / "sample.csv", today=TODAY)

    imported = desk.run(tmp_path / "sample.csv")

    assert desk.problems == []
    assert tallies(imported) == {
        "empresa": Tally(new=3),
        "conta": Tally(new=5),
        "servico": Tally(new=11),
        "cliente": Tally(new=1333),
        "contrato": Tally(new=2000),
    }


@pytest.mark.parametrize("today", ["2024-02-29", "2025-10-15", "2026-12-31", "2027-01-31", "2028-03-01"])
def test_every_contract_of_the_sample_can_be_signed_on_any_day(tmp_path: Path, today: str) -> None:
    day = date.fromisoformat(today)
    found = [e for e in sampled(tmp_path / "s.csv", today=day, contracts=600) if e.kind is Kind.CONTRACT]

    for entry in found:
        form = contract_form(entry, ANY, ANY, ANY, service)
        assert len(Contract.sign(ANY, ANY, form.code or "", ANY, form.terms, day, NOW)) > 1
    assert len(found) == 600


def test_the_sample_has_contracts_of_every_kind(tmp_path: Path) -> None:
    found = sampled(tmp_path / "s.csv")

    def all_of(column: str) -> Counter[Any]:
        return Counter(values(found, Kind.CONTRACT, column))

    assert all_of("periodicidade").keys() == {
        "weekly",
        "fortnightly",
        "monthly",
        "bimonthly",
        "quarterly",
        "half_yearly",
        "yearly",
    }
    assert all_of("tipo_pagamento").keys() == {"recurring", "split"}
    assert all_of("emite_nota").keys() == {"per_instalment", "single", "none"}
    assert all_of("retroativo").keys() == {"every_period", "from_today", "from_next_month"}
    assert all_of("indice_nao_publicado").keys() == {"hold", "last_known"}
    assert all_of("dia_nao_util").keys() == {"none", "next", "previous"}
    assert all_of("indice").keys() == {None, "IGPM", "IPCA", "INPC"}
    assert {"boleto", "pix", "bank_transfer", "cash", "credit_card"} <= all_of("forma_pagamento").keys()
    assert all_of("valor_variavel").keys() == all_of("consumidor").keys() == {True, False}
    for column in (
        "data_termino",
        "parcelas",
        "divisao",
        "valor_bruto",
        "pro_rata_desde",
        "primeiro_vencimento",
    ):
        assert len(all_of(column)) > 1, column
    assert any(entry.items for entry in found)
    assert min(values(found, Kind.CONTRACT, "data_inicio")) < date(2025, 1, 15)


def test_contracts_of_goods_want_no_nota_of_services(tmp_path: Path) -> None:
    found = sampled(tmp_path / "s.csv")
    services = [entry.values for entry in found if entry.kind is Kind.SERVICE and entry.values is not None]
    goods = {each["codigo"] for each in services if each["natureza"] == "product"}
    wanted = []
    for entry in found:
        if entry.kind is Kind.CONTRACT and entry.values is not None and entry.values["servico"]:
            sold = {entry.values["servico"], *(item["servico"] for _, item in entry.items)}
            wanted += [entry.values["emite_nota"]] if sold <= goods else []
    assert wanted
    assert set(wanted) == {"none"}


def test_the_sample_has_odd_customers_and_services_without_fiscal_code(tmp_path: Path) -> None:
    found = sampled(tmp_path / "s.csv")
    documents = values(found, Kind.CUSTOMER, "documento")
    names = set(values(found, Kind.CUSTOMER, "nome"))

    assert {" ".join(name.split()) for name in ODD_NAMES} <= names
    assert None in documents
    assert None in values(found, Kind.CUSTOMER, "contato_email")
    assert any(any(c.isalpha() for c in document) for document in documents if document)
    assert None in values(found, Kind.SERVICE, "item_lc116")
    assert len([cnpj for cnpj in values(found, Kind.COMPANY, "cnpj") if not cnpj.isdigit()]) == 1


def test_the_sample_is_the_same_for_a_seed_and_a_day(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(tmp_path / name, today=TODAY, contracts=50)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
