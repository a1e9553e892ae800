"""package-lock.json and npm-shrinkwrap.json, versions 1 to 3. https://docs.npmjs.com/cli/configuring-npm/package-lock-json"""

from __future__ import annotations

from raksha.lockfiles import loading, npm_names, package_json
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, elsewhere
from raksha.packages import Package

INSIDE = "node_modules/"
DEEPEST = 100


def read(file: File) -> Reading:
    """Read either form; version 2 has both, and the newer one counts."""
    document = loading.json(file)
    installed = document.get("packages")
    graph = _by_place(file, installed) if isinstance(installed, dict) else _nested(file, document)
    found = graph.packages()
    covers = [file.folder]
    if isinstance(installed, dict):
        members = (file.resolve(place) for place in installed if place and INSIDE not in place)
        covers += [place for place in members if place is not None]
    return Reading(found, elsewhere(file, found), covers=tuple(covers))


def _by_place(file: File, installed: loading.Mapping) -> Graph:
    """Read versions 2 and 3: each entry is named by the folder it is installed in."""
    graph, cursor = Graph(), Cursor(file.text)
    for place, value in loading.mapping(installed).items():
        entry = loading.mapping(value)
        if INSIDE not in place:
            always, dev = npm_names.asked(entry)
            graph.roots += _resolved(installed, place, always)
            graph.dev_roots += _resolved(installed, place, dev)
        elif not entry.get("link"):
            graph.nodes[place] = _installed(file, cursor, place, entry)
            wanted = {**npm_names.asked(entry)[0], **npm_names.specs(entry.get("peerDependencies"))}
            graph.edges[place] = _resolved(installed, place, wanted)
    return graph


def _installed(file: File, cursor: Cursor, place: str, entry: loading.Mapping) -> Package:
    resolved = loading.text(entry.get("resolved"))
    licence = entry.get("license")
    return Package(
        "npm",
        loading.text(entry.get("name")) or place.rpartition(INSIDE)[2],
        loading.text(entry.get("version")),
        file.path,
        cursor.line_of(f'"{place}": {{', f'"{place}"'),
        dev=bool(entry.get("dev")) or (bool(entry.get("devOptional")) and not entry.get("optional")),
        licence=loading.text(loading.mapping(licence).get("type") if isinstance(licence, dict) else licence),
        source=npm_names.source_of(resolved),
        hashes=_hashes(entry),
    )


def _resolved(installed: loading.Mapping, place: str, wanted: dict[str, str]) -> list[str]:
    """Find each name as Node does: inside the package, then in each folder above."""
    folders = [place]
    while folders[-1] and len(folders) < DEEPEST:
        at = folders[-1].rfind(f"/{INSIDE}" if INSIDE in folders[-1] else "/")
        folders.append(folders[-1][:at] if at >= 0 else "")
    found = []
    for name in wanted:
        for folder in folders:
            candidate = f"{folder}/{INSIDE}{name}" if folder else f"{INSIDE}{name}"
            if candidate in installed:
                found.append(candidate)
                break
    return found


def _nested(file: File, document: loading.Mapping) -> Graph:
    """Read version 1: dependencies inside dependencies, walked without recursion in the order of the file."""
    graph, cursor = Graph(is_whole=False), Cursor(file.text)
    waiting = [("", name, value) for name, value in _reversed(document.get("dependencies"))]
    asks: dict[str, loading.Mapping] = {}
    while waiting and len(graph.nodes) <= MOST_PACKAGES:
        parent, name, value = waiting.pop()
        entry, place = loading.mapping(value), f"{parent}{INSIDE}{name}"
        if place.count(INSIDE) > DEEPEST:
            continue
        graph.nodes[place] = _old(file, cursor, name, entry)
        asks[place] = loading.mapping(entry.get("requires"))
        waiting += [(f"{place}/", inner, facts) for inner, facts in _reversed(entry.get("dependencies"))]
    for place, wanted in asks.items():
        graph.edges[place] = _resolved(graph.nodes, place, wanted)
    beside = package_json.asked(file)
    if beside is not None:
        graph.is_whole = True
        graph.roots, graph.dev_roots = (_resolved(graph.nodes, "", names) for names in beside)
    return graph


def _old(file: File, cursor: Cursor, name: str, entry: loading.Mapping) -> Package:
    version = loading.text(entry.get("version"))
    line = cursor.line_of(f'"{name}": {{')
    real = npm_names.alias_of(version)
    source = npm_names.source_of(version)
    if real:
        version = npm_names.parted(version[4:])[1]
    elif source:
        version = ""  # the address stands in its place
    dev = bool(entry.get("dev"))
    return Package(
        "npm", real or name, version, file.path, line, dev=dev, source=source, hashes=_hashes(entry)
    )


def _reversed(value: object) -> list[tuple[str, object]]:
    return list(reversed(loading.mapping(value).items()))


def _hashes(entry: loading.Mapping) -> tuple[str, ...]:
    return tuple(loading.text(entry.get("integrity")).split())
