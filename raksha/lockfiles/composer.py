"""composer.lock, and the composer.json beside it."""

from __future__ import annotations

import re

from raksha.lockfiles import loading
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import File, Reading, Unreadable, elsewhere, unpinned
from raksha.packages import Package

PLATFORM = re.compile(r"^(?:php|hhvm|composer)(?:-.*)?$|^(?:ext|lib)-", re.I)
EXACT = re.compile(r"^v?\d+(?:\.\d+){2,3}(?:-[\w.]+)?$")


def read_lock(file: File) -> Reading:
    """Read a composer.lock; packages-dev are for development."""
    document, cursor = loading.json(file), Cursor(file.text)
    graph = Graph(is_whole=False)
    for section in ("packages", "packages-dev"):
        for entry in loading.mappings(document.get(section)):
            name = loading.text(entry.get("name"))
            node = name.lower()
            if not name:
                continue
            graph.nodes[node] = Package(
                "Packagist",
                name,
                loading.text(entry.get("version")),
                file.path,
                cursor.line_of(f'"name": "{name}"', f'"{name}"'),
                dev=section == "packages-dev",
                licence=" OR ".join(loading.texts(entry.get("license"))),
                source="path" if loading.mapping(entry.get("dist")).get("type") == "path" else "",
                hashes=_hashes(entry),
            )
            graph.edges[node] = [wanted.lower() for wanted in loading.mapping(entry.get("require"))]
    asked = _asked(file)
    if asked is not None:
        graph.is_whole = True
        graph.roots, graph.dev_roots = asked
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=(file.folder,))


def read_manifest(file: File) -> Reading:
    """Read a composer.json without a lockfile."""
    document = loading.json(file)
    packages, loose = [], []
    for table, is_dev in (("require", False), ("require-dev", True)):
        for name, spec in loading.mapping(document.get(table)).items():
            version = loading.text(spec)
            if PLATFORM.match(name):
                continue
            if EXACT.match(version):
                packages.append(Package("Packagist", name, version, file.path, direct=True, dev=is_dev))
            else:
                loose.append(name)
    return Reading(tuple(packages), unpinned(file, loose), is_manifest_only=True)


def _asked(file: File) -> tuple[list[str], list[str]] | None:
    beside = file.beside("composer.json")
    if beside is None:
        return None
    try:
        document = loading.json(beside)
    except Unreadable:
        return None  # it is read on its own too, and reported there
    always, dev = (loading.mapping(document.get(table)) for table in ("require", "require-dev"))
    return [name.lower() for name in always], [name.lower() for name in dev]


def _hashes(entry: loading.Mapping) -> tuple[str, ...]:
    shasum = loading.text(loading.mapping(entry.get("dist")).get("shasum"))
    return (f"sha1:{shasum}",) if shasum else ()
