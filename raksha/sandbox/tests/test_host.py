"""The warm process: what it answers, and that nothing that a job does takes more than the job."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from raksha.sandbox import Broken, Failed, Host, Limits
from raksha.sandbox.view import PACKAGE

pytestmark = pytest.mark.processes
DEEDS = "raksha.sandbox.tests.deeds"
LIMITS = Limits(wall_seconds=20, cpu_seconds=20, memory_mb=256, file_mb=8, scratch_mb=32, processes=24)


@pytest.fixture(scope="module")
def host():
    with Host(imports=[DEEDS]) as host:
        yield host


@pytest.fixture
def folder(open_folder):
    open_folder.chmod(0o755)
    (open_folder / "a.txt").write_text("a")
    return str(open_folder)


def call(host, name, folder, request=None, limits=LIMITS, **more):
    return host.call(f"{DEEDS}:{name}", request or {}, folder=folder, limits=limits, **more)


def needs_namespaces(host):
    if not host.isolation.files:
        pytest.skip(host.isolation.says)


def test_a_job_gets_its_request_and_its_answer_comes_back(host, folder):
    assert call(host, "echo", folder, {"a": [1, "ü", None]}) == {"a": [1, "ü", None], "folder": "."}


def test_a_large_request_and_a_large_answer_pass(host, folder):
    text = "x" * 20_000_000

    assert call(host, "echo", folder, {"text": text})["text"] == text


def test_a_job_stands_in_its_folder(host, folder):
    place, *names = call(host, "where", folder)

    assert os.path.realpath(place) == os.path.realpath(folder)
    assert names == ["a.txt"]


def test_an_error_in_a_job_is_told(host, folder):
    with pytest.raises(Failed, match="it does not work") as caught:
        call(host, "fail", folder)

    assert caught.value.ended == "failed"


def test_only_our_own_engines_are_called(host, folder):
    with pytest.raises(Failed, match="not one of our engines"):
        host.call("os:getcwd", {}, folder=folder, limits=LIMITS)


def test_a_crash_ends_the_job_only(host, folder):
    before = host.pid

    with pytest.raises(Failed, match="code"):
        call(host, "crash", folder)

    assert call(host, "echo", folder) == {"folder": "."}
    assert host.pid == before


@pytest.mark.parametrize("deed", ["hang", "hang_in_a_child", "spin"])
def test_a_job_is_ended_when_its_time_is_over(host, folder, deed):
    began = time.monotonic()

    with pytest.raises(Failed) as caught:
        call(host, deed, folder, {"seconds": 77_001}, replace(LIMITS, wall_seconds=0.4))

    assert caught.value.ended == "timed_out"
    assert time.monotonic() - began < 5


def test_a_job_is_ended_when_nobody_wants_it_any_more(host, folder):
    answers = iter(["", "cancelled"])

    with pytest.raises(Failed) as caught:
        call(host, "hang", folder, watch=lambda: next(answers))

    assert caught.value.ended == "cancelled"
    assert call(host, "echo", folder) == {"folder": "."}


@pytest.mark.parametrize("deed", ["hang_in_a_child", "leave_a_child"])
def test_nothing_of_a_job_stays_behind(host, folder, deed):
    needs_namespaces(host)
    seconds = 77_100 + len(deed)

    with contextlib.suppress(Failed):
        call(host, deed, folder, {"seconds": seconds}, replace(LIMITS, wall_seconds=0.5))

    assert wait_until(lambda: not running(f"/bin/sleep\0{seconds}"))


def test_time_of_the_processor_is_bounded(host, folder):
    with pytest.raises(Failed) as caught:
        call(host, "spin", folder, limits=replace(LIMITS, cpu_seconds=1))

    assert caught.value.ended == "failed"


def test_memory_is_bounded(host, folder):
    with pytest.raises(Failed, match="MemoryError"):
        call(host, "eat_memory", folder)


def test_the_temporary_folder_is_bounded(host, folder):
    needs_namespaces(host)

    assert 0 < call(host, "fill_the_disk", folder) <= LIMITS.scratch_mb * 1024 * 1024


def test_the_size_of_a_file_is_bounded(host, folder):
    assert call(host, "write_one_large_file", folder) == LIMITS.file_mb * 1024 * 1024


def test_the_number_of_processes_is_bounded(host, folder):
    if not host.isolation.plan.counts_processes:
        pytest.skip("This kernel counts the user's other processes too.")

    assert call(host, "fork_without_end", folder) < LIMITS.processes


def test_what_is_answered_is_bounded(host, folder):
    with pytest.raises(Failed) as caught:
        call(host, "talk_without_end", folder, limits=replace(LIMITS, memory_mb=1024, output_mb=2))

    assert caught.value.ended == "too_much_output"


def test_what_a_job_prints_is_no_part_of_its_answer(host, folder):
    assert call(host, "say_on_every_channel", folder) == "answer"


def test_jobs_of_several_threads_run_side_by_side(host, folder):
    began = time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(host.run, ["/bin/sleep", "1"], folder=folder, limits=LIMITS) for _ in range(4)]
        codes = [wait.result().code for wait in waits]

    assert codes == [0, 0, 0, 0]
    assert time.monotonic() - began < 3


def test_a_program_runs_with_its_output_errors_and_code(host, folder):
    done = host.run(["/bin/sh", "-c", "echo out; echo err >&2; cat; exit 3"], folder=folder, limits=LIMITS)

    assert (done.code, done.stdout, done.stderr, done.ended) == (3, b"out\n", "err\n", "")


def test_a_program_that_does_not_exist_is_said_to_be_missing(host, folder):
    with pytest.raises(Broken, match="not installed"):
        host.run(["no-such-program"], folder=folder, limits=LIMITS)


def test_output_can_be_taken_as_it_comes_and_broken_off(host, folder):
    def take(piece):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        host.run(["/bin/sh", "-c", "yes"], folder=folder, limits=LIMITS, sink=take)


def test_a_folder_that_is_to_be_written_is_writable(host, folder):
    done = host.run(["/bin/sh", "-c", "echo b > b.txt"], folder=folder, limits=LIMITS, writes=[folder])

    assert (done.code, (Path(folder) / "b.txt").read_text()) == (0, "b\n")


def test_any_other_folder_is_not_writable(host, folder):
    needs_namespaces(host)

    assert host.run(["/bin/sh", "-c", "echo b > b.txt"], folder=folder, limits=LIMITS).code != 0
    assert not (Path(folder) / "b.txt").exists()


def test_a_host_that_died_is_started_again(folder):
    with Host(imports=[DEEDS]) as host:
        call(host, "echo", folder)
        first = host.pid or 0
        os.kill(first, signal.SIGKILL)

        assert call(host, "echo", folder) == {"folder": "."}
        assert host.pid not in (None, first)


def test_a_job_whose_host_dies_is_run_once_more(folder):
    with Host(imports=[DEEDS]) as host:
        call(host, "echo", folder)
        first = host.pid or 0
        threading.Timer(0.3, lambda: os.kill(first, signal.SIGKILL)).start()

        done = host.run(["/bin/sleep", "1"], folder=folder, limits=LIMITS)

    assert done.code == 0


def test_the_host_and_its_jobs_end_with_their_owner(folder):
    script = f"""
import threading, time
from raksha.sandbox import Host, Limits
host = Host()
print(host.isolation and host.pid, flush=True)
host.run(["/bin/sleep", "77301"], folder={folder!r}, limits=Limits())
"""
    owner = subprocess.Popen([sys.executable, "-c", script], cwd=PACKAGE.parent, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    with owner.stdout:
        host = int(owner.stdout.readline())
        assert wait_until(lambda: running("/bin/sleep\00077301"))

        owner.kill()
        owner.wait()

    assert wait_until(lambda: not running("/bin/sleep\00077301") and not Path(f"/proc/{host}").exists())


def running(words: str) -> bool:
    """Tell whether some process was started with these words."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if words in path.read_text(errors="replace"):
                return True
        except OSError:
            continue
    return False


def wait_until(holds, seconds=5.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
