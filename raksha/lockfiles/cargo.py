"""Cargo.lock: entries without a source are the workspace itself, and what they ask for is direct."""

from __future__ import annotations

from raksha.lockfiles import loading
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import File, Reading, Unreadable, elsewhere, unpinned
from raksha.packages import Package

TABLES = (("dependencies", False), ("build-dependencies", False), ("dev-dependencies", True))


def read_lock(file: File) -> Reading:
    """Read a Cargo.lock of any version."""
    document = loading.toml(file)
    entries = loading.mappings(document.get("package")) + loading.mappings([document.get("root")])
    metadata = loading.mapping(document.get("metadata"))
    graph, cursor = Graph(), Cursor(file.text)
    for entry in entries:
        name, version, source = (loading.text(entry.get(key)) for key in ("name", "version", "source"))
        line = cursor.line_of(f'name = "{name}"')
        checksum = loading.text(
            entry.get("checksum") or metadata.get(f"checksum {name} {version} ({source})")
        )
        kind = "" if source.startswith(("registry+", "sparse+")) else "git"
        hashes = (checksum,) if checksum else ()
        if source:
            graph.nodes[f"{name} {version}"] = Package(
                "crates.io", name, version, file.path, line, source=kind, hashes=hashes
            )
    names: dict[str, list[str]] = {}
    for node in graph.nodes:
        names.setdefault(node.partition(" ")[0], []).append(node)
    dev = _development(file)
    for entry in entries:
        targets = _targets(names, entry)
        if entry.get("source"):
            graph.edges[f"{entry.get('name')} {entry.get('version')}"] = targets
        else:
            graph.dev_roots += [t for t in targets if t.partition(" ")[0] in dev]
            graph.roots += [t for t in targets if t.partition(" ")[0] not in dev]
    graph.tells_dev = bool(graph.dev_roots)
    graph.is_whole = bool(graph.roots or graph.dev_roots)
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=(file.folder,))


def read_manifest(file: File) -> Reading:
    """Read a Cargo.toml without a lockfile: its versions are ranges, unless marked with =."""
    document = loading.toml(file)
    packages, loose = [], []
    for table, is_dev in TABLES:
        for name, spec in loading.mapping(document.get(table)).items():
            facts = loading.mapping(spec)
            version = loading.text(facts.get("version")) if facts else loading.text(spec)
            real = loading.text(facts.get("package")) or name
            if "path" in facts or "workspace" in facts:
                continue
            if version.startswith("=") and version.count(".") == 2:
                packages.append(
                    Package("crates.io", real, version.lstrip("= "), file.path, direct=True, dev=is_dev)
                )
            else:
                loose.append(real)
    return Reading(tuple(packages), unpinned(file, loose), is_manifest_only=True)


def _targets(names: dict[str, list[str]], entry: loading.Mapping) -> list[str]:
    """Resolve "name", "name version" and "name version (source)"."""
    found: list[str] = []
    for text in loading.texts(entry.get("dependencies")):
        words = text.split(" ")
        exact = " ".join(words[:2])
        candidates = names.get(words[0], [])
        found += [exact] if exact in candidates else candidates
    return found


def _development(file: File) -> set[str]:
    """Return names that the Cargo.toml beside asks for only to develop."""
    beside = file.beside("Cargo.toml")
    try:
        document = loading.toml(beside) if beside is not None else {}
    except Unreadable:
        return set()  # it is read on its own too, and reported there
    dev = set(loading.mapping(document.get("dev-dependencies")))
    always = {name for table, is_dev in TABLES if not is_dev for name in loading.mapping(document.get(table))}
    return dev - always if "workspace" not in document else set()
