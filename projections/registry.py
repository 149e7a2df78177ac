"""Every read model of the product, and which of them share a thread of the worker."""

from __future__ import annotations

from collections.abc import Sequence

from application.event_store.keys import Keyring
from projections.accounts.model import ACCOUNTS
from projections.audit.model import AUDIT
from projections.billing_runs.model import BILLING_RUNS
from projections.companies.model import COMPANIES
from projections.contracts.model import CONTRACTS
from projections.customers.model import customers
from projections.invoice_as_of.model import INVOICE_AS_OF
from projections.invoice_grid.model import INVOICE_GRID
from projections.invoice_history.model import INVOICE_HISTORY
from projections.projection import Projection
from projections.receivables.model import RECEIVABLES
from projections.sales_to_bill.model import SALES_TO_BILL
from projections.services.model import SERVICES
from projections.settlements.model import SETTLEMENTS

_KEYLESS = (
    ACCOUNTS,
    AUDIT,
    BILLING_RUNS,
    COMPANIES,
    CONTRACTS,
    INVOICE_AS_OF,
    INVOICE_GRID,
    INVOICE_HISTORY,
    RECEIVABLES,
    SALES_TO_BILL,
    SERVICES,
    SETTLEMENTS,
)
NAMES = frozenset({"customers", *(model.name for model in _KEYLESS)})
"""What every read model is called; pages and API need all of them."""


def lanes(keyring: Keyring) -> Sequence[Sequence[Projection]]:
    """The models by thread: the listing waits for no other; the largest, of the past, hold up nobody."""
    rest = (
        COMPANIES,
        ACCOUNTS,
        SERVICES,
        customers(keyring),
        BILLING_RUNS,
        CONTRACTS,
        RECEIVABLES,
        SALES_TO_BILL,
        SETTLEMENTS,
    )
    return ((INVOICE_GRID,), (INVOICE_HISTORY, AUDIT), (INVOICE_AS_OF,), rest)


def projections(keyring: Keyring) -> list[Projection]:
    """Every read model."""
    return [model for lane in lanes(keyring) for model in lane]
