"""compose.yaml: a file by the specification, whose services are told what our settings know."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from typer.main import get_group

from application.settings import Settings
from lastro.main import app
from tests.support.repository import ROOT

TEXT = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
"""With every variable at its default, as the engine reads it."""

COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, each in SERVICES.items() if "lastro" in each["image"]}


def test_it_is_what_the_specification_says() -> None:
    assert set(PyCompose.from_json(json.dumps(COMPOSE)).service_names()) == set(SERVICES)
    wrong = copy.deepcopy(COMPOSE)
    wrong["services"]["web"]["depend_on"] = wrong["services"]["web"].pop("depends_on")
    with pytest.raises(ValueError, match="depend_on"):
        PyCompose.from_json(json.dumps(wrong))


def test_every_process_of_an_installation_is_there() -> None:
    assert {"postgres", "kafka"} <= set(SERVICES)
    assert {"migrate", "web", "worker", "relay", "consume"} == OURS
    assert {SERVICES[name]["command"][0] for name in OURS} <= set(get_group(app).commands)


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_variable_is_a_setting_of_ours(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields} | {"SCHEMA"}
    given = {each.removeprefix("LASTRO_") for each in SERVICES[name]["environment"]}
    assert given <= known
    assert {"DATABASE_URL", "DATABASE_PASSWORD_FILE", "MASTER_KEY_FILE", "KAFKA"} <= given


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_names_exists(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).is_file(), source
        else:
            assert source in COMPOSE["volumes"]
    environment = service.get("environment", {})
    files = [value for key, value in environment.items() if key.endswith("_FILE")]
    assert {file.removeprefix("/run/secrets/") for file in files} <= set(service.get("secrets", []))


@pytest.mark.parametrize("name", sorted(OURS))
def test_nothing_of_ours_starts_before_what_it_needs(name: str) -> None:
    """Of all it depends on, at any distance: the database is well, and migrations are applied."""
    needed, waiting = set(), [name]
    while waiting:
        for each in SERVICES[waiting.pop()].get("depends_on", {}):
            needed.add(each)
            waiting.append(each)
    assert "postgres" in needed
    assert name == "migrate" or "migrate" in needed


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for each in SERVICES.values() for port in each.get("ports", [])]
    assert ports != []
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_images_of_others_are_of_a_named_version() -> None:
    for name in set(SERVICES) - OURS:
        assert re.fullmatch(r"docker\.io/[\w./-]+:v?\d[\w.]*", SERVICES[name]["image"]), name
