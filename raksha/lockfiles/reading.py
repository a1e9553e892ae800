"""What reading one lockfile gives, and what a parser is handed. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from raksha.coverage import Skip, Why
from raksha.packages import Package, normalise

MANY = 10
MOST_PACKAGES = 50_000
"""More than any real project has in one file; what comes after is left out, with a word."""
LONGEST_TEXT = 300


class Unreadable(Exception):
    """The file is not what its name says, or holds more than we are ready to read; the message says which."""

    def __init__(self, says: str, why: Why = "parse_error") -> None:
        super().__init__(says)
        self.why: Why = why


@dataclass(frozen=True, slots=True)
class Reading:
    """One file's packages and what it could not tell.

    is_manifest_only: the file names only what the project asks for, not what that asks for in turn.
    includes: other requirement files it names, as paths from the root.
    covers: folders whose manifests this lockfile locks, as paths from the root.
    """

    packages: tuple[Package, ...] = ()
    problems: tuple[Skip, ...] = ()
    is_manifest_only: bool = False
    includes: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file to read and the files of its tree, by path from the root."""

    path: str
    data: bytes
    tree: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """Return the text: UTF-8, or UTF-16 with a mark as PowerShell writes it; line ends evened out."""
        if self.data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            text = self.data.decode("utf-16", errors="replace")
        else:
            text = self.data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def folder(self) -> str:
        """Return the folder it is in; "" at the root."""
        return posixpath.dirname(self.path)

    @property
    def name(self) -> str:
        """Return the last part of its path."""
        return posixpath.basename(self.path)

    def resolve(self, relative: str) -> str | None:
        """Return a path from the root for one relative to this file, "" for the root; None if it leaves the tree."""
        path = posixpath.normpath(posixpath.join(self.folder, relative.replace("\\", "/")))
        if path.startswith(("../", "/")) or path == "..":
            return None
        return "" if path == "." else path

    def beside(self, relative: str) -> File | None:
        """Return another file of the tree, named from here; None if there is none."""
        path = self.resolve(relative)
        data = self.tree.get(path) if path is not None else None
        return None if path is None or data is None else File(path, data, self.tree)

    def above(self, name: str) -> File | None:
        """Return the nearest file of this name in this folder or one above it."""
        folder = self.folder
        while True:
            path = posixpath.join(folder, name)
            if path in self.tree:
                return File(path, self.tree[path], self.tree)
            if not folder:
                return None
            folder = posixpath.dirname(folder)

    def skip(self, why: Why, says: str) -> Skip:
        """Say that something of this file was left out."""
        return Skip(self.path, why, says)


def unpinned(file: File, names: list[str]) -> tuple[Skip, ...]:
    """Report dependencies whose version nothing fixes: all in one, the first few by name."""
    return _report(file, "unpinned", names, "no fixed version here, so it cannot be checked")


def elsewhere(file: File, packages: tuple[Package, ...]) -> tuple[Skip, ...]:
    """Report packages that come from git, a path or an address: no registry's advisories are about them."""
    names = [package.name for package in packages if package.source]
    return _report(file, "no_advisories", names, "not from a registry, so no advisory is about it")


def _report(file: File, why: Why, names: list[str], says: str) -> tuple[Skip, ...]:
    if not names:
        return ()
    distinct = list(dict.fromkeys(clipped(name, 80) for name in names))
    shown = ", ".join(distinct[:MANY]) + (f" and {len(distinct) - MANY} more" if len(distinct) > MANY else "")
    return (file.skip(why, f"{shown}: {says}."),)


def clipped(text: str, longest: int = LONGEST_TEXT) -> str:
    """Cut a stranger's text to a length that a page can show."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def distinct(packages: list[Package]) -> tuple[Package, ...]:
    """Keep one row for each name, version and source: direct if any is, for development if all are."""
    kept: dict[tuple[str, str, str, str], Package] = {}
    for package in packages:
        name = normalise(package.ecosystem, package.name)
        identity = (package.ecosystem, name, package.version, package.source)
        other = kept.get(identity)
        kept[identity] = package if other is None else _joined(other, package)
    return tuple(kept.values())


def _joined(one: Package, other: Package) -> Package:
    direct = True if one.direct or other.direct else one.direct if one.direct is not None else other.direct
    ways = [way for way in (one.via, other.via) if way]
    return replace(
        one,
        direct=direct,
        dev=one.dev and other.dev,
        via=() if direct else min(ways, key=len, default=()),
        licence=one.licence or other.licence,
        hashes=one.hashes or other.hashes,
    )
