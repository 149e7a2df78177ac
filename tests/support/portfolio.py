"""Portfolio files for the tests: a small good one, and the import on a database of the test's own."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from application.access import SYSTEM
from application.accounts import Accounts
from application.app import Lastro
from application.clock import Clock
from application.companies import Companies
from application.contracts import Contracts
from application.customers import Customers
from application.lookups import Lookups
from application.portfolio.columns import COLUMNS, SHEETS
from application.portfolio.importer import Imported, PortfolioImport, Tally
from application.portfolio.problems import Problem
from application.portfolio.references import Registries
from application.price_indices import PriceIndices
from application.services import Services
from domain.contract.events import ContractSigned
from domain.kernel import DomainEvent

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
CNPJ = "11.222.333/0001-81"

type Cells = Mapping[str, object]
type Rows = Sequence[tuple[str, Cells]]

COMPANY: Cells = {"codigo": "NIMBO", "razao_social": "Nimbo Ltda.", "cnpj": CNPJ, "municipio_ibge": "3550308"}
ACCOUNT: Cells = {
    "codigo": "ITAU",
    "empresa": "NIMBO",
    "nome": "Itaú",
    "tipo_conta": "banco",
    "banco": "341",
    "agencia": "0057",
    "conta_numero": "12345",
    "conta_digito": "7",
    "carteira": "109",
    "multa_percentual": "2,00",
    "juros_percentual_mes": "1,00",
}
SERVICE: Cells = {
    "codigo": "ERP",
    "empresa": "NIMBO",
    "descricao": "Licença do ERP",
    "preco": "349,90",
    "item_lc116": "1.05",
}
CUSTOMER: Cells = {
    "codigo": "C1",
    "nome": "Padaria Água Verde Ltda.",
    "pessoa": "jurídica",
    "documento": "12.ABC.345/01DE-35",
    "logradouro": "Rua das Acácias",
    "cidade": "Curitiba",
    "uf": "PR",
    "cep": "80010-000",
    "contato_email": "ana@padaria.example",
}
CONTRACT: Cells = {
    "codigo": "K1",
    "empresa": "NIMBO",
    "cliente": "C1",
    "conta": "ITAU",
    "data_inicio": "01/01/2026",
    "parcelas": "3",
    "dia_vencimento": "10",
    "retroativo": "todas",
    "forma_pagamento": "boleto",
    "servico": "ERP",
}
GOOD: Rows = (
    ("empresa", COMPANY),
    ("conta", ACCOUNT),
    ("servico", SERVICE),
    ("cliente", CUSTOMER),
    ("contrato", CONTRACT),
)


def write_csv(path: Path, rows: Rows, *, encoding: str = "utf-8") -> Path:
    """The rows as a file that a spreadsheet of Brazil would save."""
    names = ["tipo", *dict.fromkeys(name for _, cells in rows for name in cells)]
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=";", restval="")
        writer.writeheader()
        writer.writerows({"tipo": kind, **cells} for kind, cells in rows)
    return path


def write_workbook(path: Path, rows: Rows) -> Path:
    """The rows as a workbook with a sheet per kind."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for kind, name in SHEETS.items():
        sheet = book.create_sheet(name)
        columns = [column.name for column in COLUMNS[kind]]
        sheet.append(columns)
        for found, cells in rows:
            if found == kind.value:
                sheet.append([cells.get(column) for column in columns])
    book.save(path)
    return path


@dataclass
class Desk:
    """The import, and what tests look at afterwards."""

    lastro: Lastro
    importer: PortfolioImport
    registries: Registries
    problems: list[Problem] = field(default_factory=list)

    def run(self, path: Path) -> Imported:
        """Import as the system; `problems` are those of this run."""
        self.problems.clear()
        return self.importer.run(SYSTEM, path, self.problems.append)

    def events(self) -> list[DomainEvent]:
        """Every fact, personal fields opened."""
        return self.lastro.opened(self.lastro.read(0, 1_000_000))

    def codes(self) -> list[tuple[int, str | None, str]]:
        """Line, column and code of each problem of the last run."""
        return [(problem.line, problem.column, problem.code) for problem in self.problems]


def changed(cells: Cells, **others: object) -> Cells:
    """The cells with some of them otherwise."""
    return {**cells, **others}


def with_contract(**cells: object) -> Rows:
    """The good rows, the contract with some cells otherwise."""
    return (*GOOD[:4], ("contrato", changed(CONTRACT, **cells)))


def signed(desk: Desk) -> ContractSigned:
    """The only contract."""
    (fact,) = [event for event in desk.events() if isinstance(event, ContractSigned)]
    return fact


def desk_on(lastro: Lastro, clock: Clock = lambda: NOW) -> Desk:
    """The import on this application, at a fixed instant unless told otherwise."""
    lookups = Lookups(lastro.database, b"s" * 32)
    registries = Registries(
        lastro=lastro,
        companies=Companies(lastro, lookups, clock),
        accounts=Accounts(lastro, lookups, clock),
        services=Services(lastro, lookups, clock),
        customers=Customers(lastro, lookups, clock),
        indices=PriceIndices(lastro, lookups, clock),
    )
    contracts = Contracts(lastro, lookups, clock)
    return Desk(lastro, PortfolioImport(registries, contracts), registries)


def tallies(imported: Imported) -> dict[str, Tally]:
    """By the word of the kind, less those of which the file had nothing."""
    return {kind.value: tally for kind, tally in imported.kinds.items() if tally != Tally()}
