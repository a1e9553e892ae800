"""bun.lock, the text form: JSON with comments, each package a list of its identity, registry, facts and hash."""

from __future__ import annotations

from typing import Any

from raksha.lockfiles import loading, npm_names
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import File, Reading, elsewhere
from raksha.packages import Package

DEEPEST = 100


def read(file: File) -> Reading:
    """Read a bun.lock; workspaces give the roots."""
    document = loading.json(file, with_comments=True)
    entries = loading.mapping(document.get("packages"))
    graph, cursor = Graph(tells_dev=True), Cursor(file.text)
    for key, value in entries.items():
        parts: list[Any] = value if isinstance(value, list) and value else [""]
        name, reference = npm_names.parted(loading.text(parts[0]))
        if reference.startswith("workspace:"):
            continue
        source = npm_names.source_of(reference)
        line = cursor.line_of(f'"{key}": [')
        hashes = tuple(part for part in parts[1:] if isinstance(part, str) and part.startswith("sha"))
        version = "" if source else reference.removeprefix("npm:")
        graph.nodes[key] = Package("npm", name, version, file.path, line, source=source, hashes=hashes)
        facts = next((part for part in parts[1:] if isinstance(part, dict)), {})
        wanted = {**npm_names.asked(facts)[0], **npm_names.specs(facts.get("peerDependencies"))}
        graph.edges[key] = _resolved(entries, key, wanted)
    covers = []
    for place, value in loading.mapping(document.get("workspaces")).items():
        member = loading.mapping(value)
        always, dev = npm_names.asked(member)
        own = loading.text(member.get("name")) if place else ""
        graph.roots += _resolved(entries, own, always)
        graph.dev_roots += _resolved(entries, own, dev)
        covers.append(file.resolve(place) or "")
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=tuple(covers))


def _resolved(entries: loading.Mapping, key: str, wanted: dict[str, str]) -> list[str]:
    """Find each name below the key of the one that asks, then below each prefix of it."""
    prefixes = [key]
    while prefixes[-1] and len(prefixes) < DEEPEST:
        prefixes.append(prefixes[-1].rpartition("/")[0])
    found = []
    for name in wanted:
        candidates = (f"{prefix}/{name}" if prefix else name for prefix in prefixes)
        hit = next((candidate for candidate in candidates if candidate in entries), None)
        if hit is not None:
            found.append(hit)
    return found
