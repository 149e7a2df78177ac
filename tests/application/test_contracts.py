"""Contracts and their invoices move together."""

from __future__ import annotations

from tests.application.world import World


def test_signing_opens_an_invoice_for_each_period(world: World) -> None:
    invoices = world.sign("A-1")
    assert len(invoices) == 3
    assert [world.topics_of(invoice) for invoice in invoices] == [["invoice.opened.v1"]] * 3
