"""The embedded PostgreSQL: unprivileged, kept between starts, gone with its owner however that ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local.postgres import EmbeddedPostgres, EmbeddedPostgresError, binaries, running_url
from tests.support.processes import alive, command_lines, eventually

OWNER = """
import sys, pathlib, signal
from deploy.local.postgres import EmbeddedPostgres
with EmbeddedPostgres(pathlib.Path(sys.argv[1])) as server:
    print(server.url("postgres"), flush=True)
    try:
        while True: signal.pause()
    except KeyboardInterrupt:
        pass
"""


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture
def owner(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that started a server in `home`."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process
        process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_postgres_outlives_its_owner(
    owner: subprocess.Popen[str], home: Path, how: signal.Signals
) -> None:
    pid = postmaster(home)
    assert alive(pid)

    os.killpg(owner.pid, how)

    eventually(lambda: not alive(pid), 20, f"PostgreSQL ends after {how.name} of its owner")
    eventually(lambda: not command_lines(str(home)), 20, "nothing of it is left")


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_killing_owner_and_watchdog_together_leaves_nothing(owner: subprocess.Popen[str], home: Path) -> None:
    pid = postmaster(home)
    watchdog = psutil.Process(pid).parent()
    assert watchdog is not None

    owner.kill()
    watchdog.kill()

    eventually(lambda: not alive(pid), 20, "PostgreSQL ends")


def test_data_is_there_again_at_the_second_start(home: Path) -> None:
    with EmbeddedPostgres(home) as server, psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with EmbeddedPostgres(home) as server, psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT number FROM kept").fetchone()
    assert row == (7,)


def test_a_first_start_that_was_killed_is_made_anew(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)], stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        begun = (home / "postgres").glob
        eventually(lambda: bool([*begun("*/PG_VERSION")]), 20, "initdb has begun")
        os.killpg(process.pid, signal.SIGKILL)
    with EmbeddedPostgres(home) as server, psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert {each.name for each in (home / "postgres").iterdir()} == {"data", "postgres.log"}


def test_a_start_right_after_a_kill_waits_for_the_predecessor(
    owner: subprocess.Popen[str], home: Path
) -> None:
    owner.kill()
    with EmbeddedPostgres(home) as server, psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_other_commands_find_the_running_server(owner: subprocess.Popen[str], home: Path) -> None:
    url = running_url(home)
    assert url is not None
    assert "host=" in url
    owner.kill()
    eventually(lambda: running_url(home) is None, 20, "the server is gone")


def test_the_server_does_not_run_as_root(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        assert psutil.Process(postmaster(home)).uids().effective != 0
        assert server.data.stat().st_mode & 0o077 == 0


def test_only_a_unix_socket_listens(home: Path) -> None:
    with EmbeddedPostgres(home):
        connections = psutil.Process(postmaster(home)).net_connections(kind="inet")
        assert connections == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_programs_that_the_user_cannot_reach_are_copied(home: Path) -> None:
    closed = Path(tempfile.mkdtemp(dir="/tmp"))
    package = binaries().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    programs = closed / package.name / "pginstall" / "bin"
    try:
        with (
            EmbeddedPostgres(home, programs=programs) as server,
            psycopg.connect(server.url("postgres")) as connection,
        ):
            assert connection.execute("SELECT 1").fetchone() == (1,)
            running = Path(psutil.Process(postmaster(home)).exe())
            assert running.is_relative_to("/var/cache/lastro")
    finally:
        shutil.rmtree(closed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")
def test_a_home_that_the_user_cannot_reach_gets_its_data_under_var_lib() -> None:
    closed = Path(tempfile.mkdtemp(prefix="lastro-closed-", dir="/tmp"))
    server = EmbeddedPostgres(closed)
    try:
        assert server.folder.is_relative_to("/var/lib/lastro")
        assert closed.stat().st_mode & 0o077 == 0
        with server, psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        shutil.rmtree(server.folder.parent, ignore_errors=True)
        shutil.rmtree(closed)


def test_a_folder_of_another_major_version_is_refused_with_what_to_do(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        data = server.data
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match="is of PostgreSQL 9"):
        EmbeddedPostgres(home).start()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = EmbeddedPostgres(home, settings={"shared_buffers": "nonsense"})
    with pytest.raises(EmbeddedPostgresError, match="nonsense"):
        server.start()


def test_a_throwaway_server_leaves_no_file() -> None:
    with EmbeddedPostgres.throwaway() as server:
        home = server.folder.parent
        assert home.exists()
    assert not home.exists()
