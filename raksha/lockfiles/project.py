"""All lockfiles of a tree together: each read once, manifests dropped where a lockfile says more."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Iterable, Mapping

from raksha.coverage import Skip
from raksha.lockfiles import requirements
from raksha.lockfiles.kinds import HEAD, KINDS, Kind, foreign, kind_of, may_be_sniffed
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, clipped
from raksha.packages import Package

LONGEST_NAME = 300
LONGEST_VERSION = 200
LONGEST_LICENCE = 500
MOST_HASHES = 400
UNFIT = re.compile(r"[\x00-\x20\x7f\ufffd]")


def read(path: str, data: bytes, tree: Mapping[str, bytes] | None = None) -> Reading | None:
    """Read one file; None if it is no lockfile.

    tree: the other files by path, from which manifests, parents and includes are taken.
    """
    name = kind_of(path, data[:HEAD])
    if name:
        return _bounded(File(path, data, tree or {}), KINDS[name])
    tool = foreign(path)
    if tool:
        return Reading(
            problems=(Skip(path, "unknown_lockfile", f"A lockfile that is not read here ({tool})."),)
        )
    return None


def read_all(files: Mapping[str, bytes], paths: Iterable[str] | None = None) -> dict[str, Reading]:
    """Read every lockfile of a tree, and requirement files of any name that one of them includes.

    paths: the ones that may be lockfiles, if that is known; others are only looked up.
    A manifest is dropped where a lockfile of its ecosystem covers its folder, since that says more.
    """
    readings: dict[str, Reading] = {}
    kinds: dict[str, str] = {}
    waiting = deque(sorted(files if paths is None else paths))
    included: set[str] = set()
    while waiting:
        path = waiting.popleft()
        if path in readings:
            continue
        data = files[path]
        reading, kinds[path] = read(path, data, files), kind_of(path, data[:HEAD])
        if reading is None and path in included:
            reading = _bounded(File(path, data, files), KINDS["requirements"])
        if reading is not None:
            readings[path] = reading
            included.update(reading.includes)
            waiting.extend(name for name in reading.includes if name in files)
    return _without_covered(readings, kinds)


def is_lockfile(path: str) -> bool:
    """Tell by its name alone whether a file is a lockfile, of whatever tool."""
    return bool(kind_of(path) or foreign(path))


def is_wanted(path: str) -> bool:
    """Tell whether a file is a lockfile or may turn out to be one by how it begins."""
    return is_lockfile(path) or may_be_sniffed(path)


def _without_covered(readings: dict[str, Reading], kinds: Mapping[str, str]) -> dict[str, Reading]:
    covered: dict[str, set[str]] = {}
    known = {path: KINDS[kinds[path]] for path in readings if kinds[path]}
    for path, kind in known.items():
        covered.setdefault(kind.locks, set()).update(readings[path].covers)
    kept = {}
    for path, reading in readings.items():
        ecosystem = known[path].manifest_of if path in known else ""
        if not ecosystem or not _is_covered(path, covered.get(ecosystem, set()), readings):
            kept[path] = reading
    return kept


def _is_covered(path: str, folders: set[str], readings: Mapping[str, Reading]) -> bool:
    """Tell whether a lockfile speaks for a manifest: it covers its folder, or Cargo's stands somewhere above."""
    folder, name = posixpath.split(path)
    if folder in folders:
        return True
    if name.lower() == "cargo.toml":
        return any(not above or folder.startswith(f"{above}/") for above in folders)
    return name in {"pyproject.toml", "setup.cfg"} and any(
        reading.packages and not requirements.is_for_development(other)
        for other, reading in readings.items()
        if other.endswith((".txt", ".pip")) and posixpath.dirname(other) in _homes(folder)
    )


def _homes(folder: str) -> tuple[str, str]:
    """Return where the requirement files of a project lie."""
    return folder, posixpath.join(folder, "requirements")


def _bounded(file: File, kind: Kind) -> Reading:
    """Read with whatever goes wrong turned into a word, and what no page or row could hold left out."""
    try:
        reading = kind.read(file)
    except Unreadable as exc:
        return Reading(problems=(file.skip(exc.why, clipped(str(exc))),))
    except RecursionError:
        return Reading(problems=(file.skip("parse_error", "Not read: nested too deep."),))
    fit = [package for package in reading.packages if _is_fit(package)]
    problems = list(reading.problems)
    if len(fit) < len(reading.packages):
        lost = len(reading.packages) - len(fit)
        problems.append(
            file.skip("parse_error", f"{lost} entries have a name or version that no package can have.")
        )
    if len(fit) > MOST_PACKAGES:
        problems.append(file.skip("limit", f"Only the first {MOST_PACKAGES:,} packages were taken."))
    if not (reading.packages or problems) and _is_strange(file, kind):
        problems.append(
            file.skip("parse_error", "Nothing in it looks like the lockfile that its name promises.")
        )
    packages = tuple(fit[:MOST_PACKAGES])
    return Reading(packages, tuple(problems), reading.is_manifest_only, reading.includes, reading.covers)


def _is_strange(file: File, kind: Kind) -> bool:
    return bool(kind.mark and file.text.strip()) and re.search(kind.mark, file.text, re.M) is None


def _is_fit(package: Package) -> bool:
    return (
        0 < len(package.name) <= LONGEST_NAME
        and len(package.version) <= LONGEST_VERSION
        and len(package.licence) <= LONGEST_LICENCE
        and len(package.hashes) <= MOST_HASHES
        and not UNFIT.search(package.name)
        and not UNFIT.search(package.version)
        and "\0" not in package.licence
        and all(len(text) <= LONGEST_LICENCE and "\0" not in text for text in package.hashes)
    )
