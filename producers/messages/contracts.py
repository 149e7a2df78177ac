"""billing.contracts.v1: each fact of a contract as a public message."""

from __future__ import annotations

from uuid import UUID

from producers.messages import contract_payloads as payloads
from producers.messages.mapping import Data, telling

TOPIC = "billing.contracts.v1"

_SAME = (
    "gross_amount",
    "value_type",
    "variable",
    "periodicity",
    "starts_on",
    "ends_on",
    "instalment_count",
    "first_due_on",
    "due_day",
    "payment_method",
    "account_id",
    "nfse",
    "department",
)
_PUBLIC_NAMES = {
    **{name: name for name in (*_SAME, "items", "adjustment")},
    "fine_percent": "late_charges",
    "interest_percent_month": "late_charges",
}


_tells = telling(TOPIC, "contract_id")


def _terms(terms: Data) -> Data:
    clause = terms["adjustment"]
    public: Data = {"items": [_item(each) for each in terms["items"]]}
    for name in _SAME:
        public[name] = terms[name]
    public["adjustment"] = clause and {"index": clause["index"], "every_months": clause["every_months"]}
    public["late_charges"] = {
        "fine_percent": terms["fine_percent"],
        "interest_percent_month": terms["interest_percent_month"],
    }
    return public


def _item(item: Data) -> Data:
    return {
        "service_id": item["service_id"],
        "description": item["description"],
        "quantity": item["quantity"],
        "unit_price": item["unit_price"],
        "discount_percent": item["discount_percent"],
        "discount_amount": item["discount_amount"],
    }


def _changed(names: list[str]) -> list[str]:
    """What differs, in public words; what is not told is not named."""
    return list(dict.fromkeys(_PUBLIC_NAMES[name] for name in names if name in _PUBLIC_NAMES))


def _signed(contract_id: UUID, state: Data) -> Data:
    return {
        "contract_id": contract_id,
        "code": state["code"],
        "customer_id": state["customer_id"],
        "terms": _terms(state["terms"]),
    }


def _revised(contract_id: UUID, state: Data) -> Data:
    return {
        "contract_id": contract_id,
        "customer_id": state["customer_id"],
        "effective_on": state["effective_on"],
        "from_ordinal": state["from_ordinal"],
        "changed": _changed(state["changed"]),
        "terms": _terms(state["terms"]),
    }


def _adjusted(contract_id: UUID, state: Data) -> Data:
    return {
        "contract_id": contract_id,
        "effective_on": state["effective_on"],
        "from_ordinal": state["from_ordinal"],
        "index": state["index"],
        "points": state["points"],
        "factor": state["factor"],
        "outcome": state["outcome"],
        "changed": _changed(state["changed"]),
        "terms": _terms(state["terms"]),
    }


MAPPINGS = (
    _tells("contract.signed.v1", payloads.ContractSignedMessage, _signed),
    _tells("contract.installment_generated.v1", payloads.InstallmentGeneratedMessage),
    _tells("contract.installment_released.v1", payloads.InstallmentReleasedMessage),
    _tells("contract.revised.v1", payloads.ContractRevisedMessage, _revised),
    _tells("contract.adjusted.v1", payloads.ContractAdjustedMessage, _adjusted),
    _tells("contract.extended.v1", payloads.ContractExtendedMessage),
    _tells("contract.ended.v1", payloads.ContractEndedMessage),
)
