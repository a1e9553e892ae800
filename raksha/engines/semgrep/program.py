"""Calling Semgrep: its core directly, which is ten times faster to start, or its command where the core is not as expected.

The core's interface is internal: the version is pinned, and every call carries a file with a known finding, so
that a core that silently finds nothing is noticed at once.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import certifi

CANARY = "avyay-self-test.py"
CANARY_SOURCE = "avyay_self_test(42)\n"
CANARY_RULE = {
    "id": "avyay.self-test",
    "languages": ["python"],
    "severity": "INFO",
    "message": "The engine works.",
    "pattern": "avyay_self_test(42)",
    "paths": {"include": [f"/{CANARY}"]},
}
RULE_SECONDS, RULES_OUT_OF_TIME, MATCHES_PER_FILE = 5, 3, 10_000
MOST_OUTPUT = 64 * 1024 * 1024


class CoreFailed(Exception):
    """A call did not come to its end. is_late: it ran out of time."""

    def __init__(self, says: str, *, is_late: bool = False) -> None:
        super().__init__(says)
        self.is_late = is_late


class NotAsExpected(Exception):
    """The core ran and did not find what it must: this is not the core that we know."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to look at. path: as its owner calls it, for rules that apply to some paths only."""

    stored: str
    path: str
    analyzer: str


@cache
def core() -> Path | None:
    """Return the core's program, beside the installed package."""
    found = importlib.util.find_spec("semgrep")
    if found is None or not found.submodule_search_locations:
        return None
    program = Path(found.submodule_search_locations[0]) / "bin" / "semgrep-core"
    return program if program.is_file() else None


@cache
def version() -> str:
    """Return the version of Semgrep that is installed, empty for none."""
    try:
        return metadata.version("semgrep")
    except metadata.PackageNotFoundError:
        return ""


def call_core(
    rules: Sequence[Any],
    targets: Sequence[Target],
    folder: Path,
    *,
    seconds: float,
    memory_mb: int,
    rule_seconds: int = RULE_SECONDS,
) -> dict[str, Any]:
    """Match rules on targets and return the core's answer. rule_seconds: for one rule on one file.

    Raises CoreFailed, NotAsExpected.
    """
    with tempfile.TemporaryDirectory(prefix="semgrep-") as name:
        place = Path(name)
        (place / CANARY).write_text(CANARY_SOURCE, encoding="ascii")
        (place / "rules.json").write_text(json.dumps({"rules": [*rules, CANARY_RULE]}), encoding="utf-8")
        listed = [_target(str(place / CANARY), f"/{CANARY}", "python")]
        listed += [_target(str(folder / one.stored), f"/{one.path}", one.analyzer) for one in targets]
        (place / "targets.json").write_text(json.dumps(["Targets", listed]), encoding="utf-8")
        argv = ["semgrep-core", "-json_nodots", "-j", "1", "-fast"]
        argv += ["-timeout", str(rule_seconds), "-timeout_threshold", str(RULES_OUT_OF_TIME)]
        argv += ["-max_memory", str(memory_mb), "-max_match_per_file", str(MATCHES_PER_FILE)]
        argv += ["-rules", str(place / "rules.json"), "-targets", str(place / "targets.json")]
        answer = _run(argv, place, seconds)
        return _without_canary(answer, str(place))


def call_command(
    rules: Sequence[Any],
    targets: Sequence[Target],
    folder: Path,
    *,
    seconds: float,
    memory_mb: int,
    rule_seconds: int = RULE_SECONDS,
) -> dict[str, Any]:
    """Do the same as `semgrep scan --experimental` does: slower, without traces. Raises CoreFailed."""
    with tempfile.TemporaryDirectory(prefix="semgrep-") as name:
        place = Path(name)
        (place / "rules.json").write_text(json.dumps({"rules": list(rules)}), encoding="utf-8")
        names = _copy(targets, folder, place / "files")
        argv = ["osemgrep", "scan", "--experimental", "-j", "1", "--json"]
        argv += ["--metrics", "off", "--disable-version-check", "--no-git-ignore", "--disable-nosem"]
        argv += ["--x-ignore-semgrepignore-files", "--max-target-bytes", "0"]
        argv += ["--timeout", str(rule_seconds), "--timeout-threshold", str(RULES_OUT_OF_TIME)]
        argv += ["--max-memory", str(memory_mb), "--config", str(place / "rules.json"), "."]
        answer = _run(argv, place, seconds, cwd=place / "files")
        return _renamed(answer, names)


