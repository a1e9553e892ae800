"""Semgrep as an engine: every file that its rules speak about is looked at, or is said to have been left out.

A batch that fails or hangs is halved until the file that does it stands alone: one hostile file costs its own
result, not its neighbours'.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raksha.coverage import Skip
from raksha.detections import Detection
from raksha.engines.results import EngineResult
from raksha.engines.semgrep import program, reading
from raksha.engines.semgrep.program import CoreFailed, NotAsExpected, Target
from raksha.engines.texts import Text
from raksha.rules import catalogue, loading

BATCH, SUSPICIOUS_BATCH = 700, 8
SHARD_FROM = 150
"""Below this many targets a second process costs more than it gains."""
SUSPICIOUS_BYTES = 100_000
MOST_BYTES = 5_000_000
PATIENT_RULE_SECONDS, PATIENT_SECONDS = 20, 40.0
TOTAL_SECONDS, MEMORY_MB = 150.0, 1_500
ANY_TEXT = ("generic", "regex")
Call = Callable[..., dict[str, Any]]


@dataclass(slots=True)
class _Run:
    """One engine run: what it works with and what came out."""

    rules: Sequence[Any]
    folder: Path
    ends_at: float
    memory_mb: int
    stored: Mapping[str, str]
    call: Call = program.call_core
    found: list[Mapping[str, Any]] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)


def warm() -> None:
    """Read the packs once, before jobs are forked; what is wrong with one is told by the job that needs it."""
    with suppress(loading.BadPack):
        loading.all_rules()
        catalogue.all_facts()
    program.core()
    program.version()


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Match rules on the files of a request and answer an EngineResult as JSON.

    request: folder, files, and optionally rules (JSON text, else our packs), seconds, jobs, memory_mb.
    """
    began = time.monotonic()
    files = request["files"]
    rules = _rules(request)
    stored = {one["stored"]: one["path"] for one in files}
    run_ = _Run(
        rules=rules,
        folder=Path(request["folder"]),
        ends_at=began + request.get("seconds", TOTAL_SECONDS),
        memory_mb=request.get("memory_mb", MEMORY_MB),
        stored=stored,
    )
    targets, large = _targets(files, rules, run_.folder)
    run_.skipped += large
    _match_all(run_, targets, request.get("jobs") or _free_cores())
    _try_patiently(run_, targets)
    detections = _detections(run_)
    versions = {"semgrep": program.version(), "semgrep_way": _way(run_)}
    result = EngineResult(
        detections=tuple(detections),
        skipped=tuple(run_.skipped),
        seconds=round(time.monotonic() - began, 4),
        versions=versions,
    )
    return result.to_json()


def _way(run_: _Run) -> str:
    return (
        "core"
        if run_.call is program.call_core
        else "command (the core is not as expected; slower, no traces)"
    )


def _rules(request: Mapping[str, Any]) -> list[Any]:
    if "rules" in request:
        rules: list[Any] = json.loads(request["rules"])["rules"]
        return rules
    languages = {one["language"] for one in request["files"]} - {""}
    ours: list[Any] = json.loads(loading.pack([*languages, *ANY_TEXT]).content)["rules"]
    return ours


def _targets(files: Sequence[Any], rules: Sequence[Any], folder: Path) -> tuple[list[Target], list[Skip]]:
    """Pair files with the analyzers that some rule needs for them."""
    spoken = {language for rule in rules for language in rule["languages"]}
    targets: list[Target] = []
    skipped: list[Skip] = []
    for one in files:
        analyzer = loading.semgrep_word(one["language"])
        wanted = [word for word in (analyzer, *ANY_TEXT) if word in spoken]
        if not wanted:
            continue
        size = (folder / one["stored"]).stat().st_size
        if not size:
            continue
        if size > MOST_BYTES:
            skipped.append(Skip(one["path"], "too_large", f"It is larger than {MOST_BYTES:,} bytes."))
            continue
        targets += [Target(one["stored"], one["path"], word) for word in wanted]
    return targets, skipped


def _match_all(run_: _Run, targets: Sequence[Target], jobs: int) -> None:
    batches = list(_batches(run_.folder, targets, jobs))
    if not batches:
        return
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        list(pool.map(lambda batch: _match(run_, batch), batches))


