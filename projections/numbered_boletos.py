"""Finds every boleto ever numbered: in the receivables, and in the log as far as these are behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from application.database import Connection, Database
from application.ports import NumberedBoleto, ReadModelBehindError

FARTHEST_BEHIND = 500_000
"""So many facts are looked through for boletos that the read model does not show; a second or so."""

_BOLETO = (
    "stream_id, (state->>'instalment')::integer, (state->>'account_id')::uuid, state->>'nosso_numero',"
    " state->>'linha_digitavel' FROM event"
)
_ISSUED = " topic = 'invoice.boleto_issued.v1' AND state->>'nosso_numero' = ANY(%(numbers)s)"
# The boleto's own fact is one probe away, and says the account.
_SHOWN = f"""
SELECT event.position, {_BOLETO} JOIN receivable_boletos AS boleto
    ON stream_id = invoice_id AND event.version = boleto.version
WHERE boleto.nosso_numero = ANY(%(numbers)s) ORDER BY event.position
"""
_PARKED = f"""
SELECT event.position, {_BOLETO} WHERE {_ISSUED}
    AND stream_id IN (SELECT stream_id FROM projection_parked WHERE projection = 'receivables')
"""  # noqa: S608 - our own constant
_MISSING = f"SELECT position, {_BOLETO} WHERE position > %(behind)s AND {_ISSUED}"
_POSITION = """
SELECT position, (SELECT last_value FROM event_position),
    EXISTS (SELECT FROM projection_parked WHERE projection = 'receivables')
FROM projection WHERE name = 'receivables' AND live
"""


class NumberedBoletosQuery:
    """The port `NumberedBoletos`. Raises `ReadModelBehindError` where the receivables are too far behind."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def numbered(self, nosso_numeros: Collection[str]) -> Sequence[NumberedBoleto]:
        """See the port. How far the read model is, is asked first: it may show more, never less."""
        numbers = list(nosso_numeros)
        with self._database.connection() as connection:
            behind, parked = _standing(connection)
            found = connection.execute(_SHOWN, {"numbers": numbers}).fetchall()
            if behind is not None:
                found += connection.execute(_MISSING, {"numbers": numbers, "behind": behind}).fetchall()
            if parked:
                found += connection.execute(_PARKED, {"numbers": numbers}).fetchall()
        by_position = {position: boleto for position, *boleto in found}
        return [NumberedBoleto(*by_position[position]) for position in sorted(by_position)]


def _standing(connection: Connection) -> tuple[int | None, bool]:
    """The position after which the log is to be looked through, if any, and whether streams are parked."""
    row = connection.execute(_POSITION).fetchone()
    if row is None:
        raise ReadModelBehindError("the receivables are not built yet")
    position, last, parked = row
    if last - position > FARTHEST_BEHIND:
        raise ReadModelBehindError(f"the receivables are {last - position} facts behind")
    return (position if last > position else None), parked
