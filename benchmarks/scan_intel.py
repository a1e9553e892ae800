"""Threat intelligence at size: import rate and memory, what packages cost to look up, and how soon stored projects know.

python -m benchmarks.scan_intel [--advisories 500000] [--projects 200] [--packages 500]

Uses an embedded PostgreSQL of its own in a temporary folder, with its usual settings (fsync on). Advisories are made
up, about as long as real ones (1.3 kB), over ecosystems and packages as unevenly as real ones.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.common import children, machine, own_resident_mb, write

BARS = {
    "records_per_second": ("≥", 20_000),
    "memory_mb": ("≤", 300),
    "lookup_3500_seconds": ("≤", 1.0),
    "kev_to_event_seconds": ("≤", 60),
    "advisories_to_event_seconds": ("≤", 60),
}
ECOSYSTEMS = ("npm", "PyPI", "Maven", "Packagist", "Go")
NAMES = 40_000
"""Packages of each ecosystem with advisories."""
ASKED = 3_500
WORDS = [
    "an",
    "attacker",
    "may",
    "send",
    "a",
    "crafted",
    "request",
    "to",
    "read",
    "files",
    "of",
    "other",
    "users",
    "because",
    "input",
    "is",
    "not",
    "checked",
]
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def main() -> None:
    """Measure, print the table and keep it."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--advisories", type=int, default=500_000)
    options.add_argument("--projects", type=int, default=200)
    options.add_argument("--packages", type=int, default=500, help="of each project")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="avyay-intel-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 (the database's system user must enter)
        os.environ |= {"AVYAY_VAR": f"{folder}/var", "DJANGO_SETTINGS_MODULE": "avyay_site.settings"}
        os.environ["AVYAY_LOG_LEVEL"] = "ERROR"
        import django

        django.setup()
        from django.conf import settings

        from avyay_site import borrowing

        with borrowing.borrow(settings.LAYOUT, postgres=True, redis=False, settings=()):
            figures = measure(asked, Path(folder))
    report(asked, figures)


