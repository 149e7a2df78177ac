"""The broker runs from exactly the committed jars, and says what to do where it cannot."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deploy.local import kafka_jars
from deploy.local.identity import reachable, unprivileged
from deploy.local.kafka_jars import CACHE, Jar, KafkaJarsError, class_path, fetch, listed, main
from deploy.local.kafka_programs import programs

JAR = Jar("0" * 64, "org.example", "kafka-little", "1.0")


def test_the_list_has_the_broker_and_no_jar_twice() -> None:
    jars = listed()
    assert {str(jar) for jar in jars} >= set(kafka_jars.ROOTS)
    assert len({jar.name for jar in jars}) == len(jars)
    assert all(len(jar.sha256) == 64 for jar in jars)


def test_a_jar_with_another_content_is_refused_with_its_name_and_the_cure(tmp_path: Path) -> None:
    (tmp_path / JAR.name).write_bytes(b"not what was committed")
    with pytest.raises(
        KafkaJarsError, match=r"kafka-little-1\.0\.jar is not .*expected 0{64}; delete .*make setup"
    ):
        class_path(tmp_path, [JAR])


def test_a_missing_jar_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(KafkaJarsError, match=r"org\.example:kafka-little:1\.0.*make setup.*LASTRO_KAFKA"):
        class_path(tmp_path, [JAR])


def test_what_cannot_be_fetched_is_named_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kafka_jars, "CACHE", tmp_path / "jars")
    monkeypatch.setenv("M2_REPO", str(tmp_path / "maven"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert main([]) == 1

    said = capsys.readouterr().err
    assert f"cannot fetch {listed()[0]}" in said
    assert "copy" in said
    assert "LASTRO_KAFKA" in said


def test_what_the_machine_has_wrong_in_its_own_cache_does_not_get_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = listed()[0]
    kept = tmp_path / "maven" / Path(*jar.group.split(".")) / jar.artifact / jar.version
    kept.mkdir(parents=True)
    (kept / jar.name).write_bytes(b"tampered with")
    monkeypatch.setenv("M2_REPO", str(tmp_path / "maven"))

    monkeypatch.setattr(kafka_jars, "CACHE", tmp_path / "jars")

    with pytest.raises(KafkaJarsError, match=f"{jar.name} is not {jar}"):
        fetch()

    assert list((tmp_path / "jars").iterdir()) == []


@pytest.mark.kafka
@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_programs_that_the_broker_s_user_cannot_reach_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        shutil.copytree(CACHE, closed / "jars")
        monkeypatch.setattr(kafka_jars, "CACHE", closed / "jars")
        user = unprivileged(closed / "nowhere")

        runtime, jars = programs(user)

        assert not reachable(closed / "jars", user)
        assert jars[0].is_relative_to("/var/cache/lastro")
        assert all(reachable(path.parent, user) for path in (runtime, *jars))
    finally:
        shutil.rmtree(closed)
