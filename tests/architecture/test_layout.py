"""The tree keeps its form: packages under contract, sizes in bounds, locks without addresses."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.support.repository import PACKAGES, ROOT, modules, pyproject

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 10
EVERYTHING = (*PACKAGES, "tests", "bench")


def contract(identity: str) -> dict[str, object]:
    (found,) = [one for one in pyproject()["tool"]["importlinter"]["contracts"] if one["id"] == identity]
    return dict(found)


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Name and length of each function, from `def` to its last line, docstring left out."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            first = node.body[0]
            described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            documented = (first.end_lineno or 0) - first.lineno + 1 if described else 0
            yield node.name, node.end_lineno - node.lineno + 1 - documented


def test_every_top_level_package_is_under_contract() -> None:
    tools = pyproject()["tool"]
    found = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    layers = {name for layer in contract("layers")["layers"] for name in re.split(r"[\s|]+", layer)}  # type: ignore[attr-defined]

    assert found == set(PACKAGES)
    assert found == set(tools["importlinter"]["root_packages"]) == layers
    assert found == set(tools["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert found | {"tests", "bench"} == set(tools["mypy"]["packages"])


@pytest.mark.parametrize(
    ("identity", "package", "shared"),
    [("aggregates", "domain", {"boleto", "values"}), ("read-models", "projections", {"rebuild"})],
)
def test_every_aggregate_and_read_model_is_under_its_contract(
    identity: str, package: str, shared: set[str]
) -> None:
    folders = {init.parent.name for init in (ROOT / package).glob("*/__init__.py")} - shared

    assert {f"{package}.{folder}" for folder in folders} == set(contract(identity)["modules"])  # type: ignore[call-overload]


def test_no_room_for_leftovers() -> None:
    forbidden = {"utils", "common", "helpers", "infrastructure", "misc"}
    names = {file.stem for file in modules(*EVERYTHING)} | {f.parent.name for f in modules(*EVERYTHING)}

    assert not names & forbidden


def test_no_module_is_longer_than_a_person_reads() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in modules(*EVERYTHING)}

    assert {str(f.relative_to(ROOT)): n for f, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{file.relative_to(ROOT)}:{name}": lines
        for file in modules(*EVERYTHING)
        for name, lines in functions(file)
        if lines > LONGEST_FUNCTION
    }

    assert long == {}


def test_most_functions_are_short() -> None:
    assert median(lines for file in modules(*PACKAGES) for _, lines in functions(file)) <= MEDIAN_FUNCTION


def test_every_module_says_what_it_is_and_packages_stay_empty() -> None:
    silent = []
    for file in modules(*EVERYTHING):
        text = file.read_text(encoding="utf-8")
        if file.name == "__init__.py":
            expected = text == ""
        else:
            expected = ast.get_docstring(ast.parse(text)) is not None
        if not expected:
            silent.append(str(file.relative_to(ROOT)))

    assert silent == []


def test_only_the_settings_read_the_environment() -> None:
    allowed = {
        "application/settings.py": "the settings themselves",
        "deploy/local/process.py": "PATH, handed on to the programs of local servers",
        "lastro/demo.py": "all of it, handed on to the processes that it starts",
    }
    reading = {
        str(file.relative_to(ROOT))
        for file in modules(*PACKAGES)
        if re.search(r"\bos\.(environ|getenv)\b", file.read_text(encoding="utf-8"))
    }

    assert reading <= set(allowed)


def test_read_models_ask_no_clock() -> None:
    asking = {
        str(file.relative_to(ROOT))
        for folder in (ROOT / "projections").glob("*/model.py")
        for file in folder.parent.glob("*.*")
        if re.search(r"utc_now|\bnow\(\)|clock_timestamp|gen_random_uuid|uuid7", file.read_text("utf-8"))
    }

    assert asking == set()


@pytest.mark.parametrize(
    "name",
    ["requirements.lock", "requirements-dev.lock", "deploy/requirements-node.lock", "package-lock.json"],
)
def test_a_lock_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|\"resolved\"", text)


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "deploy/requirements-node.lock"]
)
def test_every_locked_package_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert pins
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


def test_the_npm_lock_has_an_integrity_for_every_package() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    installed = {name: package for name, package in lock["packages"].items() if name}

    assert installed
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())


def test_what_pyproject_asks_for_is_locked() -> None:
    settings = pyproject()
    project = settings["project"]
    runtime = [*project["dependencies"], *project["optional-dependencies"]["local"]]

    assert wanting("requirements.lock", runtime) == []
    assert wanting("requirements-dev.lock", [*runtime, *settings["dependency-groups"]["dev"]]) == []


def wanting(lock: str, requirements: list[str]) -> list[str]:
    """The requirements that the lock does not meet by name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pinned = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)}
    return [one for one in requirements if normal(re.split(r"[\[<>=!~ ;]", one)[0]) not in pinned]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
