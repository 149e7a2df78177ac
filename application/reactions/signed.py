"""Reaction: a contract signed in a company with automatic billing is billed at once if it is due (F155)."""

from __future__ import annotations

from collections.abc import Sequence

from application.billing.due import BillingScheduler
from application.reactions.notice import Notice
from domain.contract.events import ContractSigned


class BillSigned:
    """Bills what is due of the companies where contracts were signed; twice finds nothing left."""

    name = "bill_signed"
    topics = frozenset({ContractSigned.TOPIC})

    def __init__(self, scheduler: BillingScheduler) -> None:
        self._scheduler = scheduler

    def react(self, notices: Sequence[Notice]) -> None:
        """Raises BillingLeadTakenError while another process bills: the same notices come again."""
        signed = {each.company_id for each in notices if each.company_id is not None}
        if signed:
            self._scheduler.bill_at_once(signed)
