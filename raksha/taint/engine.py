"""The taint engine's door: analyses files of a project and returns what it found, file by file."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

from raksha.detections import Detection
from raksha.taint import roots
from raksha.taint.budget import Budget
from raksha.taint.interpreter import Interpreter
from raksha.taint.library import Language
from raksha.taint.project import Project
from raksha.taint.reporting import Found, detection, scope

LANGUAGES = {
    "python": "python",
    "java": "java",
    "javascript": "javascript",
    "typescript": "javascript",
}
Unfinished = tuple[str, str, str]
COLLECT_EVERY = 2000  # files


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found, and what was left out.

    per_file: the detections that each analysed file's own functions lead to, which may lie in other files; it
    depends only on the file and on those in `consulted`. detections: all of them merged, see `merged`.
    unfinished: (path, function, the bound that was hit). consulted: for each analysed file, every other file that
    was looked at (path -> sha256) or looked for ("" = absent). unparsed: path -> why, not read or not whole.
    unfinished_of: for each analysed file, what of `unfinished` its own functions lead to.
    """

    detections: tuple[Detection, ...]
    unfinished: tuple[Unfinished, ...]
    consulted: Mapping[str, Mapping[str, str]]
    unparsed: Mapping[str, str]
    per_file: Mapping[str, tuple[Detection, ...]] = field(default_factory=dict)
    unfinished_of: Mapping[str, tuple[Unfinished, ...]] = field(default_factory=dict)


@cache
def language(name: str) -> Language | None:
    """Return the library of a language by its name; None for one that the engine does not know."""
    package = LANGUAGES.get(name)
    if package is None:
        return None
    module = importlib.import_module(f"raksha.taint.{package}.language")
    return next(made for made in vars(module).values() if isinstance(made, Language))


def analyse(
    files: Mapping[str, bytes],
    *,
    languages: Mapping[str, str],
    only: Collection[str] | None = None,
    budget: Budget | None = None,
    libraries: Mapping[str, Language] | None = None,
) -> Analysis:
    """Analyse all files of languages the engine knows, or `only` these; the others can be imported.

    files: contents by path. languages: names by path ("python"). libraries: other ones than the engine's own.
    """
    spoken = {
        path: found
        for path, name in languages.items()
        if (found := libraries.get(name) if libraries is not None else language(name)) is not None
    }
    project = Project(files, spoken, budget or Budget())
    wanted = sorted(path for path in spoken if path in files and (only is None or path in only))
    per_file: dict[str, tuple[Detection, ...]] = {}
    unfinished: dict[str, tuple[Unfinished, ...]] = {}
    consulted: dict[str, Mapping[str, str]] = {}
    with _calm():
        for number, path in enumerate(wanted, 1):
            per_file[path], unfinished[path], consulted[path] = _file(project, path, spoken[path])
            if number % COLLECT_EVERY == 0:
                gc.collect()
        project.forget()
    unparsed = {path: why for path, why in sorted(project.unparsed.items()) if path in per_file}
    every = tuple(sorted({one for cut in unfinished.values() for one in cut}))
    return Analysis(merged(per_file.values()), every, consulted, unparsed, per_file, unfinished)


@contextmanager
def _calm() -> Iterator[None]:
    """Keep Python's collector from walking through all parsed files again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _file(
    project: Project, path: str, spoken: Language
) -> tuple[tuple[Detection, ...], tuple[Unfinished, ...], dict[str, str]]:
    module = project.module(path)
    if module is None:
        return (), (), {}
    it = Interpreter(project, module, spoken, project.budget)
    roots.run(it)
    found = [*it.reports.found.values(), *_whole(it, spoken)]
    it.consulted.pop(path, None)
    written = merged([[_written(project, spoken, one) for one in found]])
    cut = tuple(sorted((where, name, why) for (where, name), why in it.cut.items()))
    it.forget()
    return written, cut, dict(sorted(it.consulted.items()))


def _written(project: Project, spoken: Language, one: Found) -> Detection:
    """Write a result out, with the edits that cure it where the language knows some."""
    made = detection(one, project.text, project.line)
    module = project.module(one.path) if spoken.fix is not None else None
    if spoken.fix is None or module is None:
        return made
    return replace(made, fix=spoken.fix(project.files[one.path], module.tree, made))


def _whole(it: Interpreter, spoken: Language) -> Iterable[Found]:
    """Ask the checks that read the whole tree."""
    it.frame = it.module_frame
    for check in spoken.checks:
        for report in check(it.module.tree):
            span = report.node.span if report.node is not None else it.module.tree.span
            yield Found(report.kind, spoken.name, it.module.path, span, scope(it), report.says, None)


def merged(results: Iterable[Iterable[Detection]]) -> tuple[Detection, ...]:
    """Return each rule once at each place, with its shortest trace, in the order of places."""
    best: dict[tuple[str, int, int, str], Detection] = {}
    for detections in results:
        for one in detections:
            key = (one.place.path, one.place.line, one.place.column, one.rule)
            old = best.get(key)
            if old is None or _rank(one) < _rank(old):
                best[key] = one
    return tuple(best[key] for key in sorted(best))


def _rank(one: Detection) -> tuple[int, str]:
    return len(one.trace) or 1_000, repr(one.trace)