def _target(place: str, path: str, analyzer: str) -> list[Any]:
    return [
        "CodeTarget",
        {"path": {"fpath": place, "ppath": path}, "analyzer": analyzer, "products": ["sast"]},
    ]


def _run(argv: list[str], place: Path, seconds: float, cwd: Path | None = None) -> dict[str, Any]:
    began, program = time.monotonic(), core()
    if program is None:
        raise CoreFailed("semgrep-core is not installed.")
    # Without /proc the loader does not find its libraries; and it insists on certificates that it never uses.
    needs = {"LD_LIBRARY_PATH": str(program.parent / "libs"), "SSL_CERT_FILE": certifi.where()}
    with open(place / "out", "w+b") as out, open(place / "err", "w+b") as err:
        try:
            done = subprocess.run(  # noqa: S603 (argv is ours; what is hostile is in files)
                argv,
                executable=program,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=seconds,
                check=False,
                cwd=cwd,
                env={**os.environ, **needs},
            )
        except subprocess.TimeoutExpired as exc:
            raise CoreFailed(
                f"It took more than {time.monotonic() - began:.0f} seconds.", is_late=True
            ) from exc
        out.seek(0)
        text = out.read(MOST_OUTPUT + 1)
        err.seek(0)
        said = err.read(2000).decode(errors="replace")
    start = text.find(b"{")
    if start < 0 or len(text) > MOST_OUTPUT:
        raise CoreFailed(f"It ended with code {done.returncode} and no answer: {said[-300:]}")
    try:
        answer: dict[str, Any] = json.loads(text[start:])
    except ValueError as exc:
        raise CoreFailed(f"It ended with code {done.returncode} and half an answer.") from exc
    return answer


def _without_canary(answer: dict[str, Any], place: str) -> dict[str, Any]:
    results = answer.get("results", [])
    kept = [one for one in results if not one["path"].startswith(place)]
    if not any(one["check_id"] == CANARY_RULE["id"] for one in results):
        raise NotAsExpected("semgrep-core did not find its known finding.")
    return {**answer, "results": kept}


def _copy(targets: Sequence[Target], folder: Path, into: Path) -> dict[str, str]:
    """Lay files out under names whose extensions the command knows; return what each is called."""
    names = {}
    for index, one in enumerate(targets):
        ending = ENDINGS.get(one.analyzer, "txt")
        parent, _, last = one.path.rpartition("/")
        last = last if last.lower().endswith(f".{ending}") or ending == last.lower() else f"{last}.{ending}"
        place = into / parent / last
        if len(last) > 200 or place.exists():
            place = into / f"{index}.{ending}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((folder / one.stored).read_bytes())
        names[str(place.relative_to(into))] = one.stored
    return names


def _renamed(answer: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Give the answer's paths the names that the core would have used."""
    for one in answer.get("results", []):
        one["path"] = names.get(one["path"], one["path"])
    for one in answer.get("errors", []):
        one["location"] = {"path": names.get(one.get("path", ""), "")}
        one["error_type"] = one.get("type", "")
    scanned = answer.get("paths", {}).get("scanned", [])
    answer["paths"] = {"scanned": [names.get(path, path) for path in scanned]}
    return answer


ENDINGS = {
    "python": "py",
    "javascript": "js",
    "typescript": "ts",
    "java": "java",
    "go": "go",
    "ruby": "rb",
    "php": "php",
    "bash": "sh",
    "yaml": "yaml",
    "json": "json",
    "terraform": "tf",
    "dockerfile": "dockerfile",
    "csharp": "cs",
    "kotlin": "kt",
    "c": "c",
    "cpp": "cpp",
    "rust": "rs",
    "scala": "scala",
    "html": "html",
}
