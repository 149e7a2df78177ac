"""The hub that open pages follow: what it tells since a position, and to whom."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.web.world import World
from web.live import Change, LiveHub
from web.pages.live import concerns

A, B, STREAM, OTHER = (UUID(int=number) for number in range(1, 5))


@pytest.fixture
def hub(world: World) -> LiveHub:
    hub = world.app.state.live
    assert isinstance(hub, LiveHub)
    return hub


def test_nothing_is_told_before_anything_is_seen(hub: LiveHub) -> None:
    assert hub.since(0) is None
    hub.see(Change(100, 100, frozenset()))
    assert hub.since(100) is None


def test_changes_since_a_position_are_told_together(hub: LiveHub) -> None:
    hub.see(Change(100, 100, frozenset()))
    hub.see(Change(100, 110, frozenset({(STREAM, A)})))
    hub.see(Change(110, 120, frozenset({(OTHER, B)})))
    assert hub.since(100) == Change(100, 120, frozenset({(STREAM, A), (OTHER, B)}))
    assert hub.since(110) == Change(110, 120, frozenset({(OTHER, B)}))
    assert hub.since(120) is None


def test_a_page_older_than_what_is_kept_looks_at_everything(hub: LiveHub) -> None:
    hub.see(Change(100, 100, frozenset()))
    assert hub.since(50) == Change(50, 100, None)
    hub.see(Change(100, 5000, None))
    assert hub.since(100) == Change(100, 5000, None)
    for position in range(5001, 5201):
        hub.see(Change(position - 1, position, frozenset({(STREAM, A)})))
    assert hub.since(5000) == Change(5000, 5200, None)
    assert hub.since(5199) == Change(5199, 5200, frozenset({(STREAM, A)}))


@pytest.mark.parametrize(
    ("streams", "companies", "told"),
    [
        (frozenset({(STREAM, A)}), frozenset({A}), True),
        (frozenset({(STREAM, A)}), frozenset({B}), False),
        (frozenset({(STREAM, A)}), frozenset(), False),
        (frozenset({(STREAM, A), (OTHER, B)}), frozenset({B}), True),
        (frozenset({(STREAM, None)}), frozenset({B}), True),
        (None, frozenset({B}), True),
        (frozenset({(STREAM, A)}), None, True),
    ],
)
def test_a_page_is_told_of_its_companies_and_of_what_belongs_to_none(
    streams: frozenset[tuple[UUID, UUID | None]] | None, companies: frozenset[UUID] | None, told: bool
) -> None:
    assert concerns(Change(0, 1, streams), companies) is told
