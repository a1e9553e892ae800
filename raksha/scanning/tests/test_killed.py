"""A real worker process that is killed in the middle of a scan."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from raksha import scanning
from raksha.models import Finding, Scan
from raksha.scanning import claiming, folders
from raksha.tests import factories

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

WORKER = """
import django
django.setup()
from raksha import scanning
scanning.run_next()
"""
CODE = "import os, sys\n\ndef f{n}():\n    os.system(sys.argv[1] + '{n}')\n"


@pytest.fixture
def code(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    for number in range(60):
        (folder / f"m{number}.py").write_text("".join(CODE.format(n=n) for n in range(20)))
    return folder


@pytest.fixture
def start_worker(settings, tmp_path):
    settings.VAR = tmp_path / "var"
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    url = f"postgres://{database['USER']}@{host}:{database['PORT']}/{database['NAME']}"
    environment = os.environ | {"AVYAY_VAR": str(settings.VAR), "DATABASE_URL": url}
    started: list[subprocess.Popen[bytes]] = []

    def start_worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORKER]
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stderr=log)
        started.append(process)
        return process

    yield start_worker
    for process in started:
        process.kill()
        process.wait()


def wait_for(is_so: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def test_a_scan_whose_worker_is_killed_is_done_by_the_next_one_and_nothing_is_left(code, start_worker):
    scan = factories.ScanFactory.create(source="folder", folder=str(code), created_at=timezone.now())
    mine = Scan.objects.filter(pk=scan.pk)
    worker = start_worker()
    wait_for(lambda: mine.filter(state="running", progress__has_key="rules").exists())
    children = psutil.Process(worker.pid).children(recursive=True)

    worker.kill()
    worker.wait()

    assert claiming.claim_next(now=timezone.now()) is None
    assert len(list(folders.root().iterdir())) == 1
    # The lease runs out; the next worker comes by.
    mine.update(leased_until=timezone.now())
    assert scanning.run_next() == scan.pk
    scan.refresh_from_db()
    assert (scan.state, scan.attempts, scan.fence) == ("finished", 2, 2)
    fingerprints = list(Finding.objects.values_list("fingerprint", flat=True))
    assert len(fingerprints) == len(set(fingerprints)) == scan.counts["open"] > 0
    scanning.sweep(now=timezone.now())
    assert list(folders.root().iterdir()) == []
    wait_for(lambda: not any(is_alive(child) for child in children), 10)


def is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def test_several_workers_that_are_told_of_one_scan_do_it_once(code, start_worker, tmp_path):
    scan = factories.ScanFactory.create(source="folder", folder=str(code), created_at=timezone.now())

    workers = [start_worker() for _ in range(2)]
    for worker in workers:
        assert worker.wait(60) == 0, (tmp_path / "worker.log").read_text()

    scan.refresh_from_db()
    assert (scan.state, scan.attempts) == ("finished", 1)
    assert Finding.objects.count() == scan.counts["new"]
