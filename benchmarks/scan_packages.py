"""Real lockfiles against real advisories: packages found, vulnerabilities found, aliases told twice, time.

Reads the frozen data beside the repository when it is there; the score is the data's own scorer's.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

from benchmarks import common
from raksha import lockfiles, matching
from raksha.advisories import Advisory, parse
from raksha.packages import normalise
from raksha.versions import compare

DATA = common.ROOT.parent / "shared" / "data"
FEEDS = ("osv-pypi.jsonl.gz", "osv-go.jsonl.gz", "ghsa-sample.jsonl")
ROUNDS = 5


def advisories(folder: Path) -> dict[tuple[str, str], list[Advisory]]:
    """Load every advisory of the frozen feeds by ecosystem and normalised name."""
    found: dict[tuple[str, str], list[Advisory]] = {}
    for name in FEEDS:
        path = folder / name
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in data.splitlines():
            advisory = parse(json.loads(line))
            keys = {(a.ecosystem, normalise(a.ecosystem, a.name)) for a in advisory.affected}
            for key in keys:
                found.setdefault(key, []).append(advisory)
    return found


def older_than_installed(expected: Path, findings: list[dict[str, object]]) -> int:
    """Count expected matches not found whose own fixed versions are all older than what is installed.

    SemVer orders a tagged 0.23.0 after every 0.0.0-<date>-<commit>: a fix at such a commit is in it.
    """
    had = {(f["file"], f["package"], name) for f in findings for name in cast("list[str]", f["ids"])}
    return sum(
        bool(row["fixed"])
        and all(compare(row["ecosystem"], fix, row["version"]) <= 0 for fix in row["fixed"])
        for file in json.loads(expected.read_text(encoding="utf-8"))
        for row in file["vulnerabilities"]
        if (file["file"], row["package"], row["id"]) not in had
    )


def scan(
    files: dict[str, bytes], known: dict[tuple[str, str], list[Advisory]]
) -> tuple[dict[str, list[str]], list[dict[str, object]]]:
    """Read and match every file by itself; return packages by file, and findings as the scorer wants them."""
    packages: dict[str, list[str]] = {}
    findings: list[dict[str, object]] = []
    for path, data in files.items():
        reading = lockfiles.read(path, data)
        listed = reading.packages if reading is not None else ()
        packages[path] = [f"{package.name}@{package.version}" for package in listed]
        for hit in matching.match(listed, known):
            findings.append(
                {
                    "file": path,
                    "package": hit.package.name,
                    "version": hit.package.version,
                    "ids": list(hit.ids),
                    "fixed": hit.fixed,
                }
            )
    return packages, findings


def measure(data: Path) -> dict[str, object]:
    """Run the whole of it several times and score the last."""
    sca = data / "scan" / "sca"
    paths = sorted(path for path in sca.glob("*/*") if path.is_file())
    files = {str(path.relative_to(sca)): path.read_bytes() for path in paths}
    known = advisories(data / "intel")
    seconds, processor = [], []
    for _ in range(ROUNDS):
        started, worked = time.perf_counter(), time.process_time()
        packages, findings = scan(files, known)
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - worked)
    out = common.ROOT / "var" / "scan_packages.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"packages": packages, "findings": findings}), encoding="utf-8")
    scorer = [sys.executable, str(data / "scan" / "score_sca.py"), str(sca / "expected.json"), str(out)]
    done = subprocess.run([*scorer, "--json"], capture_output=True, text=True, check=True)
    score: dict[str, object] = json.loads(done.stdout)
    fixed = sum(bool(finding["fixed"]) for finding in findings)
    times = {
        "seconds_first": round(seconds[0], 3),
        "seconds_median": round(sorted(seconds)[ROUNDS // 2], 3),
        "processor_seconds_median": round(sorted(processor)[ROUNDS // 2], 3),
    }
    older = older_than_installed(sca / "expected.json", findings)
    return {
        **score,
        "missed_but_fixed_by_their_own_row": older,
        "findings": len(findings),
        "with_one_upgrade": fixed,
        **times,
    }


def main() -> None:
    """Print the table and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    data: Path = parser.parse_args().data
    if not (data / "scan" / "sca").is_dir():
        raise SystemExit(f"There is no data at {data}: nothing was measured.")
    result = measure(data)
    for name, value in result.items():
        print(f"{name:>34}  {value}")
    common.write("scan_packages", {**result, "machine": common.machine()})


if __name__ == "__main__":
    main()
