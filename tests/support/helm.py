"""Helm itself, as a library: lints and renders the chart as the command does, without a cluster."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import shutil
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

VERSION = "0.0.21"
_ARTIFACT = "linux-amd64"
_SHA256 = "a01b3a7a746e67ac9541d147dabcea0b295ea1cbb0c456a3f2f5b911ce75bf7a"
_FOLDER = Path(sys.prefix) / "share" / "lastro" / f"helm-{VERSION}"
KUBERNETES = "1.34.0"
HOOK = "example.org/hook"


class HelmError(Exception):
    """Helm said no; the text is its own."""


class _Result(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("out", "err", "std_out", "std_err")]


class _LintOptions(ctypes.Structure):
    _fields_ = [("path", ctypes.c_char_p), ("strict", ctypes.c_int), ("quiet", ctypes.c_int)]


class _TemplateOptions(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_char_p) for name in ("name", "version", "chart", "namespace", "kube_version")),
        *((name, ctypes.c_int) for name in ("dependency_update", "skip_crds")),
        *((name, ctypes.c_char_p) for name in ("values", "set_files", "values_files")),
        *((name, ctypes.c_char_p) for name in ("cert_file", "key_file", "ca_file")),
        *((name, ctypes.c_int) for name in ("insecure_skip_tls_verify", "plain_http")),
        ("keyring", ctypes.c_char_p),
        ("debug", ctypes.c_int),
        ("repository_config", ctypes.c_char_p),
    ]


def available() -> bool:
    """Whether the library is published for this kind of machine."""
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def lint(chart: Path) -> str:
    """What Helm finds in a chart; an error or warning is a HelmError."""
    options = _LintOptions(path=str(chart).encode(), strict=1, quiet=0)
    found = _said(_library().Lint(ctypes.byref(options)))
    if "[ERROR]" in found or "[WARNING]" in found:
        raise HelmError(found)
    return found


def render(chart: Path, *files: Path, **values: Any) -> list[dict[str, Any]]:
    """The objects of a release called `fin`, hooks among them; a value a.b is written as a__b.

    The library leaves hooks out of its answer, so their annotation has another name here: see HOOK.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy, own = Path(folder) / chart.name, Path(folder) / "values.yaml"
        shutil.copytree(chart, copy)
        for template in copy.glob("templates/*.yaml"):
            template.write_text(template.read_text().replace("helm.sh/hook:", f"{HOOK}:"))
        own.write_text(yaml.safe_dump(_nested(values)))
        options = _TemplateOptions(
            name=b"fin",
            chart=str(copy).encode(),
            namespace=b"finance",
            kube_version=KUBERNETES.encode(),
            values_files=",".join(map(str, (*files, own))).encode(),
        )
        rendered = _said(_library().Template(ctypes.byref(options)))
    return [each for each in yaml.safe_load_all(rendered) if each]


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = name.split("__")
        inside = whole
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[last] = value
    return whole


def _said(result: _Result) -> str:
    out, err = result.out or b"", result.err or b""
    if err:
        raise HelmError(err.decode())
    return out.decode()


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(_fetched()))
    library.Lint.restype = library.Template.restype = _Result
    return library


def _fetched() -> Path:
    """The shared library, from Maven Central the first time."""
    kept = _FOLDER / "helm.so"
    if kept.exists():
        return kept
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    context = MavenContext(repo_cache=settings.repo_cache, remote_repos=settings.repositories or None)
    jar = Path(context.project("com.marcnuri.helm-java", _ARTIFACT).at_version(VERSION).artifact().resolve())
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != _SHA256:
        raise HelmError(f"{jar} has the SHA-256 {found}, expected {_SHA256}: delete it and try again")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar) as packed, tempfile.NamedTemporaryFile(dir=_FOLDER, delete=False) as draft:
        draft.write(packed.read(f"helm-{_ARTIFACT}.so"))
    return Path(draft.name).rename(kept)
