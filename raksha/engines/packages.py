"""Dependencies: which packages the lockfiles of a tree name, and which of them Go code reaches."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from raksha import lockfiles, reachability
from raksha.advisories import Symbols
from raksha.coverage import Skip
from raksha.engines.results import EngineResult
from raksha.packages import Package

VERSION = "1"
LARGEST = 64 * 1024 * 1024
LARGEST_KEPT = 1024 * 1024
MOST_PACKAGES = 100_000
HEAD = 8192


class Tree(Mapping[str, bytes]):
    """The files of a request by path, read when asked for; small ones are kept."""

    def __init__(self, folder: Path, files: list[dict[str, Any]]) -> None:
        self._folder = folder
        self._stored: dict[str, str] = {file["path"]: file["stored"] for file in files}
        self._kept: dict[str, bytes] = {}

    def __getitem__(self, path: str) -> bytes:
        if path in self._kept:
            return self._kept[path]
        data = self._read(path, LARGEST + 1)  # a byte too many makes the reader refuse it
        if len(data) <= LARGEST_KEPT:
            self._kept[path] = data
        return data

    def __contains__(self, path: object) -> bool:
        return path in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def size(self, path: str) -> int:
        """Return a file's size in bytes."""
        return os.stat(self._folder / self._stored[path]).st_size

    def head(self, path: str) -> bytes:
        """Return how a file begins."""
        return self._read(path, HEAD)

    def _read(self, path: str, most: int) -> bytes:
        with (self._folder / self._stored[path]).open("rb") as file:
            return file.read(most)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Read the lockfiles among the files of a request; see `raksha.engines` for its shape.

    The answer has packages and what was left out. Matching them with advisories needs the database: see matching.
    """
    started = time.monotonic()
    tree = Tree(Path(request["folder"]), request["files"])
    paths, skipped = _candidates(tree)
    readings = lockfiles.read_all(tree, paths)
    packages: list[Package] = []
    for path in sorted(readings):
        packages += readings[path].packages
        skipped += readings[path].problems
    if len(packages) > MOST_PACKAGES:
        skipped.append(
            Skip("", "limit", f"Only the first {MOST_PACKAGES:,} of {len(packages):,} packages were taken.")
        )
    return EngineResult(
        packages=tuple(packages[:MOST_PACKAGES]),
        skipped=tuple(skipped),
        seconds=time.monotonic() - started,
        versions={"lockfiles": VERSION},
    ).to_json()


def reach(request: dict[str, Any]) -> dict[str, Any]:
    """Judge for each wanted advisory how far the Go files of a request reach into it.

    wanted: {name: {"module": module path, "symbols": [{"path": import path, "names": [...]}]}}.
    Returns {"reach": {name: {"word": ..., "places": [[path, line, symbol], ...]}}}; dependencies copied into the
    tree (vendor) are not the project's code and do not count.
    """
    tree = Tree(Path(request["folder"]), request["files"])
    sources = {path: _uses(tree[path]) for path in tree if _is_own_go(tree, path)}
    answer = {}
    for name, wanted in request["wanted"].items():
        symbols = [Symbols(each["path"], tuple(each.get("names", ()))) for each in wanted.get("symbols", ())]
        found = reachability.reach(sources, symbols, wanted.get("module", ""))
        answer[name] = {"word": found.word, "places": [list(place) for place in found.places]}
    return {"reach": answer}


def _candidates(tree: Tree) -> tuple[list[str], list[Skip]]:
    """Return the files that may be lockfiles, by name or by how they begin, and those that cannot be read."""
    paths: list[str] = []
    skipped: list[Skip] = []
    for path in tree:
        if not lockfiles.is_wanted(path) or "node_modules/" in path:
            continue
        try:
            is_one = lockfiles.is_lockfile(path) or bool(lockfiles.kind_of(path, tree.head(path)))
            if is_one and tree.size(path) > LARGEST:
                skipped.append(Skip(path, "too_large", "Larger than 64 MB, so it was not read."))
            elif is_one:
                paths.append(path)
        except OSError as exc:
            skipped.append(Skip(path, "unreadable", f"It could not be read: {exc.strerror}."))
    return paths, skipped


def _is_own_go(tree: Tree, path: str) -> bool:
    return path.endswith(".go") and "vendor/" not in path and tree.size(path) <= reachability.LARGEST


def _uses(data: bytes) -> reachability.Uses:
    return reachability.uses(data.decode("utf-8", errors="replace"))
