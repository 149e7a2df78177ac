"""A fact is one message, the same whenever it is made, under the key of its aggregate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest

from application.event_store.reading import RecordedEvent
from application.event_store.upcasters import UPCASTERS, Upcaster
from producers.messages.catalogue import FactUnmappedError, messages_of
from tests.support.messages import SAMPLES, recorded


def _fact(sample: str, **changes: Any) -> RecordedEvent:
    return replace(recorded(SAMPLES / f"{sample}.json"), **changes)


def _said(event: RecordedEvent) -> Any:
    (message,) = messages_of(event)
    assert message.value is not None
    return orjson.loads(message.value)


def test_the_same_fact_gives_the_same_bytes() -> None:
    assert messages_of(_fact("invoice.opened.v1")) == messages_of(_fact("invoice.opened.v1"))


def test_the_envelope_is_the_fact_s() -> None:
    event = _fact("invoice.billed.v1", position=42, causation_id=UUID(int=9))
    (message,) = messages_of(event, source="urn:lastro:casa")
    assert message.value is not None
    said = orjson.loads(message.value)
    assert (message.topic, message.key) == ("billing.invoices.v1", str(event.stream_id).encode())
    assert (message.id, message.type, message.company_id, message.position) == (
        event.event_id,
        "billing.invoice.billed.v1",
        event.company_id,
        42,
    )
    assert said["sequence"] == "00000000000000000042"
    assert said["source"] == "urn:lastro:casa"
    assert said["subject"] == said["partitionkey"] == said["data"]["invoice_id"] == str(event.stream_id)
    assert (said["streamversion"], said["companyid"]) == (event.version, str(event.company_id))
    assert said["causationid"] == str(UUID(int=9))
    assert "actor" not in said


def test_instants_are_utc_whatever_the_session_s_zone() -> None:
    event = _fact("invoice.billed.v1")
    elsewhere = event.occurred_at.astimezone(timezone(timedelta(hours=-3)))
    assert _said(replace(event, occurred_at=elsewhere))["time"] == "2026-03-02T12:30:00.123456Z"


def test_what_belongs_to_no_company_names_none() -> None:
    assert "companyid" not in _said(_fact("price_index.registered.v1"))


def test_an_amount_is_the_sum_of_the_instalments() -> None:
    event = _fact("invoice.opened.v1")
    one = event.state["instalments"][0]
    event.state["instalments"] = [{**one, "number": n, "amount": "331.67"} for n in (1, 2, 3)]
    assert _said(event)["data"]["amount"] == "995.01"


def test_what_a_receipt_settles_is_principal_and_discount() -> None:
    event = _fact("invoice.installment_paid.v1")
    event.state.update(principal="900.00", discount="95.00")
    assert _said(event)["data"]["settled_amount"] == "995.00"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"sale_id": "s", "item": 2}, {"type": "sale_item", "sale_id": "s", "item": 2}),
        (
            {"invoice_id": "i", "instalment": 3},
            {"type": "renegotiated_instalment", "invoice_id": "i", "instalment": 3},
        ),
        (None, None),
    ],
)
def test_a_line_says_what_it_charges(source: object, told: object) -> None:
    event = _fact("invoice.opened.v1")
    event.state["lines"][0]["source"] = source
    assert _said(event)["data"]["lines"][0]["source"] == told


def test_changes_that_are_not_told_are_not_named() -> None:
    event = _fact("contract.revised.v1")
    event.state["changed"] = ["fine_percent", "interest_percent_month", "send_email", "notes"]
    assert _said(event)["data"]["changed"] == ["late_charges"]


def test_a_fact_of_an_old_version_says_what_its_newest_form_says() -> None:
    def change(state: dict[str, Any]) -> dict[str, Any]:
        state["billed_on"] = state.pop("on")
        return state

    UPCASTERS.register(Upcaster("invoice.billed.v0", "invoice.billed.v1", change))
    try:
        event = _fact("invoice.billed.v1", topic="invoice.billed.v0", state={"on": "2026-03-02"})
        said = _said(event)
    finally:
        UPCASTERS.forget("invoice.billed.v0")
    assert (said["type"], said["data"]["billed_on"]) == ("billing.invoice.billed.v1", "2026-03-02")


def test_a_fact_of_a_later_release_stops_whoever_cannot_tell_it() -> None:
    with pytest.raises(FactUnmappedError, match=r"invoice\.framed\.v1 at position"):
        messages_of(_fact("invoice.billed.v1", topic="invoice.framed.v1"))


def test_a_private_fact_says_nothing() -> None:
    assert list(messages_of(_fact("user.registered.v1"))) == []
