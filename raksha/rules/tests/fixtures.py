"""The little files that show what each rule finds and what it leaves alone.

A fixture file is `<language>/tests/<topic>.txt`: parts that start with `=== <rule word> [file name]`. Each further
line has a mark and a space before the code: "!" where a finding of that rule starts, "." a near miss that must stay
silent, nothing for the lines around them. The marks stand outside the code, so every format can be shown as it is.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raksha.rules import loading

CORE = Path(str(importlib.util.find_spec("semgrep").origin)).parent / "bin" / "semgrep-core"  # type: ignore[union-attr]
DEFAULT_NAMES = {
    "python": "app.py", "javascript": "app.js", "go": "main.go", "php": "index.php", "ruby": "app.rb",
    "java": "App.java", "shell": "run.sh", "docker": "Dockerfile", "compose": "docker-compose.yml",
    "kubernetes": "pod.yaml", "terraform": "main.tf", "actions": ".github/workflows/ci.yml",
}  # fmt: skip
ANALYZERS = {
    ".py": "python", ".js": "javascript", ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript",
    ".go": "go", ".php": "php", ".rb": "ruby", ".java": "java", ".sh": "bash", ".tf": "terraform", ".yml": "yaml",
    ".yaml": "yaml", "": "dockerfile", ".html": "html", ".vue": "html", ".properties": "generic", ".erb": "generic",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One little file for one rule."""

    rule: str
    path: str
    code: str
    true_lines: frozenset[int]
    false_lines: frozenset[int]


@dataclass(frozen=True)
class Found:
    part: int
    rule: str
    line: int
    start: int
    end: int
    fix: str | None


def languages() -> list[str]:
    return sorted({path.parent.name for path in loading.pack_files()})


@functools.cache
def parts(language: str) -> tuple[Part, ...]:
    files = sorted((loading.HERE / language / "tests").glob("*.txt"))
    return tuple(part for file in files for part in _parts_of(language, file.read_text("utf-8")))


def _parts_of(language: str, text: str) -> list[Part]:
    chunks = [chunk.splitlines() for chunk in ("\n" + text).split("\n=== ")[1:]]
    return [_part(language, head.split(), lines) for head, *lines in chunks]


def _part(language: str, head: list[str], lines: list[str]) -> Part:
    marks = [line[:1] for line in lines]
    return Part(
        rule=f"{language}.{head[0]}",
        path=head[1] if len(head) > 1 else DEFAULT_NAMES[language],
        code="\n".join(line[2:] for line in lines) + "\n",
        true_lines=frozenset(n for n, mark in enumerate(marks, 1) if mark == "!"),
        false_lines=frozenset(n for n, mark in enumerate(marks, 1) if mark == "."),
    )


def run(folder: Path, rules: Path, sources: list[tuple[str, bytes]]) -> tuple[list[Found], list[Any]]:
    """Run the engine once over the sources (path as told to it, content); return findings and complaints."""
    targets: list[Any] = []
    for number, (path, content) in enumerate(sources):
        stored = folder / f"{number:05d}{Path(path).suffix}"
        stored.write_bytes(content)
        place = {"fpath": str(stored), "ppath": f"/{path}"}
        targets.append(["CodeTarget", {"path": place, "analyzer": _analyzer(path), "products": ["sast"]}])
    (folder / "targets.json").write_text(json.dumps(["Targets", targets]))
    argv: list[str | Path] = [
        CORE,
        "-json_nodots",
        "-j",
        "1",
        "-fast",
        "-rules",
        rules,
        "-targets",
        folder / "targets.json",
    ]
    done = subprocess.run(argv, capture_output=True, check=False, text=True)
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    return [_found(result) for result in answer["results"]], answer["errors"]


def _analyzer(path: str) -> str:
    return "dockerfile" if "Dockerfile" in path else ANALYZERS[Path(path).suffix]


def _found(result: dict[str, Any]) -> Found:
    start, end = result["start"], result["end"]
    number = int(Path(result["path"]).stem)
    fix = result["extra"].get("fix")
    return Found(number, result["check_id"], start["line"], start["offset"], end["offset"], fix)


def rules_file(folder: Path, language: str) -> Path:
    """Write the rules of one folder as the engine reads them."""
    rules = [rule for rule in loading.all_rules() if rule["id"].startswith(f"{language}.")]
    path = folder / "rules.json"
    path.write_text(json.dumps({"rules": rules}))
    return path
