"""Code, engines and a sandbox of the tests: engines that find words, in this process.

Each line with BUG is a finding. A line `FLOW path` is a finding at that place while the other file holds TAINTED.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raksha import sandbox
from raksha.coverage import Skip
from raksha.detections import Detection, Place
from raksha.engines.results import EngineResult, FileNote
from raksha.intake.trees import SourceFile, Tree
from raksha.models import Stage
from raksha.packages import Package
from raksha.sandbox import Limits
from raksha.scanning.engines import Engine


def make_tree(folder: Path, files: Mapping[str, str], skipped: tuple[Skip, ...] = ()) -> Tree:
    """Write files under names of ours."""
    made = []
    for number, (path, text) in enumerate(files.items()):
        stored = f"{number:06d}"
        (folder / stored).write_text(text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        language = "python" if path.endswith(".py") else ""
        made.append(SourceFile(path, stored, len(text), sha256, language))
    return Tree(folder, tuple(made), skipped)


def detection(path: str, line: int, text: str, *, engine: str = "semgrep", **more: Any) -> Detection:
    values: dict[str, Any] = {
        "rule": "python.bug" if engine == "semgrep" else "python.flow",
        "kind": "code",
        "severity": "high",
        "confidence": "high",
        "title": "A bug",
        "message": "It is wrong.",
        "cwe": (89,),
        "scope": "",
    }
    return Detection(engine=engine, place=Place(path, line, 1, line, 80), matched=text, **{**values, **more})


def find_bugs(request: dict[str, Any]) -> dict[str, Any]:
    texts = _texts(request)
    found = [
        detection(path, number, line)
        for path in request["only"]
        for number, line in enumerate(texts[path].splitlines(), 1)
        if "BUG" in line
    ]
    return EngineResult(detections=tuple(found), versions={"bugs": "1"}).to_json()


def find_flows(request: dict[str, Any]) -> dict[str, Any]:
    texts = _texts(request)
    shas = {file["path"]: file["sha256"] for file in request["files"]}
    found, notes = [], {}
    for path in request["only"]:
        consulted = {}
        for number, line in enumerate(texts[path].splitlines(), 1):
            if line.startswith("FLOW "):
                other = line.removeprefix("FLOW ").strip()
                consulted[other] = shas.get(other, "")
                if "TAINTED" in texts.get(other, ""):
                    found.append(detection(path, number, line, engine="taint"))
        notes[path] = FileNote(consulted)
    return EngineResult(detections=tuple(found), per_file=notes).to_json()


def find_packages(request: dict[str, Any]) -> dict[str, Any]:
    texts = _texts(request)
    packages = [
        Package("PyPI", line.partition("==")[0], line.partition("==")[2], path=path, line=number)
        for path in request["only"]
        for number, line in enumerate(texts[path].splitlines(), 1)
    ]
    return EngineResult(packages=tuple(packages)).to_json()


def _texts(request: dict[str, Any]) -> dict[str, str]:
    folder = Path(request["folder"])
    return {file["path"]: (folder / file["stored"]).read_text() for file in request["files"]}


def _is_python(file: Any) -> bool:
    return bool(file.language)


BUGS = Engine("semgrep", Stage.RULES, "fake:bugs", ("raksha.detections",), _is_python)
FLOWS = Engine("taint", Stage.TAINT, "fake:flows", ("raksha.detections",), _is_python, sees_all=True)
PACKAGES = Engine(
    *("packages", Stage.PACKAGES, "fake:packages", ("raksha.packages",)),
    takes=lambda file: file.path.endswith("requirements.txt"),
)
ENGINES = (BUGS, FLOWS, PACKAGES)
FUNCTIONS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "fake:bugs": find_bugs,
    "fake:flows": find_flows,
    "fake:packages": find_packages,
}


@dataclass
class FakeRunner:
    """Runs engines in this process. asked: what each call was about. bad: paths on which a job fails, and how."""

    bad: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def __call__(
        self, function: str, request: Mapping[str, Any], *, folder: str, limits: Limits, watch: Any
    ) -> Any:
        self.asked.append((function, list(request["only"])))
        self.before()
        if watch():
            raise sandbox.Failed("called off", ended="cancelled")
        for path in request["only"]:
            if path in self.bad:
                raise sandbox.Failed("bad file", ended=self.bad[path])
        return FUNCTIONS[function](dict(request))

    @property
    def looked_at(self) -> list[str]:
        """All paths that some engine was asked about."""
        return sorted(path for _, paths in self.asked for path in paths)
