from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avyay_site import supervise
from avyay_site.supervise import Child, Supervisor

pytestmark = pytest.mark.processes

SLEEPER = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
PARENT = """
import subprocess, sys, time
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(helper.pid, flush=True)
time.sleep(60)
"""


def python(code, *arguments):
    return (sys.executable, "-c", code, *map(str, arguments))


def child(name, code=SLEEPER, **more):
    return Child(name=name, argv=python(code), environment=dict(os.environ), **more)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor_of(tmp_path, said):
    def make(*children, **more):
        return Supervisor(children, logs=tmp_path, run=tmp_path, mark=str(tmp_path), say=said.append, **more)

    return make


@contextmanager
def in_the_background(work):
    """Do work in a thread while the main thread, which alone gets signals, supervises."""
    failures = []

    def guarded():
        try:
            work()
        except Exception as exc:  # noqa: BLE001 - raised again below, in the test's own thread
            failures.append(exc)

    thread = threading.Thread(target=guarded)
    thread.start()
    yield
    thread.join()
    for failure in failures:
        raise failure


def wait_until(is_true, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_a_killed_child_is_started_again_and_the_others_are_left_alone(supervisor_of, said, tmp_path):
    supervisor = supervisor_of(child("a"), child("b"))
    seen = {}

    def kill_one():
        wait_until(lambda: len(supervisor.pids) == 2)
        seen["before"] = supervisor.pids
        os.kill(seen["before"]["a"], signal.SIGKILL)
        wait_until(lambda: supervisor.pids.get("a") not in (None, seen["before"]["a"]))
        seen["after"] = supervisor.pids
        supervisor.stop()

    with in_the_background(kill_one):
        supervisor.run()

    assert seen["after"]["b"] == seen["before"]["b"]
    assert int((tmp_path / "a.pid").read_text()) == seen["after"]["a"]
    assert said[0] == "a was killed (SIGKILL); starting it again in 0.2 s"


def test_what_a_dead_child_leaves_in_its_group_is_killed(supervisor_of, tmp_path):
    supervisor = supervisor_of(child("server", PARENT))
    helpers = []

    def kill_the_parent():
        log = tmp_path / "server.log"
        wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
        helpers.append(psutil.Process(int(log.read_text())))
        os.kill(supervisor.pids["server"], signal.SIGKILL)
        wait_until(lambda: len(log.read_text().split()) == 2)
        helpers.append(psutil.Process(int(log.read_text().split()[1])))
        supervisor.stop()

    with in_the_background(kill_the_parent):
        supervisor.run()

    wait_until(lambda: not any(is_alive(helper) for helper in helpers), seconds=1)


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_children_stop_stage_by_stage_and_a_deaf_one_is_killed_in_time(supervisor_of, tmp_path, said):
    note = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print(time.monotonic()), sys.exit()))"
    loop = f"{note}; print('up', flush=True); time.sleep(60)"
    supervisor = supervisor_of(
        child("database", loop, stop_stage=2),
        child("web", loop, stop_stage=0),
        child("deaf", STUBBORN, stop_stage=1, stop_seconds=0.3),
    )
    times = []

    def stop_when_up():
        wait_until(lambda: all((tmp_path / f"{name}.log").exists() for name in ("database", "web", "deaf")))
        wait_until(
            lambda: all((tmp_path / f"{name}.log").read_text() for name in ("database", "web", "deaf"))
        )
        times.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    with in_the_background(stop_when_up):
        supervisor.run()

    stopped = {
        name: float((tmp_path / f"{name}.log").read_text().split()[-1]) for name in ("database", "web")
    }
    assert stopped["web"] + 0.25 < stopped["database"]
    assert time.monotonic() - times[0] < 3
    assert supervisor.pids == {}


