"""The taint engine: right and wrong alarms on pairs of small programs, plain and rewritten; noise, speed and memory on Django.

python -m benchmarks.scan_taint [--per-sink 24] [--show] [--source FOLDER]
source: an unpacked Django source distribution; without it, the installed package is taken.
A pair's true program counts when a finding has its CWE; its false program is a false alarm when a finding has it.
Ends with status 1 if a bar is missed: TPR - FPR 85 and FPR 5, mutated 90 % of that, .05 findings per 1,000 lines outside tests,
150 files a second, 400 MB.
"""

from __future__ import annotations

import argparse
import resource
import sysconfig
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

from benchmarks import common
from benchmarks.taint_suite import Pair, pairs
from benchmarks.taint_suite.mutations import mutated
from raksha.taint import engine
from raksha.taint.budget import Budget

Files = dict[str, str]


def main() -> None:
    """Run everything, print a table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-sink", type=int, default=24)
    parser.add_argument("--show", action="store_true", help="name the pairs that are judged wrongly")
    parser.add_argument("--source", type=Path, default=Path(sysconfig.get_paths()["purelib"]) / "django")
    options = parser.parse_args()
    suite = pairs(per_sink=options.per_sink)
    plain = _score(suite, lambda files, _: files, show=options.show)
    rewritten = _score(suite, mutated, show=options.show)
    print(f"{'':<24}{'pairs':>8}{'TPR':>8}{'FPR':>8}{'score':>8}")
    for name, score in (("plain", plain), ("rewritten", rewritten)):
        print(f"{name:<24}{len(suite):>8}{score['tpr']:>8.1%}{score['fpr']:>8.1%}{score['score']:>8.1%}")
    noise = _noise(options.source)
    for name, value in noise.items():
        print(f"{options.source.name + ': ' + name.replace('_', ' '):<48}{value:>10,}")
    result = {
        "machine": common.machine(),
        "pairs": len(suite),
        "plain": plain,
        "rewritten": rewritten,
        "source": noise,
    }
    print(f"\nkept in {common.write('scan_taint', result).relative_to(common.ROOT)}")
    is_good = plain["score"] >= 0.85 and plain["fpr"] <= 0.05 and rewritten["score"] >= 0.9 * plain["score"]
    is_quiet = (
        noise["per_1000_lines"] <= 0.05 and noise["files_per_second"] >= 150 and noise["most_mb"] <= 400
    )
    if not (is_good and is_quiet):
        raise SystemExit(1)


def _score(suite: list[Pair], change: Callable[[Files, int], Files], *, show: bool) -> dict[str, float]:
    """Return the means over categories of the rates."""
    alarms: dict[int, list[tuple[bool, bool]]] = defaultdict(list)
    for number, pair in enumerate(suite):
        found = tuple(_is_found(change(files, number), pair.cwe) for files in (pair.true, pair.false))
        alarms[pair.cwe].append((found[0], found[1]))
        if show and found != (True, False):
            print(f"{'missed' if not found[0] else ''} {'false alarm' if found[1] else ''}: {pair.name}")
    rates = {
        cwe: (fmean(true for true, _ in rows), fmean(false for _, false in rows))
        for cwe, rows in alarms.items()
    }
    tpr, fpr = fmean(true for true, _ in rates.values()), fmean(false for _, false in rates.values())
    return {"tpr": round(tpr, 4), "fpr": round(fpr, 4), "score": round(tpr - fpr, 4)}


def _is_found(files: Files, cwe: int) -> bool:
    sources = {path: text.encode() for path, text in files.items()}
    analysis = engine.analyse(sources, languages=dict.fromkeys(sources, "python"), budget=Budget())
    return any(cwe in found.cwe for found in analysis.detections)


def _noise(folder: Path) -> dict[str, float]:
    files = {
        file.relative_to(folder.parent).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*.py"))
        if file.stat().st_size <= 1_000_000
    }
    started = time.perf_counter()
    analysis = engine.analyse(files, languages=dict.fromkeys(files, "python"), budget=Budget())
    seconds = time.perf_counter() - started
    outside = [
        found
        for found in analysis.detections
        if not _is_test(found.place.path) and found.severity in {"critical", "high", "medium"}
    ]
    lines = sum(data.count(b"\n") for path, data in files.items() if not _is_test(path))
    print(Counter(found.rule for found in outside))
    return {
        "files": len(files), "findings": len(analysis.detections), "findings_outside_tests": len(outside),
        "per_1000_lines": round(1000 * len(outside) / lines, 4), "unfinished": len(analysis.unfinished),
        "files_per_second": round(len(files) / seconds, 1), "most_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def _is_test(path: str) -> bool:
    return any(part in {"tests", "test", "testing"} for part in path.split("/"))


if __name__ == "__main__":
    main()
