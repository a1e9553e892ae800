"""Have every engine look at the code, with what is kept of earlier scans taken instead of looking again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from raksha.coverage import Skip
from raksha.detections import Detection
from raksha.intake.trees import SourceFile, Tree
from raksha.packages import Package
from raksha.scanning import caching
from raksha.scanning.caching import Answer
from raksha.scanning.covering import EngineLook
from raksha.scanning.engines import Engine
from raksha.scanning.jobs import Done, Jobs, Work
from raksha.scanning.progress import Progress

LEFT_ALONE = "It is not looked at as the project's own code."


@dataclass(slots=True)
class Seen:
    """All that the engines said, by engine. answers: by path."""

    answers: dict[str, dict[str, Answer]] = field(default_factory=dict)
    looks: dict[str, EngineLook] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def detections(self) -> list[Detection]:
        """What was found, in the order of engines and paths, so that equal code gives equal results."""
        return [found for answer in self._in_order() for found in answer.detections]

    @property
    def packages(self) -> list[Package]:
        """The packages of all lockfiles."""
        return [package for answer in self._in_order() for package in answer.packages]

    def _in_order(self) -> list[Answer]:
        return [answers[path] for _, answers in sorted(self.answers.items()) for path in sorted(answers)]


def look(workspace_id: str, tree: Tree, engines: Sequence[Engine], jobs: Jobs, progress: Progress) -> Seen:
    """Return what the engines say of the tree; fresh results are kept for the next scan.

    Raises LeaseLost, sandbox.Broken, sandbox.Walless.
    """
    now = progress.now()
    contents = {file.path: file.sha256 for file in tree.files}
    files = {engine.name: [file for file in tree.files if engine.takes(file)] for engine in engines}
    keys = {engine.name: _keys(engine, files[engine.name]) for engine in engines}
    all_keys = [key for by_path in keys.values() for key in by_path.values()]
    kept = caching.look_up(workspace_id, all_keys, contents, now=now)
    works = [_work(engine, files[engine.name], keys[engine.name], kept) for engine in engines]
    said = jobs.run(works)
    seen = Seen()
    for work in works:
        progress.keep()
        name = work.engine.name
        done, by_path = said[name], keys[name]
        caching.keep(
            workspace_id, name, {by_path[path]: answer for path, answer in done.answers.items()}, now=now
        )
        seen.answers[name] = done.answers | {
            path: kept[key] for path, key in by_path.items() if path not in done.answers
        }
        seen.looks[name] = EngineLook(
            files=len(work.files),
            cached=len(work.files) - len(work.missing),
            skipped=[*_left_alone(tree, work), *_skips(done, seen.answers[name])],
        )
        seen.versions |= {name: work.engine.version, **done.versions}
    return seen


def _keys(engine: Engine, files: Sequence[SourceFile]) -> dict[str, str]:
    version = engine.version
    if engine.is_one:
        contents = sorted(f"{file.path} {file.sha256}" for file in files)
        version += hashlib.sha256("\n".join(contents).encode()).hexdigest()
    return {file.path: caching.key_of(engine.name, version, file) for file in files}


def _work(
    engine: Engine, files: list[SourceFile], keys: Mapping[str, str], kept: Mapping[str, Answer]
) -> Work:
    return Work(engine, files, [file for file in files if keys[file.path] not in kept])


def _left_alone(tree: Tree, work: Work) -> list[Skip]:
    """Return the files that this engine does not read because they are not the project's own code."""
    taken = {file.path for file in work.files}
    return [
        Skip(file.path, file.why_skipped, LEFT_ALONE)  # type: ignore[arg-type]
        for file in tree.files
        if file.why_skipped and file.path not in taken
    ]


def _skips(done: Done, answers: Mapping[str, Answer]) -> list[Skip]:
    return [*done.skipped, *(skip for path in sorted(answers) for skip in answers[path].skipped)]