def test_a_child_waits_for_what_it_needs_and_a_task_runs_once(supervisor_of, tmp_path):
    ready = tmp_path / "ready"
    supervisor = supervisor_of(
        child("web", needs=("migrate",)),
        child("migrate", f"import pathlib; pathlib.Path({str(ready)!r}).touch()", is_task=True),
        child("database", is_ready=ready.exists),
    )
    called = []

    def note_and_stop():
        called.append(supervisor.pids)
        supervisor.stop()

    supervisor.run(note_and_stop)

    assert len(called) == 1
    assert set(called[0]) == {"web", "database"}


def test_a_start_is_given_up_when_a_child_keeps_dying_and_the_log_is_shown(supervisor_of, monkeypatch):
    monkeypatch.setattr(supervise, "FIRST_BACKOFF_SECONDS", 0.01)
    supervisor = supervisor_of(child("database"), child("web", "import sys; sys.exit('no such setting')"))

    with pytest.raises(supervise.UnableToStart, match=r"web ended with 1 at the start.*web\.log") as caught:
        supervisor.run()

    assert "no such setting" in str(caught.value)
    assert supervisor.pids == {}


def test_a_refused_variable_is_told_in_its_own_sentence_but_not_one_of_an_earlier_start(
    supervisor_of, tmp_path
):
    raising = "class WrongVariable(Exception): pass\nraise WrongVariable('PORT is 80a; set it to a number.')"

    with pytest.raises(supervise.WrongSetting, match=r"^PORT is 80a; set it to a number\.$"):
        supervisor_of(child("web", raising, is_task=True)).run()
    with pytest.raises(supervise.UnableToStart, match=r"^web ended with 3 at the start\.$"):
        supervisor_of(child("web", "import sys; sys.exit(3)", is_task=True)).run()


def test_a_failed_task_ends_the_start_at_once(supervisor_of):
    supervisor = supervisor_of(
        child("migrate", "import sys; sys.exit('wrong variable')", is_task=True), child("web")
    )

    with pytest.raises(supervise.UnableToStart, match="migrate ended with 1"):
        supervisor.run()


def test_a_missing_program_is_named(supervisor_of):
    with pytest.raises(supervise.UnableToStart, match="web cannot be started"):
        supervisor_of(Child(name="web", argv=("/nowhere/web",))).run()


def test_children_know_whose_they_are_and_get_no_terminal(supervisor_of, tmp_path):
    code = "import os, sys; print(os.environ['AVYAY_CHILD_OF'], repr(sys.stdin.read()), flush=True)"
    supervisor = supervisor_of(child("task", code, is_task=True))

    supervisor.run(supervisor.stop)

    assert (tmp_path / "task.log").read_text().split() == [str(tmp_path), "''"]


@given(st.integers(min_value=0, max_value=10_000))
def test_backoff_grows_to_its_limit(failures):
    wait, longer = supervise.backoff_seconds(failures), supervise.backoff_seconds(failures + 1)

    assert 0.2 <= wait <= longer <= 10
    assert longer in (wait * 2, 10)


@pytest.mark.parametrize(("healthy_seconds", "waits"), [(0, ["0.2 s", "0.2 s"]), (60, ["0.2 s", "0.4 s"])])
def test_backoff_starts_anew_only_after_a_healthy_time(
    supervisor_of, said, monkeypatch, healthy_seconds, waits
):
    monkeypatch.setattr(supervise, "HEALTHY_SECONDS", healthy_seconds)
    supervisor = supervisor_of(child("web"))

    def kill_twice():
        for count in (1, 2):
            wait_until(lambda: "web" in supervisor.pids)
            wait_until(lambda: supervisor.is_ready("web"))
            os.kill(supervisor.pids["web"], signal.SIGKILL)
            wait_until(lambda: len([line for line in said if "again in" in line]) == count)  # noqa: B023 - used at once
        supervisor.stop()

    with in_the_background(kill_twice):
        supervisor.run()

    assert [line.rpartition(" in ")[2] for line in said if "again in" in line] == waits
