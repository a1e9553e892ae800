"""A queue under pressure: one workspace asks for hundreds of scans, another now and then for one; and workers are killed.

First the other workspace alone, then beside the busy one: how long its scans wait for a worker. Then workers are killed
without warning at random moments: what is left in "running" after its lease, and in folders after the sweep.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import common, scan_code
from benchmarks.scan_speed import new_access, platform

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access
    from raksha.models import Scan

FILES = 10
STUCK_SECONDS = 90.0
TICK_SECONDS = 0.2
OPTIONS = (
    "-P",
    "threads",
    "-c",
    "4",
    "-Q",
    "default,scan",
    "--without-mingle",
    "--without-gossip",
    "-l",
    "error",
)


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run a Celery worker as the platform does."""
    command = [sys.executable, "-m", "celery", "-A", "avyay_site.celery", "worker", *OPTIONS]
    process = subprocess.Popen(command, cwd=common.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ask(by: Access, number: int) -> Scan:
    """Ask for a scan of a small project of its own."""
    from django.utils import timezone

    from raksha import services

    data = scan_code.archive(scan_code.make(number, FILES))
    upload = services.receive_upload(by=by, name=f"shop-{number}.zip", chunks=[data], now=timezone.now())
    return services.request_scan(by=by, upload=upload, now=timezone.now())


def wait_until_over(scans: list[Scan], seconds: float) -> None:
    """Wait until all have ended, with the sweep that beat would do."""
    from django.utils import timezone

    from raksha.models import Scan as Row
    from raksha.services import reissue_waiting

    until = time.monotonic() + seconds
    swept_at = time.monotonic()
    while Row.objects.active().filter(pk__in=[one.pk for one in scans]).exists():
        if time.monotonic() > until:
            raise SystemExit("Scans do not come to their end.")
        if time.monotonic() - swept_at > 20:
            reissue_waiting(now=timezone.now())
            swept_at = time.monotonic()
        time.sleep(TICK_SECONDS)


def waits(by: Access, count: int, first: int) -> list[float]:
    """Ask for scans one after the other; return how long each waited for a worker."""
    seconds = []
    for number in range(count):
        scan = ask(by, first + number)
        wait_until_over([scan], 300)
        scan.refresh_from_db()
        if scan.state != "finished" or scan.started_at is None:
            raise SystemExit(f"A scan ended as {scan.state}: {scan.reason}")
        seconds.append((scan.started_at - scan.created_at).total_seconds())
    return seconds


def fairness(queued: int, asked: int) -> dict[str, object]:
    """Return the waits of a workspace alone, and beside one with a long queue."""
    busy, other = new_access("busy"), new_access("other")
    with worker():
        waits(other, 2, 1)  # warm
        idle = waits(other, asked, 100)
        queue = [ask(busy, 10_000 + number) for number in range(queued)]
        beside = waits(other, asked, 200)
        left = sum(one.is_active for one in type(queue[0]).objects.filter(pk__in=[one.pk for one in queue]))
        type(queue[0]).objects.active().update(
            state="cancelled", leased_until=None, finished_at=queue[0].created_at
        )
    return {
        "queued_by_the_busy_one": queued,
        "still_waiting_when_the_other_was_done": left,
        "wait_idle_p95": _p95(idle),
        "wait_beside_p95": _p95(beside),
    }


def crashes(count: int) -> dict[str, object]:
    """Kill workers at random moments of scans; return what was left."""
    from django.utils import timezone

    from raksha import scanning
    from raksha.models import Finding
    from raksha.scanning import folders

    chance = random.Random(11)  # noqa: S311 (a fixed sequence)
    by = new_access("crashes")
    scans, longest = [], 0.0
    for number in range(count):
        scans.append(ask(by, 50_000 + number))
        with worker():
            time.sleep(chance.uniform(1.5, 4.0))
        running = type(scans[0]).objects.filter(state="running", leased_until__lt=timezone.now())
        longest = max([longest, *(_age(one) for one in running)])
    with worker():
        wait_until_over(scans, 60.0 + 10 * count)
    scanning.sweep(now=timezone.now())
    ended = [type(one).objects.get(pk=one.pk) for one in scans]
    fingerprints = Finding.objects.values_list("project_id", "fingerprint")
    return {
        "killed": count,
        "finished": sum(one.state == "finished" for one in ended),
        "failed_with_a_reason": sum(one.state == "failed" and bool(one.reason) for one in ended),
        "longest_in_running_after_its_lease": round(longest, 1),
        "folders_left": len(list(folders.root().iterdir())),
        "findings_twice": len(fingerprints) - len(set(fingerprints)),
    }


def _age(scan: Scan) -> float:
    from django.utils import timezone

    return (timezone.now() - scan.leased_until).total_seconds() if scan.leased_until else 0.0


def _p95(seconds: list[float]) -> float:
    return round(statistics.quantiles(seconds, n=20, method="inclusive")[18], 3)


def main() -> None:
    """Print the table, keep the result, and fail when something was left or another had to wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queued", type=int, default=500)
    parser.add_argument("--asked", type=int, default=20)
    parser.add_argument("--kills", type=int, default=100)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="avyay-scan-queue-"))
    try:
        with platform(folder / "var"):
            os.environ["AVYAY_VAR"] = str(folder / "var")
            result = {**fairness(arguments.queued, arguments.asked), **crashes(arguments.kills)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in result.items():
        print(f"{name:>40}  {value}")
    common.write("scan_queue", {**result, "machine": common.machine()})
    left = (result["folders_left"], result["findings_twice"])
    if any(left) or float(str(result["longest_in_running_after_its_lease"])) > STUCK_SECONDS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
