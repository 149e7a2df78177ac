"""audit: which facts of the log hold a key. It finds facts by any combination; the log says what they are.

A bitmap over the log in blocks of 64 positions, one row per key and block: a row rests on the facts of many
streams, so that a rebuild reads the log in order.
"""

from __future__ import annotations

from typing import get_args

from domain.account.events import AccountEvent
from domain.billing_run.events import BillingRunEvent
from domain.company.events import CompanyEvent
from domain.contract.events import ContractEvent
from domain.customer.events import CustomerEvent
from domain.invoice.events import InvoiceEvent
from domain.numbering.events import NumberingEvent
from domain.personal_reading.events import MessageRead, PersonalDataRead
from domain.price_index.events import PriceIndexEvent
from domain.sale.events import SaleEvent
from domain.service.events import ServiceEvent
from domain.settlement.events import SettlementEvent
from domain.user.events import UserEvent, UserSignedIn
from domain.webhook.events import WebhookEvent
from projections.projection import Projection, sql_file

_FAMILIES = (
    AccountEvent,
    BillingRunEvent,
    CompanyEvent,
    ContractEvent,
    CustomerEvent,
    InvoiceEvent,
    NumberingEvent,
    PriceIndexEvent,
    SaleEvent,
    ServiceEvent,
    SettlementEvent,
    UserEvent,
    WebhookEvent,
)

TOPICS = (
    *(fact.TOPIC for family in _FAMILIES for fact in get_args(family)),
    UserSignedIn.TOPIC,
    PersonalDataRead.TOPIC,
    MessageRead.TOPIC,
)
"""Every fact of the product: one that is left out here could not be found."""

AUDIT = Projection(
    name="audit",
    version=1,
    topics=TOPICS,
    table=sql_file(__file__, "table.sql"),
    indexes=sql_file(__file__, "indexes.sql"),
    apply=sql_file(__file__, "apply.sql"),
    tables=("audit_spans", "audit_customers", "audit_numbers"),
)
