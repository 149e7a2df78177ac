"""The scale model counts right, and its document says what it counts from the committed measurement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.app import Lastro
from bench.scale import DOCUMENT, SIZES, main, tables, with_tables
from bench.scale_model import COSTS, LANES, Costs, Plan, limits, needs
from projections.registry import lanes

MODELS = [model for lane in LANES for model in lane]
PLAN = Plan()


def step(each: float) -> dict[str, object]:
    """A step of which every figure is the same, the folds as much in each model."""
    names = ("facts", "command_us", "log_bytes", "log_index_bytes", "command_wal", "fold_wal", "messages")
    by_model = dict.fromkeys(MODELS, each)
    figures: dict[str, object] = dict.fromkeys((*names, "message_bytes"), each)
    return {**figures, "fold_us": by_model, "model_bytes": by_model}


def simple() -> Costs:
    """A contract costs 1, a period 2, a billing 3 and a receipt 4 of everything."""
    steps = {"contract": step(1), "period": step(2), "bill": step(3), "receipt": step(4)}
    return Costs(steps, dict.fromkeys(MODELS, 10.0), relay_us=100.0)


def test_the_document_says_what_is_counted() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert "| facts a month |" in text
    assert text == with_tables(text, Costs.load(), PLAN)


def test_what_is_needed_adds_up_by_hand() -> None:
    found = needs(1_000_000, simple(), PLAN)
    assert found.events_month == 9e6
    assert found.events_year == 108e6
    assert found.peak_events == pytest.approx(3e6 / 3_600)
    assert found.log_bytes == (1e6 * (1 + 12 * 2 + 12 * 9), 1e6 * (1 + 12 * 2 + 60 * 9))
    assert found.model_bytes[0] == 13 * found.log_bytes[0]
    assert found.wal_month == 18e6
    assert found.rebuild_hours == pytest.approx(1e6 * 133 * 130e-6 / 2 / 3_600)
    assert found.backfill_hours == pytest.approx(1e6 * 133 * 100e-6 / 3_600)
    assert found.batch_hours[0] == pytest.approx(1e6 * (3 + 13 * 3) * 1e-6 / 2 / 3_600)
    assert found.shards_at_full_speed == 15  # 16 processors x 27 of 42 µs, 70 % busy: 14.7
    assert found.busiest_thread == pytest.approx(1e6 * 9 * 3e-6 / 3_600)


def test_limits_come_in_the_order_in_which_they_are_reached() -> None:
    reached = [limit.contracts for limit in limits(Costs.load(), PLAN)]
    assert reached == sorted(reached)
    assert len(set(reached)) == 10


def test_one_more_than_a_worker_feeds_needs_a_second() -> None:
    costs = simple()
    (most,) = [each.contracts for each in limits(costs, PLAN) if "one worker" in each.name]
    assert needs(int(most), costs, PLAN).shards == 1
    assert needs(int(most) + 1, costs, PLAN).shards == 2


def test_twice_the_hours_are_twice_the_contracts() -> None:
    costs, slow = Costs.load(), replace(PLAN, batch_hours=2 * PLAN.batch_hours)
    named = {each.name: each.contracts for each in limits(costs, PLAN)}
    slower = {each.name: each.contracts for each in limits(costs, slow)}
    assert slower["the relay, one process, keeps up with the batch"] == pytest.approx(
        2 * named["the relay, one process, keeps up with the batch"]
    )


def test_the_measurement_and_the_lanes_are_of_the_models_that_there_are(lastro: Lastro) -> None:
    ours = [sorted(model.name for model in lane) for lane in lanes(lastro.keyring)]
    assert sorted(map(sorted, LANES)) == sorted(ours)
    costs = Costs.load(COSTS)
    assert set(costs.rebuild_us) == set(MODELS)
    assert all(set(found["fold_us"]) == set(MODELS) for found in costs.steps.values())


def test_it_is_told_for_any_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--contracts", "10000000"]) == 0
    said = capsys.readouterr().out
    assert "| | 10,000,000 contracts |" in said
    assert said == tables([needs(10_000_000, Costs.load(), PLAN)], limits(Costs.load(), PLAN))
    assert len(SIZES) == 3
