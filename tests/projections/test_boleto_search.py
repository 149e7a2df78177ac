"""A boleto is found by whatever form of its number is typed, through an index however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Connection, Database
from domain.boleto.barcode import format_linha_digitavel
from domain.boleto.typed import typed_boleto
from projections.boleto_search import boletos_query, invoices_of_boleto
from projections.receivables.model import RECEIVABLES
from tests.projections.rows import fed

MOST = 2_000
ITAU, BANCO_DO_BRASIL = UUID(int=2_091), UUID(int=1_000_000 + 2_091)
LINHA = "34191090080020910005571234570007890012300020000"
LINHA_BB = "00190000090123879800900002091178100123000020000"
OTHERS = """
INSERT INTO receivable_boletos__v1
SELECT lpad(n::text, 8, '0'), lpad(to_hex(n), 32, '0')::uuid, 3, 1,
    '109/' || lpad(n::text, 8, '0') || '-8', %s
FROM generate_series(1, 20000) AS n
UNION ALL
SELECT '1238798' || lpad(n::text, 10, '0'), lpad(to_hex(1000000 + n), 32, '0')::uuid, 3, 1,
    '1238798' || lpad(n::text, 10, '0'), %s
FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
def connection(lastro: Lastro, database: Database) -> Iterator[Connection]:
    fed(database, RECEIVABLES)
    with database.autocommit() as connection:
        connection.execute(OTHERS, (LINHA, LINHA_BB))
        connection.execute("VACUUM ANALYZE receivable_boletos__v1")
        yield connection


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("109/00002091-8", {ITAU}),
        ("00002091-8", {ITAU, BANCO_DO_BRASIL}),
        ("109/2091", {ITAU}),
        ("109000020918", {ITAU}),
        ("00002091", {ITAU, BANCO_DO_BRASIL}),
        ("2091", {ITAU, BANCO_DO_BRASIL}),
        ("12387980000002091", {BANCO_DO_BRASIL}),
        ("17/12387980000002091", {BANCO_DO_BRASIL}),
        (format_linha_digitavel(LINHA), {ITAU}),
        (LINHA, {ITAU}),
        ("34197000200002000001090000209100057123457000", set()),
        ("112/00002091-8", set()),
        ("109/00002091-7", set()),
        ("Água Viva", set()),
        ("\x00", set()),
    ],
)
def test_each_form_finds_its_boleto(connection: Connection, text: str, expected: set[UUID]) -> None:
    assert set(invoices_of_boleto(connection, text, MOST)) == expected


def test_first_digits_find_all_that_begin_so_where_nothing_else_fits(connection: Connection) -> None:
    begins = {UUID(int=1_000_000 + number) for number in range(1, 10)}
    assert set(invoices_of_boleto(connection, "1238798000000000", MOST)) == begins
    assert len(invoices_of_boleto(connection, "123879", 100)) == 100


def test_first_digits_with_their_zeros_find_all_that_begin_so_beside_the_number_itself(
    connection: Connection,
) -> None:
    begin = {UUID(int=number) for number in range(2_090, 2_100)}
    whole = {UUID(int=209), UUID(int=1_000_209)}
    assert set(invoices_of_boleto(connection, "0000209", MOST)) == begin | whole
    assert len(invoices_of_boleto(connection, "109/000020", MOST)) == 1 + 100


@pytest.mark.parametrize("text", ["2091", "109/00002091-8", LINHA, "12387980000002091", "0000209", "5"])
def test_each_form_is_looked_for_through_an_index(connection: Connection, text: str) -> None:
    typed = typed_boleto(text)
    assert typed is not None
    for query in boletos_query(typed, MOST):
        plan = "\n".join(line for (line,) in connection.execute(b"EXPLAIN " + query.as_bytes(connection)))
        assert "Index" in plan
        assert "Seq Scan" not in plan
