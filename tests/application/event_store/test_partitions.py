"""A log that was cut into partitions by hash of the stream, as docs/scale.md says, is a log as before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from application.app import Lastro
from application.database import Database
from application.event_store.errors import ConcurrencyError
from projections.invoice_grid.model import INVOICE_GRID
from tests.projections.rows import CONTEXT, fed
from tests.projections.test_runner import billed, opened

DOCUMENT = Path(__file__).parents[3] / "docs" / "scale.md"


@pytest.fixture
def cut(lastro: Lastro, database: Database) -> Lastro:
    """The document's own statements, in the order in which they stand there, on a log that has facts."""
    lastro.record(CONTEXT, opened(1), opened(2))
    text = DOCUMENT.read_text(encoding="utf-8")
    with database.connection() as connection:
        for block in re.findall(r"```sql\n(.*?)```", text, re.DOTALL):
            connection.execute(block.encode())
    return lastro


def test_facts_go_on_in_order_and_versions_stay_unique(cut: Lastro, database: Database) -> None:
    before = cut.safe_position()
    after = cut.record(CONTEXT, billed(opened(1).originator_id, 2), opened(3))
    assert after == before + 2 == cut.safe_position()
    with pytest.raises(ConcurrencyError):
        cut.record(CONTEXT, billed(opened(1).originator_id, 2))
    assert [event.version for event in cut.read(0, 10)] == [1, 1, 2, 1]
    rows = fed(database, INVOICE_GRID)["invoice_grid"]
    assert sorted(row["situacao"] for row in rows) == ["billed", "pending", "pending"]


def test_no_fact_is_changed_nor_announced_in_vain_in_any_partition(cut: Lastro, database: Database) -> None:
    query = (
        "SELECT count(DISTINCT tgrelid), count(*) FROM pg_trigger"
        " WHERE tgrelid = 'event'::regclass OR tgrelid IN"
        " (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event'::regclass)"
    )
    with database.connection() as connection:
        assert connection.execute(query).fetchone() == (9, 18)
