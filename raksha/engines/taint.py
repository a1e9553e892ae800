"""Data flow through Python, Java, JavaScript and TypeScript, across the files of a request."""

from __future__ import annotations

import importlib.util
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from raksha.coverage import Skip, Why
from raksha.detections import Detection
from raksha.engines.results import EngineResult, FileNote
from raksha.taint import engine

TOO_LARGE = "larger than"
BROKEN_OFF = "The analysis of {name} was broken off: {why}."


LANGUAGES = frozenset(
    name
    for name, package in engine.LANGUAGES.items()
    if importlib.util.find_spec(f"raksha.taint.{package}") is not None
)
"""The languages that this installation can follow data through."""


class Files(Mapping[str, bytes]):
    """The files of a request by path, read when asked for."""

    def __init__(self, folder: Path, files: list[dict[str, Any]]) -> None:
        self._folder = folder
        self._stored = {file["path"]: file["stored"] for file in files}

    def __getitem__(self, path: str) -> bytes:
        data: bytes = (self._folder / self._stored[path]).read_bytes()
        return data

    def __contains__(self, path: object) -> bool:
        return path in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def warm() -> None:
    """Load the languages' libraries and grammars, before jobs are forked."""
    for name in LANGUAGES:
        language = engine.language(name)
        if language is not None:
            language.lower(b"", "")


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Follow data through the files of a request; see `raksha.engines` for its shape.

    only: the files to report on; the others are there to be imported. Each file's note says what its own functions
    lead to, and which other files that stands on, so that the result can be kept for as long as these are the same.
    """
    started = time.monotonic()
    files = Files(Path(request["folder"]), request["files"])
    languages = {file["path"]: file["language"] for file in request["files"]}
    analysis = engine.analyse(files, languages=languages, only=set(request["only"]))
    result = EngineResult(
        **_by_file(analysis, request["only"]),
        seconds=time.monotonic() - started,
        versions={"taint": "1"},
    )
    return result.to_json()


def _by_file(analysis: engine.Analysis, paths: list[str]) -> dict[str, Any]:
    """Return what was found and left out, and which of it belongs to which file."""
    detections: list[Detection] = []
    skipped: list[Skip] = []
    notes: dict[str, FileNote] = {}
    cut = _cut(analysis)
    for path in sorted(paths):
        found, left_out = analysis.per_file.get(path, ()), _left_out(analysis, cut, path)
        notes[path] = FileNote(
            consulted=analysis.consulted.get(path, {}),
            detections=tuple(range(len(detections), len(detections) + len(found))),
            skipped=tuple(range(len(skipped), len(skipped) + len(left_out))),
        )
        detections += found
        skipped += left_out
    return {"detections": tuple(detections), "skipped": tuple(skipped), "per_file": notes}


def _left_out(analysis: engine.Analysis, cut: Mapping[str, list[Skip]], path: str) -> list[Skip]:
    """Return what this file's result lacks: parts of itself, and of files that it led into."""
    skips = [skip for where in (path, *analysis.consulted.get(path, ())) for skip in cut.get(where, ())]
    if path in analysis.unparsed:
        why = analysis.unparsed[path]
        word: Why = "too_large" if why.startswith(TOO_LARGE) else "parse_error"
        skips.append(Skip(path, word, f"Data flow: {why}."))
    return skips


def _cut(analysis: engine.Analysis) -> dict[str, list[Skip]]:
    cut: dict[str, list[Skip]] = defaultdict(list)
    for path, name, why in analysis.unfinished:
        cut[path].append(Skip(path, "budget", BROKEN_OFF.format(name=name or "the module", why=why)))
    return cut
