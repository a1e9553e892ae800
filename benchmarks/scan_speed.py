"""From an upload to its finished report, and from an edit to the next one, with a warm worker in this process.

Uploads are of 50 small files in many languages, all new to the scanner. Rescans change one file of such a project;
each one's findings are held against those of a scan that knows nothing of the earlier ones.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import common, scan_code

if TYPE_CHECKING:
    from avyay_site.accounts.access import Access
    from raksha.models import Scan

BARS = {"upload_p50": 1.0, "upload_p95": 2.0, "rescan_p95": 0.3}


@contextmanager
def platform(folder: Path) -> Iterator[None]:
    """Run the body with Django, an empty database and Redis of its own."""
    os.environ |= {
        "AVYAY_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "avyay_site.settings",
        "AVYAY_LOG_LEVEL": "ERROR",
    }
    import django

    from avyay_site import borrowing
    from avyay_site.embedded import Layout

    with borrowing.borrow(Layout(folder)):
        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        yield
        connections.close_all()


def new_access(name: str) -> Access:
    """Return the access to a new workspace: nothing is kept for it yet."""
    from avyay_site.accounts.access import for_system
    from avyay_site.accounts.models import Workspace

    return for_system(Workspace.objects.create(name=name, slug=name))


def scan(by: Access, files: dict[str, str], *, name: str) -> tuple[Scan, float]:
    """Upload, scan to the end, and return the scan with the seconds it took."""
    from django.utils import timezone

    from raksha import scanning, services

    data = scan_code.archive(files)
    started = time.perf_counter()
    upload = services.receive_upload(by=by, name=f"{name}.zip", chunks=[data], now=timezone.now())
    asked = services.request_scan(by=by, upload=upload, now=timezone.now())
    while scanning.run_next() != asked.pk:
        pass
    seconds = time.perf_counter() - started
    asked.refresh_from_db()
    if asked.state != "finished":
        raise SystemExit(f"The scan ended as {asked.state}: {asked.reason}")
    return asked, seconds


def findings(scanned: Scan) -> set[tuple[str, str]]:
    """Return the open findings of a project with all that is shown of them."""
    from raksha.models import Finding

    rows = Finding.objects.filter(project_id=scanned.project_id, state="open")
    return set(rows.values_list("fingerprint", "digest"))


def measure(uploads: int, edits: int) -> dict[str, object]:
    """Return the times, and how many rescans differed from a full scan."""
    by = new_access("uploads")
    scan(by, scan_code.make(1), name="warm")
    firsts = [scan(by, scan_code.make(100 + n), name=f"shop-{n}") for n in range(uploads)]
    times = [seconds for _, seconds in firsts]
    chance = random.Random(7)  # noqa: S311 (a fixed sequence)
    mine, files = new_access("edits"), scan_code.make(99_999)
    scan(mine, files, name="shop")
    again, differing = [], 0
    for number in range(edits):
        files = scan_code.edit(files, chance)
        rescan, seconds = scan(mine, files, name="shop")
        again.append(seconds)
        whole, _ = scan(new_access(f"fresh-{number}"), files, name="shop")
        differing += findings(rescan) != findings(whole)
    return {
        "files": 50,
        "findings_of_an_upload": statistics.median(one.counts["open"] for one, _ in firsts),
        **{f"upload_{name}": value for name, value in percentiles(times).items()},
        **{f"rescan_{name}": value for name, value in percentiles(again).items()},
        "uploads": uploads,
        "edits": edits,
        "edits_that_differ_from_a_full_scan": differing,
        "stages_of_the_last_upload": {
            name: stage["seconds"] for name, stage in firsts[-1][0].progress.items()
        },
    }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {"p50": round(statistics.median(seconds), 3), "p95": round(cuts[18], 3)}


def main() -> None:
    """Print the table, keep the result, and fail when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=40)
    parser.add_argument("--edits", type=int, default=200)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="avyay-scan-speed-"))
    try:
        with platform(folder / "var"):
            result = measure(arguments.uploads, arguments.edits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in result.items():
        print(f"{name:>36}  {value}")
    common.write("scan_speed", {**result, "bars": BARS, "machine": common.machine()})
    missed = [name for name, bar in BARS.items() if float(str(result[name])) > bar]
    if missed or result["edits_that_differ_from_a_full_scan"]:
        raise SystemExit(f"missed: {', '.join(missed) or 'equality'}")


if __name__ == "__main__":
    main()
