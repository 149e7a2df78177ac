"""Finds the receipts that wait and may mean an invoice or a boleto: those shown, and those not shown yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from application.database import Database
from application.ports import ReadModelBehindError
from domain.boleto.typed import typed_boleto

# What is behind the read model's position, or parked, may be anybody's: whoever asks looks at it anyway.
_WAITING = """
SELECT settlement_id FROM (
    SELECT settlement_id, position FROM settlements WHERE state = 'unidentified'
        AND (named_invoice = ANY(%(invoices)s) OR campo_livre = ANY(%(campos)s)
            OR nosso_key = ANY(%(numbers)s))
    UNION
    SELECT stream_id, position FROM event
    WHERE position > %(behind)s AND topic = 'settlement.unidentified.v1'
    UNION
    SELECT event.stream_id, event.position FROM event JOIN projection_parked AS parked USING (stream_id)
    WHERE event.topic = 'settlement.unidentified.v1' AND parked.projection = 'settlements'
) AS found GROUP BY settlement_id ORDER BY min(position)
"""
_CONVENIO_LENGTHS = (0, 4, 6, 7, 8)


class WaitingReceiptsQuery:
    """The port `WaitingReceipts`. Raises `ReadModelBehindError` while the model is not built."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def naming(self, invoice_ids: Collection[UUID], linhas: Collection[str]) -> Sequence[UUID]:
        """See the port. How far the read model is, is asked first: it may show more, never less."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT position FROM projection WHERE name = 'settlements' AND live"
            ).fetchone()
            if row is None:
                raise ReadModelBehindError("the receipts are not built yet")
            given = {
                "invoices": list(invoice_ids),
                "campos": [linha[4:9] + linha[10:20] + linha[21:31] for linha in linhas],
                "numbers": sorted({key for linha in linhas for key in _keys(linha)}),
                "behind": row[0],
            }
            return [id for (id,) in connection.execute(_WAITING, given)]


def _keys(linha: str) -> set[str]:
    """What a receipt may call the boleto: its nosso número without zeros, with or without the convênio."""
    typed = typed_boleto(linha)
    numbers = [each.nosso_numero for each in typed.numbers] if typed else []
    return {number[cut:].lstrip("0") for number in numbers for cut in _CONVENIO_LENGTHS} - {""}
