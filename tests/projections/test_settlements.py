"""Receipts as the read model shows them, what waits for a boleto, and boletos that a lagging model lacks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.database import Database
from application.ports import ReadModelBehindError
from domain.boleto.barcode import linha_digitavel
from domain.invoice.events import BoletoIssued
from domain.settlement.events import PayerSaid, SettlementEvent
from domain.settlement.settlement import Place, Settlement, evolve
from domain.values.ids import settlement_id
from projections import numbered_boletos
from projections.numbered_boletos import NumberedBoletosQuery
from projections.projection import Projection
from projections.receivables.model import RECEIVABLES
from projections.settlements.model import SETTLEMENTS
from projections.settlements.waiting import WaitingReceiptsQuery
from tests.application.world import World
from tests.projections.rows import fed, record
from tests.projections.settled import SOURCE, TODAY, told

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
COMPANY, CUSTOMER, ACCOUNT, INVOICE = (UUID(int=number) for number in range(1, 5))
PLACE = Place(COMPANY, INVOICE, 1, CUSTOMER, ACCOUNT)
BARCODE = "34196166700000123451091234567880057123457000"
LINHA = linha_digitavel(BARCODE)
NOTHING = Decimal("0.00")


def id_of(reference: str) -> UUID:
    return settlement_id(SOURCE, reference)


def held(reference: str, **names: Any) -> SettlementEvent:
    payer = PayerSaid(name="Maria", document=None, text=None)
    why: Any = "boleto_unknown"
    return Settlement.hold(id_of(reference), told(reference, **names), None, None, why, payer, NOW, TODAY)


def lived(*decisions: str) -> list[SettlementEvent]:
    """The facts of receipt E-1 through these decisions."""
    facts: list[SettlementEvent] = []
    state: Settlement | None = None
    for decision in decisions:
        fact = _decided(decision, state)
        assert fact is not None
        facts.append(fact)
        state = evolve(state, fact)
    return facts


def _decided(decision: str, state: Settlement | None) -> SettlementEvent | None:
    match decision:
        case "applied":
            return Settlement.apply(id_of("E-1"), told("E-1"), PLACE, "invoice", Decimal("1.00"), NOW, TODAY)
        case "held":
            return held("E-1")
        case "reversed first":
            return Settlement.reverse_first(SOURCE, "E-1", None, None, "devolvido", NOW)
    assert state is not None
    match decision:
        case "identified":
            return state.identify(PLACE, "person", NOTHING, LATER)
        case "released":
            return state.release("engano", LATER)
        case "reversed":
            return state.reverse(None, TODAY, "devolvido", LATER)
        case _:
            return state.arrive(told("E-1"), COMPANY, ACCOUNT, LATER, TODAY)


@pytest.mark.parametrize("page_size", [1, 100])
@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        (["applied"], ("applied", str(COMPANY), str(INVOICE), 1.0, "invoice", None)),
        (["held"], ("unidentified", None, None, None, None, "boleto_unknown")),
        (["held", "identified"], ("applied", str(COMPANY), str(INVOICE), 0.0, "person", None)),
        (["applied", "released"], ("unidentified", str(COMPANY), None, None, None, None)),
        (["applied", "reversed"], ("reversed", str(COMPANY), str(INVOICE), 1.0, "invoice", None)),
        (["held", "identified", "released"], ("unidentified", None, None, None, None, None)),
        (["held", "reversed"], ("reversed", None, None, None, None, "boleto_unknown")),
        (["reversed first"], ("awaited", None, None, None, None, None)),
        (["reversed first", "voided"], ("void", str(COMPANY), None, None, None, None)),
        (
            ["held", "identified", "released", "identified"],
            ("applied", str(COMPANY), str(INVOICE), 0.0, "person", None),
        ),
    ],
)
def test_a_receipt_stands_where_its_facts_left_it(
    lastro: Lastro, database: Database, decisions: list[str], expected: tuple[object, ...], page_size: int
) -> None:
    record(lastro, lived(*decisions))
    (row,) = fed(database, SETTLEMENTS, page_size)["settlements"]
    names = ("state", "company_id", "invoice_id", "excess", "found_by", "why")
    assert tuple(row[name] for name in names) == expected
    assert row["version"] == len(decisions)
    assert row["listed_on"] == "2026-11-03"


def test_nothing_of_who_is_said_to_have_paid_is_kept(lastro: Lastro, database: Database) -> None:
    record(lastro, [held("E-1")])
    (row,) = fed(database, SETTLEMENTS)["settlements"]
    assert "payer" not in str(row)
    assert "Maria" not in str(row)


NAMING: Sequence[tuple[dict[str, object], bool]] = [
    ({"barcode": BARCODE}, True),
    ({"linha_digitavel": f"{LINHA[:5]}.{LINHA[5:]}"}, True),
    ({"bank_code": "341", "nosso_numero": "12345678"}, True),
    ({"bank_code": "341", "nosso_numero": "0000012345678"}, True),
    ({"invoice_id": INVOICE}, True),
    ({"bank_code": "341", "nosso_numero": "12345679"}, False),
    ({"invoice_id": UUID(int=99)}, False),
    ({}, False),
]


@pytest.mark.parametrize(("names", "meant"), NAMING)
def test_what_waits_is_found_by_whatever_it_names(
    lastro: Lastro, database: Database, names: dict[str, object], meant: bool
) -> None:
    record(lastro, [held("E-1", **names)])
    fed(database, SETTLEMENTS)
    found = WaitingReceiptsQuery(database).naming([INVOICE], [LINHA])
    assert found == ([id_of("E-1")] if meant else [])


def test_what_the_read_model_does_not_show_yet_may_be_meant(lastro: Lastro, database: Database) -> None:
    record(lastro, [held("E-1", invoice_id=INVOICE)])
    fed(database, SETTLEMENTS)
    record(lastro, [held("E-2")])
    found = WaitingReceiptsQuery(database).naming([INVOICE], [])
    assert found == [id_of("E-1"), id_of("E-2")]


def test_without_the_read_model_nobody_says_that_nothing_waits(database: Database) -> None:
    with pytest.raises(ReadModelBehindError):
        WaitingReceiptsQuery(database).naming([INVOICE], [])
    with pytest.raises(ReadModelBehindError):
        NumberedBoletosQuery(database).numbered(["00000001"])


def billed(lastro: Lastro, world: World, code: str) -> BoletoIssued:
    invoice = world.sign(code)[0]
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    boleto = lastro.opened(lastro.read(0, 100_000, [BoletoIssued.TOPIC]))[-1]
    assert isinstance(boleto, BoletoIssued)
    return boleto


def test_a_boleto_is_found_however_far_behind_the_read_model_is(lastro: Lastro, database: Database) -> None:
    world, query = World(lastro), NumberedBoletosQuery(database)
    fed(database, RECEIVABLES)
    behind = billed(lastro, world, "A-1")
    assert [each.invoice_id for each in query.numbered([behind.nosso_numero, "x"])] == [behind.originator_id]
    fed(database, RECEIVABLES)
    later = billed(lastro, world, "A-2")
    found = query.numbered([behind.nosso_numero, later.nosso_numero])
    assert [each.invoice_id for each in found] == [behind.originator_id, later.originator_id]
    assert {each.account_id for each in found} == {world.account}
    assert found[0].linha_digitavel == behind.linha_digitavel


def test_a_boleto_of_a_parked_stream_is_found(lastro: Lastro, database: Database) -> None:
    boleto = billed(lastro, World(lastro), "A-1")
    fed(database, RECEIVABLES)
    _forget_and_park(database, RECEIVABLES, boleto)
    found = NumberedBoletosQuery(database).numbered([boleto.nosso_numero])
    assert [each.invoice_id for each in found] == [boleto.originator_id]


def _forget_and_park(database: Database, projection: Projection, boleto: BoletoIssued) -> None:
    with database.connection() as connection:
        connection.execute("DELETE FROM receivable_boletos__v1")
        connection.execute(
            "INSERT INTO projection_parked"
            " (projection, projection_version, stream_id, position, topic, reason)"
            " VALUES (%s, 1, %s, 1, 'invoice.opened.v1', 'planted')",
            (projection.name, boleto.originator_id),
        )


def test_too_far_behind_it_is_waited_for(
    lastro: Lastro, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed(database, RECEIVABLES)
    billed(lastro, World(lastro), "A-1")
    monkeypatch.setattr(numbered_boletos, "FARTHEST_BEHIND", 3)
    with pytest.raises(ReadModelBehindError, match="facts behind"):
        NumberedBoletosQuery(database).numbered(["00000001"])