def _try_patiently(run_: _Run, targets: Sequence[Target]) -> None:
    """Give files on which rules ran out of time more of it, one after another, for a bounded while.

    A large file is the simplest way to hide something; most need only a little longer.
    """
    late = {
        skip.path for skip in run_.skipped if skip.why == "timed_out" and skip.says.startswith(reading.LATE)
    }
    ends_at = min(run_.ends_at, time.monotonic() + PATIENT_SECONDS)
    for target in targets:
        seconds = ends_at - time.monotonic()
        if target.path not in late or seconds <= program.RULE_SECONDS:
            continue
        with suppress(CoreFailed, NotAsExpected):
            answer = run_.call(
                run_.rules,
                [target],
                run_.folder,
                seconds=seconds,
                memory_mb=run_.memory_mb,
                rule_seconds=PATIENT_RULE_SECONDS,
            )
            run_.skipped = [skip for skip in run_.skipped if skip.path != target.path]
            run_.skipped += reading.skips(answer, run_.stored)
            run_.found += answer.get("results", [])


def _batches(folder: Path, targets: Sequence[Target], jobs: int) -> Iterator[Sequence[Target]]:
    """Cut into batches: large files apart, where the trouble is; the others evenly over the processes."""
    sizes = {one.stored: (folder / one.stored).stat().st_size for one in targets}
    usual = [one for one in targets if sizes[one.stored] < SUSPICIOUS_BYTES]
    large = [one for one in targets if sizes[one.stored] >= SUSPICIOUS_BYTES]
    parts = jobs if len(usual) > SHARD_FROM else 1
    while len(usual) > BATCH * parts:
        parts += 1
    for part in range(parts):
        if batch := usual[part::parts]:
            yield batch
    for start in range(0, len(large), SUSPICIOUS_BATCH):
        yield large[start : start + SUSPICIOUS_BATCH]


def _match(run_: _Run, batch: Sequence[Target]) -> None:
    seconds = min(_patience(batch), run_.ends_at - time.monotonic())
    if seconds <= 0:
        run_.skipped += [_left(one) for one in batch]
        return
    call = run_.call
    try:
        answer = call(run_.rules, batch, run_.folder, seconds=seconds, memory_mb=run_.memory_mb)
    except NotAsExpected:
        run_.call = program.call_command
        _match(run_, batch)
    except CoreFailed as exc:
        if call is program.call_core and not exc.is_late and not _works(run_):
            run_.call = program.call_command
            _match(run_, batch)
        elif len(batch) > 1:
            _match(run_, batch[: len(batch) // 2])
            _match(run_, batch[len(batch) // 2 :])
        else:
            run_.skipped.append(_failed(batch[0], exc))
    else:
        run_.found += answer.get("results", [])
        run_.skipped += reading.skips(answer, run_.stored)
        run_.skipped += _silent(answer, batch)


def _works(run_: _Run) -> bool:
    """Tell whether the core does what it should when it has nothing hostile to read."""
    try:
        program.call_core([], [], run_.folder, seconds=program.RULE_SECONDS * 2, memory_mb=run_.memory_mb)
    except (CoreFailed, NotAsExpected):
        return False
    return True


def _patience(batch: Sequence[Target]) -> float:
    """Return the seconds for a batch: the rules' own time-outs on one bad file, and a tenth for each."""
    return program.RULE_SECONDS * program.RULES_OUT_OF_TIME + 5 + 0.1 * len(batch)


def _left(target: Target) -> Skip:
    return Skip(target.path, "timed_out", "The engine's time was over before it came to this file.")


def _failed(target: Target, exc: CoreFailed) -> Skip:
    if exc.is_late:
        return Skip(target.path, "timed_out", f"The engine did not come to an end on it. {exc}")
    return Skip(target.path, "engine_failed", f"The engine broke off on it. {exc}"[:500])


def _silent(answer: Mapping[str, Any], batch: Sequence[Target]) -> Iterator[Skip]:
    """Find files about which the engine says nothing at all."""
    heard = {os.path.basename(path) for path in answer.get("paths", {}).get("scanned", [])}
    heard |= {
        os.path.basename((one.get("location") or {}).get("path", "")) for one in answer.get("errors", [])
    }
    for path in dict.fromkeys(one.path for one in batch if one.stored not in heard):
        yield Skip(path, "unreadable", "The engine did not look at it and gives no reason.")


def _detections(run_: _Run) -> list[Detection]:
    texts: dict[str, Text] = {}
    found = []
    for result in run_.found:
        name = os.path.basename(result["path"])
        if name not in run_.stored:
            continue
        if name not in texts:
            texts[name] = Text(run_.stored[name], (run_.folder / name).read_bytes())
        found.append(reading.detection(result, texts[name], run_.stored))
    once = {(one.rule, one.place): one for one in found}  # a file may be looked at by two analyzers
    return sorted(once.values(), key=lambda one: (one.place.path, one.place.line, one.place.column, one.rule))


def _free_cores() -> int:
    """Return how many processes are worth it, two at most: more would only fight for the memory and the cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 if cores - os.getloadavg()[0] >= 1.5 else 1
