"""How facts of an invoice become its row: SQL that every model of invoices puts into its own statement."""

from __future__ import annotations

from projections.projection import sql_file

PATCHES = sql_file(__file__, "invoice_grid/patches.sql").rstrip()
"""What each fact of `page` lays upon the memory of its invoice: columns `memory`, `boletos`, `receipts`."""

_FOLD = sql_file(__file__, "invoice_grid/fold.sql").rstrip()


def fold(carried: str) -> str:
    """The queries `unfolded` and `folded` upon `merged`, whose columns `carried` go along as they are."""
    return _FOLD.replace("{carried}", carried)
