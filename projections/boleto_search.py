"""Finds boletos by what a person types or pastes for their number; each reading is a range of an index."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg import sql

from application.database import Connection
from domain.boleto.typed import Ending, Number, TypedBoleto, typed_boleto
from projections.search_key import prefix_end


def invoices_of_boleto(connection: Connection, text: str, most: int) -> tuple[UUID, ...]:
    """The invoices of the boletos that the text may mean, at most `most`; none where it is no number."""
    return tuple(dict.fromkeys(invoice_id for _, invoice_id in boletos_meant(connection, text, most)))


def boletos_meant(connection: Connection, text: str, most: int) -> list[tuple[str, UUID]]:
    """The same boletos, each with its nosso número.

    A nosso número that merely begins so is meant only if no other reading finds any, or if it was typed with
    the zeros in front that a whole one has.
    """
    typed = typed_boleto(text)
    for query in boletos_query(typed, most) if typed else ():
        if found := connection.execute(query).fetchall():
            return found
    return []


def boletos_query(typed: TypedBoleto, most: int) -> list[sql.Composed]:
    """The queries to be asked one after the other, until one finds something."""
    whole = _meant(typed) if typed.numbers or typed.endings else []
    begun = [_beginning(typed.beginning)] if typed.beginning is not None else []
    rounds = [whole + begun] if typed.begins_with_zeros else [whole, begun]
    return [_query(readings, most) for readings in rounds if readings]


def _query(readings: Sequence[sql.Composable], most: int) -> sql.Composed:
    parts = [
        sql.SQL("(SELECT nosso_numero, invoice_id FROM receivable_boletos WHERE {} LIMIT {})").format(
            reading, most
        )
        for reading in readings
    ]
    query = sql.SQL("SELECT DISTINCT nosso_numero, invoice_id FROM ({}) AS found LIMIT {}")
    return query.format(sql.SQL(" UNION ALL ").join(parts), most)


def _meant(typed: TypedBoleto) -> list[sql.Composable]:
    if typed.linha_digitavel is not None:
        numbers = [each.nosso_numero for each in typed.numbers]
        condition = sql.SQL("nosso_numero = ANY({}) AND linha_digitavel = {}")
        return [condition.format(numbers, typed.linha_digitavel)]
    return [*map(_number, typed.numbers), *map(_ending, typed.endings)]


def _number(number: Number) -> sql.Composable:
    return sql.SQL("nosso_numero = {} AND {}").format(
        number.nosso_numero, _printed(number.begins, number.ends)
    )


def _beginning(number: Number) -> sql.Composable:
    return sql.SQL("nosso_numero >= {} AND nosso_numero < {} AND {}").format(
        number.nosso_numero, prefix_end(number.nosso_numero), _printed(number.begins, number.ends)
    )


def _ending(ending: Ending) -> sql.Composable:
    backwards = ending.digits[::-1]
    return sql.SQL(
        'length(nosso_numero) > 8 AND reverse(nosso_numero) COLLATE "C" >= {}'
        ' AND reverse(nosso_numero) COLLATE "C" < {} AND length(nosso_numero) = {} AND {}'
    ).format(backwards, prefix_end(backwards), ending.length, _printed("", ending.ends))


def _printed(begins: str, ends: str) -> sql.Composable:
    parts: list[sql.Composable] = [sql.SQL("true")]
    if begins:
        parts.append(sql.SQL("left(printed, {}) = {}").format(len(begins), begins))
    if ends:
        parts.append(sql.SQL("right(printed, {}) = {}").format(len(ends), ends))
    return sql.SQL(" AND ").join(parts)
