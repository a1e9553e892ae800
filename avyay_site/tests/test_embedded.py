from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from avyay_site import borrowing, embedded, leftovers
from avyay_site.embedded import FORGETFUL, Layout, UnableToStart

HOLDER = """
import pathlib, sys
from avyay_site import borrowing, embedded
layout = embedded.Layout(pathlib.Path(sys.argv[1]))
with borrowing.borrow(layout, settings=embedded.FORGETFUL):
    print("borrowed", flush=True)
    sys.stdin.read()
print("returned", flush=True)
"""


@pytest.fixture
def layout(open_folder):
    layout = Layout(open_folder / "var")
    yield layout
    leftovers.end_servers(layout)


def query(layout, statement):
    address = layout.postgres_url
    with psycopg.connect(host=address["HOST"], dbname=address["NAME"], user=address["USER"]) as link:
        [row] = link.execute(statement).fetchall()
        return row[0]


def hold(layout):
    command = [sys.executable, "-c", HOLDER, str(layout.var)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def let_go(holder):
    with holder:
        holder.stdin.close()
        assert holder.stdout.read() == "returned\n"


def postmaster(layout):
    return psutil.Process(int((layout.postgres_data / "postmaster.pid").read_text().split()[0]))


def set_up(layout):
    embedded.make_folders(layout)
    return borrowing.borrow(layout, settings=FORGETFUL)


@given(st.text(alphabet="abcdefghij/", min_size=1, max_size=300))
def test_sockets_always_have_a_path_that_fits(name):
    layout = Layout(Path("/srv") / name.strip("/"))

    assert len(os.fsencode(layout.postgres_socket)) <= 100
    assert len(os.fsencode(layout.redis_socket)) <= 100


def test_two_long_folders_have_different_sockets():
    one, two = Layout(Path("/srv") / ("a" * 120)), Layout(Path("/srv") / ("b" * 120))

    assert one.socket_dir != two.socket_dir


def test_folders_are_closed_to_others(tmp_path):
    layout = Layout(tmp_path / "var")

    embedded.make_folders(layout)

    for folder in (layout.secrets, layout.run, layout.spool, layout.logs, layout.redis_data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_refused_with_the_variable_to_change(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(UnableToStart, match="set it to a folder that you may write") as caught:
        embedded.make_folders(Layout(tmp_path / "file" / "var"))
    assert "AVYAY_VAR" in str(caught.value)


@pytest.mark.processes
def test_borrowed_servers_answer_and_keep_their_data(layout):
    with set_up(layout):
        with psycopg.connect(host=str(layout.socket_dir), dbname="avyay", user="postgres") as link:
            link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(layout.redis_url) as store:
            store.set("kept", "43")
            assert store.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert not embedded.is_postgres_ready(layout)
    assert not embedded.is_redis_ready(layout)

    with set_up(layout):
        assert query(layout, "SELECT answer FROM kept") == 42
        assert query(layout, "SELECT lower('ÄŌ')") == "äō"
        assert query(layout, "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'") == 1
        with redis.Redis.from_url(layout.redis_url) as store:
            assert store.get("kept") == b"43"


@pytest.mark.processes
def test_two_commands_share_the_servers_and_the_last_one_out_stops_them(layout):
    first, second = hold(layout), hold(layout)
    assert first.stdout.readline() == second.stdout.readline() == "borrowed\n"
    started = postmaster(layout).pid

    let_go(first)
    assert query(layout, "SELECT 1") == 1
    assert postmaster(layout).pid == started
    let_go(second)

    assert not embedded.is_postgres_ready(layout)
    assert not list(layout.run.glob("in-use-by-*"))


@pytest.mark.processes
def test_servers_of_a_killed_command_are_used_and_stopped_by_the_next(layout):
    killed = hold(layout)
    killed.stdout.readline()
    killed.kill()
    with killed:
        killed.wait()
    orphan = postmaster(layout)

    with set_up(layout):
        assert postmaster(layout).pid == orphan.pid

    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


@pytest.mark.processes
def test_a_killed_database_with_backends_left_starts_again_soon(layout):
    with set_up(layout):
        with psycopg.connect(host=str(layout.socket_dir), dbname="avyay", user="postgres") as link:
            backend = psutil.Process(link.info.backend_pid)
            backend.suspend()  # it cannot notice that its parent is gone, as one busy in a long query
            postmaster(layout).send_signal(signal.SIGKILL)
            with redis.Redis.from_url(layout.redis_url) as store:
                os.kill(store.info()["process_id"], signal.SIGKILL)

        started_at = time.monotonic()
        with set_up(layout):
            assert query(layout, "SELECT 1") == 1
        assert time.monotonic() - started_at < 5


@pytest.mark.processes
def test_a_lock_file_that_names_a_stranger_does_not_stop_the_database(layout):
    with set_up(layout):
        words = (layout.postgres_data / "postmaster.pid").read_text().splitlines()
    words[0] = str(os.getpid())
    lock = layout.postgres_data / "postmaster.pid"
    lock.write_text("\n".join(words))

    with set_up(layout):
        assert query(layout, "SELECT 1") == 1


@pytest.mark.processes
def test_a_cluster_cut_short_is_made_anew(layout):
    embedded.make_folders(layout)
    unfinished = layout.var / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    assert embedded.create_cluster(layout)
    assert not embedded.create_cluster(layout)

    assert not unfinished.exists()
    assert (layout.postgres_data / "PG_VERSION").exists()


@pytest.mark.processes
def test_a_platform_waits_for_a_command_then_names_it(layout):
    holder = hold(layout)
    holder.stdout.readline()

    with (
        pytest.raises(UnableToStart, match=rf"in use by .*\(pid {holder.pid}\)"),
        borrowing.own(layout, patience_seconds=0.2),
    ):
        pass
    let_go(holder)

    with borrowing.own(layout, patience_seconds=0.2):
        pass


@pytest.mark.processes
def test_a_second_platform_in_the_same_folder_is_refused(layout):
    with (
        borrowing.own(layout),
        pytest.raises(UnableToStart, match="A platform already runs"),
        borrowing.own(layout),
    ):
        pass


@pytest.mark.processes
def test_a_platform_ends_servers_that_a_killed_one_left(layout):
    killed = hold(layout)
    killed.stdout.readline()
    killed.kill()
    with killed:
        killed.wait()

    with borrowing.own(layout):
        assert not embedded.is_postgres_ready(layout)
        assert not embedded.is_redis_ready(layout)
