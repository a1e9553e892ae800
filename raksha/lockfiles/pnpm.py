"""pnpm-lock.yaml, versions 5 to 9: the key of a package carries its name, its version and the peers it was built with."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from raksha.lockfiles import blocks, loading, npm_names
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, elsewhere
from raksha.packages import Package

OLD_KEY = re.compile(r"^/((?:@[^/]+/)?[^/@]+)/([^/_(]+)")
NEW_KEY = re.compile(r"^/?((?:@[^/@]+/)?[^/@]+)@([^(]+)")
WANTS = ("dependencies", "optionalDependencies")


def read(file: File) -> Reading:
    """Read a lockfile; its importers are the workspace's members and give the roots."""
    document = blocks.load(file)
    graph = Graph()
    snapshots = blocks.block(document.get("snapshots"))
    for key, value in islice(blocks.block(document.get("packages")).items(), MOST_PACKAGES + 1):
        entry = blocks.block(value)
        graph.nodes[key] = _package(file, key, entry)
        graph.edges[key] = _targets(entry)
    for key, value in snapshots.items():
        # The same package once for each set of peers; what it asks for stands here since version 9.
        graph.edges.setdefault(_bare(key), []).extend(_targets(blocks.block(value)))
    importers = blocks.block(document.get("importers")) or {".": document}
    for importer in importers.values():
        tables = blocks.block(importer)
        graph.roots += _targets(tables)
        graph.dev_roots += _wanted(tables.get("devDependencies"))
    _connect(graph)
    graph.tells_dev = bool(snapshots)
    found = graph.packages()
    covers = tuple(place for key in importers if (place := file.resolve(key)) is not None)
    return Reading(found, elsewhere(file, found), covers=covers)


def _package(file: File, key: str, entry: blocks.Block) -> Package:
    resolution = blocks.block(entry.get("resolution"))
    name, version = _identity(key)
    source = _source(key, resolution)
    if source:
        name, version = _named_in(entry, name), loading.text(entry.get("version"))
    return Package(
        "npm",
        name,
        version,
        file.path,
        entry.line,
        dev=loading.text(entry.get("dev")) == "true",
        source=source,
        hashes=tuple(loading.text(resolution.get("integrity")).split()),
    )


def _identity(key: str) -> tuple[str, str]:
    """Part name and version: /name/1.2.3_peers, /name@1.2.3(peers) or name@1.2.3(peers)."""
    old = OLD_KEY.match(key) if "@" not in key.removeprefix("/@").split("_")[0].split("(")[0] else None
    found = old or NEW_KEY.match(key)
    return (found[1], found[2]) if found else (key, "")


def _named_in(entry: blocks.Block, fallback: str) -> str:
    return loading.text(entry.get("name")) or fallback.rpartition("/")[2].partition("#")[0] or fallback


def _source(key: str, resolution: blocks.Block) -> str:
    reference = npm_names.parted(key)[1]
    if "repo" in resolution or resolution.get("type") == "git":
        return "git"
    if (
        "directory" in resolution
        or reference.startswith(("file:", "link:"))
        or key.startswith(("file:", "link:"))
    ):
        return "path"
    tarball = loading.text(resolution.get("tarball"))
    if reference.startswith(("http:", "https:", "git")) or not key.startswith("/") and "@" not in key[1:]:
        return npm_names.source_of(tarball or reference) or "url"
    return ""


def _targets(entry: blocks.Block) -> list[str]:
    return [key for table in WANTS for key in _wanted(entry.get(table))]


def _wanted(table: Any) -> list[str]:
    """Return candidate keys: "name reference", resolved against what is there by _connect."""
    found = []
    for name, value in blocks.block(table).items():
        reference = loading.text(blocks.block(value).get("version") if isinstance(value, dict) else value)
        if reference and not reference.startswith("link:"):
            found.append(f"{name} {reference}")
    return found


def _bare(key: str) -> str:
    return key.partition("(")[0]


def _connect(graph: Graph) -> None:
    """Turn each "name reference" into the key of a node; a reference may itself be the key of an alias."""
    known = {_bare(key): key for key in graph.nodes} | {key: key for key in graph.nodes}
    cache: dict[str, str] = {}

    def key_of(wanted: str) -> str:
        if wanted not in cache:
            name, _, reference = wanted.partition(" ")
            forms = (
                f"/{name}/{reference}",
                f"/{name}@{reference}",
                f"{name}@{reference}",
                reference,
                f"/{reference}",
            )
            keys = (known.get(form) or known.get(_bare(form)) for form in forms)
            cache[wanted] = next((key for key in keys if key), "")
        return cache[wanted]

    graph.edges = {name: [key_of(wanted) for wanted in targets] for name, targets in graph.edges.items()}
    graph.roots = [key_of(wanted) for wanted in graph.roots]
    graph.dev_roots = [key_of(wanted) for wanted in graph.dev_roots]
