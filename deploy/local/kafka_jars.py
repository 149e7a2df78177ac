"""The jars of Apache Kafka: exactly those of kafka_jars.txt, each checked against its SHA-256 there.

`python -m deploy.local.kafka_jars` fetches what is missing, `--lock` resolves the list anew.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

VERSION = "4.3.1"
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{VERSION}",
    # An older client comes through an imported list of versions, and the broker dies of it: named outright.
    f"org.apache.kafka:kafka-clients:{VERSION}",
    "at.yawk.lz4:lz4-java:1.10.2",
    "org.xerial.snappy:snappy-java:1.1.10.7",
    "com.github.luben:zstd-jni:1.5.6-10",
    "org.apache.logging.log4j:log4j-core:2.25.3",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.3",
)
LIST = Path(__file__).with_name("kafka_jars.txt")
CACHE = Path(sys.prefix) / "share" / "lastro" / f"kafka-{VERSION}"
"""Part of the environment that `make setup` makes, and gone with it."""


class KafkaJarsError(RuntimeError):
    """The broker's jars are missing or not the expected ones; the message names them and the cure."""


@dataclass(frozen=True)
class Jar:
    """One line of the list."""

    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        """The file's name, which no two jars of the list share."""
        return f"{self.artifact}-{self.version}.jar"

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def listed(source: Path = LIST) -> tuple[Jar, ...]:
    """The jars that the broker runs from, as committed."""
    lines = [line.split() for line in source.read_text(encoding="ascii").splitlines()]
    return tuple(Jar(sha256, *coordinate.split(":")) for sha256, coordinate in lines)


def class_path(folder: Path | None = None, jars: Sequence[Jar] | None = None) -> list[Path]:
    """The list's jars in `folder`, CACHE if None. Raises KafkaJarsError if one is missing or is another."""
    folder, wanted = folder or CACHE, listed() if jars is None else jars
    missing = [jar for jar in wanted if not (folder / jar.name).exists()]
    if missing:
        raise KafkaJarsError(
            f"{len(missing)} of Kafka's {len(wanted)} jars are not in {folder} ({missing[0]}, …): "
            "`make setup` fetches them, or LASTRO_KAFKA names a broker that runs elsewhere"
        )
    for jar in wanted:
        _require_right(jar, folder / jar.name, f"delete {folder / jar.name} and run `make setup`")
    return [folder / jar.name for jar in wanted]


def fetch() -> None:
    """Bring the list's jars into CACHE, with progress. Raises KafkaJarsError for what cannot be had."""
    folder = CACHE
    missing = [jar for jar in listed() if not (folder / jar.name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        for jar in _progress(missing, f"Fetching Kafka {VERSION}'s jars"):
            _bring(jar, folder)
    class_path(folder)


def _bring(jar: Jar, folder: Path) -> None:
    """Through the machine's own Maven cache; into `folder` whole or not at all."""
    found = _resolved(jar)
    _require_right(jar, found, f"delete {found} and try again; if it comes back so, trust neither")
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft, found.open("rb") as source:
        shutil.copyfileobj(source, draft)
    Path(draft.name).chmod(0o644)
    Path(draft.name).rename(folder / jar.name)


def _resolved(jar: Jar) -> Path:
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    context = MavenContext(repo_cache=settings.repo_cache, remote_repos=settings.repositories or None)
    try:
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        return Path(component.artifact().resolve())
    except Exception as problem:
        raise KafkaJarsError(
            f"cannot fetch {jar} ({type(problem).__name__}: {problem}): with a network that reaches Maven "
            f"Central run `make setup` again, copy {CACHE} from a machine that has it, or set LASTRO_KAFKA"
        ) from problem


def _require_right(jar: Jar, path: Path, cure: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        raise KafkaJarsError(f"{path} is not {jar}: SHA-256 {found}, expected {jar.sha256}; {cure}")


def _progress(jars: Sequence[Jar], what: str) -> Iterator[Jar]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    if not console.is_terminal:
        console.print(f"{what}: {len(jars)}")
        yield from jars
        return
    with Progress(*columns, console=console) as progress:
        yield from progress.track(jars, description=what)


def _write_list() -> None:
    """Resolve ROOTS with everything they need, and write down what they are today."""
    import jgo

    lines = []
    for found in jgo.resolve("+".join(ROOTS)):
        with Path(found.resolve()).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{digest}  {found.groupId}:{found.artifactId}:{found.version}\n")
    LIST.write_text("".join(sorted(lines, key=lambda line: line.split()[1])), encoding="ascii")


def main(arguments: Sequence[str]) -> int:
    """0 when every jar is there and right; 1 with the reason otherwise."""
    try:
        if "--lock" in arguments:
            _write_list()
        fetch()
    except KafkaJarsError as problem:
        sys.stderr.write(f"Kafka: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
