"""package.json: what a JavaScript project asks for."""

from __future__ import annotations

import re

from raksha.lockfiles import loading, npm_names
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import File, Reading, Unreadable, distinct, elsewhere, unpinned
from raksha.packages import Package

MOST_PATTERNS = 100
MOST_STARS = 4


def read(file: File) -> Reading:
    """Read a package.json that no lockfile stands beside: only exact versions are packages."""
    document = loading.json(file)
    packages, loose = [], []
    cursor = Cursor(file.text)
    for table, is_dev in _tables(document):
        for name, spec in table.items():
            version, source = npm_names.exact(spec), npm_names.source_of(spec)
            real = npm_names.alias_of(spec) or name
            if version or source in {"git", "url"}:
                line = cursor.line_of(f'"{name}"')
                packages.append(
                    Package("npm", real, version, file.path, line, direct=True, dev=is_dev, source=source)
                )
            elif source != "path":
                loose.append(name)
    found = distinct(packages)
    return Reading(found, (*unpinned(file, loose), *elsewhere(file, found)), is_manifest_only=True)


def _tables(document: loading.Mapping) -> tuple[tuple[dict[str, str], bool], ...]:
    always, dev = npm_names.asked(document)
    return (always, False), (dev, True)


def asked(file: File) -> tuple[dict[str, str], dict[str, str]] | None:
    """Return what the package.json beside a lockfile asks for; None if there is none that can be read."""
    document = _beside(file)
    return None if document is None else npm_names.asked(document)


def members(file: File) -> list[File]:
    """Return the manifests of the workspaces that the package.json beside a lockfile names by patterns."""
    listed = (_beside(file) or {}).get("workspaces")
    patterns = loading.texts(loading.mapping(listed).get("packages") if isinstance(listed, dict) else listed)
    places = [place for each in patterns[:MOST_PATTERNS] if (place := file.resolve(each.strip("/")))]
    shapes = [re.compile(_shape(place)) for place in places if place.count("*") <= MOST_STARS]
    found = (p for p in file.tree if p.endswith("/package.json") and "node_modules/" not in p)
    return [
        File(path, file.tree[path], file.tree)
        for path in sorted(found)
        if any(shape.fullmatch(path.rpartition("/")[0]) for shape in shapes)
    ]


def _shape(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*)", pattern)
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)


def _beside(file: File) -> loading.Mapping | None:
    beside = file.beside("package.json")
    if beside is None:
        return None
    try:
        return loading.json(beside)
    except Unreadable:
        return None  # it is read on its own too, and reported there
