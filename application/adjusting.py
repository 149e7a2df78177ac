"""Which index clauses act today, and the points that they act on (F127, V5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from application.app import Lastro
from application.lookups import Lookup, Lookups
from domain.contract.adjustment import Published
from domain.contract.contract import Contract
from domain.contract.contract import project as project_contract
from domain.price_index.price_index import project as project_index
from domain.values.text import code_key


def due_for_adjustment(lastro: Lastro, contract_ids: Iterable[UUID], today: date) -> list[Contract]:
    """Those of the contracts whose next adjustment date has come."""
    contracts = lastro.load_many(project_contract, list(contract_ids)).values()
    return [each for each in contracts if each.next_adjustment_on and each.next_adjustment_on <= today]


def points_of(lastro: Lastro, lookups: Lookups, contracts: Iterable[Contract]) -> dict[str, Published]:
    """The published points of the contracts' indices, by the code in the clause; without the unregistered."""
    clauses = (contract.plan.terms.adjustment for contract in contracts)
    keys = {each.index: (Lookup.PRICE_INDEX_CODE, code_key(each.index)) for each in clauses if each}
    ids = lookups.find_many(keys.values())
    indices = lastro.load_many(project_index, set(ids.values()))
    return {code: indices[ids[key]].points for code, key in keys.items() if key in ids}
