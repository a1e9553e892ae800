"""A folder of this machine, for the command line: regular files only, links never followed, limits held."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from raksha.coverage import Why
from raksha.intake.storing import PIECE, Clock, Store
from raksha.intake.trees import Limits, Refused, Tree

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", ".jj"})
INSTALLED = frozenset(
    {"node_modules", "bower_components", ".venv", "venv", "site-packages", ".tox", ".nox", ".terraform"}
)
"""Where package managers put other people's code: read for secrets and lockfiles, not as source."""
CACHES = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache"})
MOST_DEPTH = 200


def read_folder(path: Path, into: Path, limits: Limits, *, clock: Clock = time.monotonic) -> Tree:
    """Take the files below path into an empty folder. Raises Refused."""
    root = path.resolve()
    if not root.is_dir():
        raise Refused(f"{path} is not a folder; name one that exists.")
    with Store(into, limits, clock=clock) as store:
        _walk(root, into.resolve(), store, limits)
        return store.tree()


def _walk(root: Path, into: Path, store: Store, limits: Limits) -> None:
    waiting: list[tuple[str, str, int]] = [(str(root), "", 0)]
    while waiting:
        folder, installed, depth = waiting.pop()
        store.check_time()
        for entry in _entries(folder, root, store):
            path = os.path.relpath(entry.path, root)
            if not entry.is_dir(follow_symlinks=False):
                _file(entry, path, installed, store, limits)
            elif entry.name in VERSION_CONTROL | CACHES:
                store.skip(path, "ignored", "It is the own data of a tool, not source.")
            elif depth >= MOST_DEPTH:
                store.skip(path, "limit", f"It lies deeper than {MOST_DEPTH} folders.")
            elif os.path.realpath(entry.path) != str(into):
                below = installed or (path if entry.name in INSTALLED else "")
                if below and not installed:
                    store.skip(
                        path, "dependencies", "Installed packages are read for secrets and lockfiles only."
                    )
                waiting.append((entry.path, below, depth + 1))


def _entries(folder: str, root: Path, store: Store) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as exc:
        store.skip(os.path.relpath(folder, root), "unreadable", f"The folder cannot be read: {exc.strerror}.")
        return []


def _file(entry: os.DirEntry[str], path: str, installed: str, store: Store, limits: Limits) -> None:
    if entry.is_symlink():
        store.skip(path, "symlink", "Links are not followed.")
        return
    try:
        # Not to wait for the other end of a pipe that lies there.
        place = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        store.skip(path, "unreadable", f"It cannot be read: {exc.strerror}.")
        return
    try:
        why = _left_out(os.fstat(place), limits)
        if why:
            store.skip(path, *why)
        else:
            store.take(path, _content(place), why_skipped="dependencies" if installed else "")
    finally:
        os.close(place)


def _left_out(status: os.stat_result, limits: Limits) -> tuple[Why, str] | None:
    if not stat.S_ISREG(status.st_mode):
        return "device", "It is no regular file."
    if status.st_size > limits.file_bytes:
        return "too_large", f"It is larger than {limits.file_bytes:,} bytes."
    return None


def _content(place: int) -> Iterator[bytes]:
    while piece := os.read(place, PIECE):
        yield piece
