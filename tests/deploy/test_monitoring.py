"""Alerts and dashboard: PromQL that parses, of metrics that our processes really show."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from consumers.gauges import ConsumerGauges
from producers.relay.gauges import RelayGauges
from producers.webhooks.metrics import WebhookMetrics
from tests.support.repository import ROOT
from web.metrics import RequestMetrics

FOLDER = ROOT / "deploy" / "monitoring"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana" / "lastro.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

PARSE = """
import { parser } from '@prometheus-io/lezer-promql';
for (const line of JSON.parse(process.argv[1])) {
  const wrong = [];
  parser.parse(line).iterate({ enter: (node) => { if (node.type.isError) wrong.push(node.from); } });
  if (wrong.length) console.log(`${line} at ${wrong}`);
}
"""


def expressions() -> Iterator[str]:
    """Every PromQL expression of both."""
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in PANELS for target in panel["targets"])


def not_parsed(lines: list[str]) -> str:
    """What Prometheus' own parser cannot make sense of."""
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    return subprocess.run(
        [node, "--input-type=module", "-e", PARSE, json.dumps(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def shown() -> dict[str, set[str]]:
    """The samples that our processes show by name, each with its labels."""
    registry = CollectorRegistry()
    RelayGauges(registry)
    ConsumerGauges(registry)
    WebhookMetrics(registry)
    found: dict[str, set[str]] = {"up": {"job", "instance"}}
    for one in (registry, RequestMetrics().registry):
        for collector in list(one._collector_to_names):
            labels = set(getattr(collector, "_labelnames", ()))
            for name in one._collector_to_names[collector]:
                found[name] = labels | {"le"} if name.endswith("_bucket") else labels
    return found


def test_every_expression_is_promql() -> None:
    assert not_parsed(list(expressions())) == ""
    assert "sum(" in not_parsed(["sum(lastro_dead_letters"])


def test_every_metric_and_label_is_one_that_we_show() -> None:
    known = shown()
    for expression in expressions():
        names = set(re.findall(r"\b(?:lastro_\w+|up)\b", expression))
        assert names, expression
        assert names <= set(known), (expression, names - set(known))
        labels = {label for name in names for label in known[name]}
        by = re.findall(r"by \(([^)]*)\)", expression)
        used = {label.strip() for group in by for label in group.split(",")}
        used |= set(re.findall(r"[{,]\s*(\w+)\s*(?:=~|=|!=)", expression))
        assert used <= labels, (expression, used - labels)


@pytest.mark.parametrize(
    "watched",
    [
        "lastro_projection_lag_seconds",
        "lastro_projection_lag_events",
        "lastro_watermark_age_seconds",
        "lastro_projection_parked_streams",
        "lastro_dead_letters",
        "lastro_relay_position",
        "lastro_relay_lag_events",
        "lastro_relay_lag_seconds",
        "lastro_consumer_lag_messages",
    ],
)
def test_what_an_operator_must_know_is_alerted_and_drawn(watched: str) -> None:
    assert any(watched in rule["expr"] for rule in RULES)
    assert any(watched in target["expr"] for panel in PANELS for target in panel["targets"])


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "action"}
    grouped = {
        label.strip() for group in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in group.split(",")
    }
    told = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    assert told <= (grouped or {"job"})


def test_pages_and_commands_that_alerts_name_exist() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    actions = " ".join(rule["annotations"]["action"] for rule in RULES)
    for command in re.findall(r"`(lastro [a-z-]+ [a-z-]+)", actions):
        assert command in operations, command
    pages = " ".join(path.read_text() for path in (ROOT / "web" / "pages").glob("*.py"))
    for page in set(re.findall(r"(/(?:operacao|integracoes)[a-z/]*)", actions)):
        assert page in pages, page


def test_panels_have_a_place_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_prometheus_asks_every_process_of_the_compose_file() -> None:
    asked = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    targets = {each["static_configs"][0]["targets"][0] for each in asked}
    assert targets == {"web:8000", "worker:9100", "relay:9100", "consume:9100"}
    assert Path(FOLDER / "alerts.yaml").exists()