def measure(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return all figures."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    figures: dict[str, Any] = {}
    figures |= bring_all(asked.advisories, folder)
    figures |= bring_again(asked.advisories // len(ECOSYSTEMS), folder)
    figures |= look_up()
    make_projects(asked.projects, asked.packages)
    figures |= escalate(folder)
    return figures


def bring_all(count: int, folder: Path) -> dict[str, Any]:
    """Import an export of each ecosystem into empty tables."""
    each, seconds, size, busy, peak = count // len(ECOSYSTEMS), 0.0, 0, 0.0, Peak()
    for ecosystem in ECOSYSTEMS:
        path = folder / "export.jsonl"
        write_lines(path, ecosystem, each)
        size += path.stat().st_size
        before = processor_seconds()
        with peak:
            seconds += bring("osv", path, ecosystem)
        busy += processor_seconds() - before
    return {
        "imported": each * len(ECOSYSTEMS),
        "bytes_each": size // max(1, each * len(ECOSYSTEMS)),
        "records_per_second": round(each * len(ECOSYSTEMS) / seconds),
        "processor_us_each": round(1e6 * busy / (each * len(ECOSYSTEMS)), 1),
        "memory_mb": round(peak.mb),
    }


class Peak:
    """The most memory that the import and its reader hold together, looked at all the time; not the database's."""

    def __init__(self) -> None:
        self.mb, self._is_over = 0.0, threading.Event()

    def __enter__(self) -> None:
        self._is_over.clear()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(0.1):
            pids = [os.getpid(), *(pid for pid in children(os.getpid()) if is_reader(pid))]
            self.mb = max(self.mb, sum(own_resident_mb(pid) for pid in pids))


def is_reader(pid: int) -> bool:
    try:
        return b"raksha.feeds.parsing" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def processor_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def bring_again(each: int, folder: Path) -> dict[str, Any]:
    """Import one export a second time as a zip with one record in a hundred changed, as a day later."""
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, record in enumerate(advisories("npm", each)):
            if number % 100 == 0:
                record["summary"] += " (changed)"
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return {"zip_again_records_per_second": round(each / bring("osv", path, "npm"))}


def look_up() -> dict[str, Any]:
    """Ask for the advisories of many packages, as a scan of a large project does, and match them."""
    from raksha.correlating import find_vulnerable
    from raksha.packages import Package
    from raksha.queries import intel

    chance, taken, matched = random.Random(7), [], []  # noqa: S311 (made-up names)
    for _ in range(5):
        names = {(chance.choice(ECOSYSTEMS), name(chance)) for _ in range(2 * ASKED)}
        some = sorted(names)[:ASKED]
        began = time.perf_counter()
        found = intel.get_advisories(some)
        taken.append(time.perf_counter() - began)
        packages = [Package(ecosystem, each, "1.5.0", path="lock") for ecosystem, each in some]
        began = time.perf_counter()
        detections, _skipped = find_vulnerable(packages, now=NOW)
        matched.append(time.perf_counter() - began)
    return {
        "lookup_3500_seconds": round(statistics.median(taken), 3),
        "lookup_advisories": sum(map(len, found.values())),
        "find_vulnerable_3500_seconds": round(statistics.median(matched), 3),
        "find_vulnerable_detections": len(detections),
    }


def make_projects(count: int, packages: int) -> None:
    """Store projects with their package lists, one package in ten within advisories' reach."""
    from avyay_site.accounts.models import Workspace
    from raksha.models import Project
    from raksha.packages import Package
    from raksha.scanning import packaging

    chance = random.Random(3)  # noqa: S311 (made-up names)
    workspace = Workspace.objects.create(name="bench", slug="bench")
    for number in range(count):
        project = Project.objects.create(workspace=workspace, name=f"project-{number}")
        listed = {
            (
                chance.choice(ECOSYSTEMS),
                name(chance) if chance.random() < 0.1 else f"own-{chance.randrange(10**6)}",
            )
            for _ in range(packages)
        }
        packaging.keep(
            project,
            [
                Package(eco, each, f"{chance.randrange(9)}.5.0", path="lock", direct=True)
                for eco, each in listed
            ],
        )


def escalate(folder: Path) -> dict[str, Any]:
    """Time what stored projects wait for: all advisories at once, new ones, and entries in KEV."""
    from avyay_site import events
    from raksha import reranking
    from raksha.models import Finding
    from raksha.reranking import FindingEscalated

    told: list[FindingEscalated] = []
    events.subscribe(FindingEscalated, told.append)
    figures: dict[str, Any] = {"all_advisories_seconds": timed(lambda: reranking.catch_up(now=NOW))}
    figures["findings"] = Finding.objects.count()
    cves = list(Finding.objects.order_by("pk").values_list("cves", flat=True)[:2_000:100])
    kev = folder / "kev.json"
    kev.write_text(json.dumps(catalogue([cve for some in cves for cve in some][:20])), encoding="utf-8")

    def exploited() -> None:
        bring("kev", kev)
        reranking.catch_up(now=NOW)

    figures["kev_to_event_seconds"] = timed(exploited)
    figures["kev_findings"] = Finding.objects.filter(is_kev=True).count()
    figures["kev_events"] = len(told)
    fresh = folder / "fresh.jsonl"
    write_lines(fresh, "npm", 100, start=10**7)

    def published() -> None:
        bring("osv", fresh, "npm", merge=True)
        reranking.catch_up(now=NOW + timedelta(minutes=1))

    figures["advisories_to_event_seconds"] = timed(published)
    figures["findings_after"] = Finding.objects.count()
    return figures


def bring(kind: str, path: Path, ecosystem: str = "", *, merge: bool = False) -> float:
    """Import a file; return the seconds."""
    from raksha.feeds import importing
    from raksha.feeds.staging import Manner

    bring.calls += 1  # type: ignore[attr-defined]
    now = NOW + timedelta(seconds=bring.calls)  # type: ignore[attr-defined]
    feed = importing.get_feed(kind, ecosystem)
    return timed(lambda: importing.import_file(feed, path, now=now, manner=Manner(merge=merge)))


bring.calls = 0  # type: ignore[attr-defined]


def timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 3)


def name(chance: random.Random) -> str:
    """Return a package's name; low numbers are far commoner, as with real packages."""
    return f"package-{int(NAMES * chance.random() ** 1.5)}"


def write_lines(path: Path, ecosystem: str, count: int, *, start: int = 0) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in advisories(ecosystem, count, start=start):
            file.write(json.dumps(record))
            file.write("\n")


def advisories(ecosystem: str, count: int, *, start: int = 0) -> Iterator[dict[str, Any]]:
    """Make up advisories; the same for the same ecosystem and numbers."""
    chance = random.Random(f"{ecosystem}{start}")  # noqa: S311 (made up)
    for number in range(start, start + count):
        year, impact = 2015 + number % 11, [chance.choice("HLN") for _ in range(3)]
        vector = (
            f"CVSS:3.1/AV:N/AC:{chance.choice('LH')}/PR:{chance.choice('NL')}/UI:{chance.choice('NR')}/S:U"
        )
        yield {
            "schema_version": "1.6.0",
            "id": f"GHSA-{ecosystem.lower()}-{number:08d}",
            "modified": f"{year}-06-01T00:00:00Z",
            "published": f"{year}-05-{1 + number % 28:02d}T00:00:00Z",
            "aliases": [f"CVE-{year}-{ECOSYSTEMS.index(ecosystem)}{number:08d}"],
            "summary": "Input is not checked",
            "details": " ".join(chance.choices(WORDS, k=chance.randrange(40, 160))),
            "severity": [{"type": "CVSS_V3", "score": f"{vector}/C:{impact[0]}/I:{impact[1]}/A:{impact[2]}"}],
            "affected": [
                {
                    "package": {"ecosystem": ecosystem, "name": name(chance)},
                    "ranges": [
                        {
                            "type": "ECOSYSTEM",
                            "events": [
                                {"introduced": "0"},
                                {"fixed": f"{chance.randrange(1, 9)}.{number % 20}.0"},
                            ],
                        }
                    ],
                }
            ],
            "references": [
                {"type": "WEB", "url": f"https://example.org/{place}/{number}"} for place in "abcd"
            ],
            "database_specific": {
                "cwe_ids": [f"CWE-{chance.choice([20, 22, 79, 89, 502, 918])}"],
                "severity": "HIGH",
            },
        }


def catalogue(cves: list[str]) -> dict[str, Any]:
    entry = {
        "vendorProject": "Vendor",
        "product": "Product",
        "vulnerabilityName": "Product Vulnerability",
        "dateAdded": "2026-03-01",
        "shortDescription": "It is exploited.",
        "requiredAction": "Mend it.",
        "dueDate": "2026-03-20",
    }
    entries = [{**entry, "cveID": cve} for cve in cves]
    return {
        "catalogVersion": "2026.03.01",
        "dateReleased": "",
        "count": len(cves),
        "vulnerabilities": entries,
    }


def report(asked: argparse.Namespace, figures: dict[str, Any]) -> None:
    print(f"{figures['imported']:,} advisories, {asked.projects} projects of {asked.packages} packages\n")
    for key, value in figures.items():
        sign, bar = BARS.get(key, ("", None))
        met = bar is None or (value >= bar if sign == "≥" else value <= bar)
        aim = "" if bar is None else f"   {sign} {bar:,}   {'met' if met else 'MISSED'}"
        print(f"  {key:<32} {value:>12,}{aim}")
    write("scan_intel", {"machine": machine(), "asked": vars(asked), "figures": figures})


if __name__ == "__main__":
    main()
