"""From a number that is printed or typed to the streams that it stands on: boletos and contracts."""

from __future__ import annotations

from uuid import UUID

from application.database import Database
from domain.boleto.typed import typed_boleto
from projections.reading import reading
from projections.search_key import search_key

_MOST_STREAMS = 200


def streams_of_number(database: Database, text: str) -> tuple[UUID, ...]:
    """The invoices with a boleto of this nosso número, linha digitável or barcode, and contracts so numbered.

    As printed (109/00002091-8) or without punctuation. Empty when there is none.
    """
    typed = typed_boleto(text)
    asked = [(number.nosso_numero, number.begins, number.ends) for number in typed.numbers] if typed else []
    asked.append((search_key(text.strip()), "", ""))
    numbers, begins, ends = (list(column) for column in zip(*asked, strict=True))
    linha = typed.linha_digitavel if typed else None
    query = (
        "SELECT DISTINCT stream_id"
        " FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked (number, begins, ends)"
        " JOIN audit_numbers AS known USING (number)"
        " WHERE starts_with(printed, begins) AND right(printed, length(ends)) = ends"
        " AND (%s::text IS NULL OR linha_digitavel = %s) ORDER BY stream_id LIMIT %s"
    )
    with reading(database) as connection:
        rows = connection.execute(query, (numbers, begins, ends, linha, linha, _MOST_STREAMS)).fetchall()
    return tuple(stream for (stream,) in rows)
