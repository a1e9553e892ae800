"""poetry.lock, pdm.lock, uv.lock, pylock.toml and Pipfile.lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from raksha.lockfiles import loading
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.python_manifests import Asked, asked_by_pipfile, asked_by_pyproject
from raksha.lockfiles.reading import File, Reading, Unreadable, elsewhere
from raksha.lockfiles.requirements import NAMED, pinned
from raksha.packages import Package, normalise

POETRY_SOURCES = {"git": "git", "directory": "path", "file": "path", "url": "url"}
PROJECT_SOURCES = ("virtual", "editable", "directory")
MAIN_GROUPS = frozenset({"main", "default"})


def read_poetry(file: File) -> Reading:
    """Read a poetry.lock; what the project asks for stands in the pyproject.toml beside it."""
    document = loading.toml(file)
    graph, cursor = Graph(), Cursor(file.text)
    hashes = loading.mapping(loading.mapping(document.get("metadata")).get("files"))
    for index, entry in enumerate(loading.mappings(document.get("package"))):
        name = loading.text(entry.get("name"))
        source = POETRY_SOURCES.get(loading.text(loading.mapping(entry.get("source")).get("type")), "")
        made = _made(file, cursor, entry, source, _is_dev(entry), entry.get("files", hashes.get(name)))
        graph.edges[_add(graph, index, made)] = _targets(loading.mapping(entry.get("dependencies")))
    _ask(graph, _asked(file, "pyproject.toml"))
    return _reading(file, graph)


def read_pdm(file: File) -> Reading:
    """Read a pdm.lock."""
    graph, cursor = Graph(), Cursor(file.text)
    for index, entry in enumerate(loading.mappings(loading.toml(file).get("package"))):
        source = next(
            (s for key, s in (("git", "git"), ("path", "path"), ("url", "url")) if key in entry), ""
        )
        made = _made(file, cursor, entry, source, _is_dev(entry), entry.get("files"))
        graph.edges.setdefault(_add(graph, index, made), []).extend(_named(entry.get("dependencies")))
    _ask(graph, _asked(file, "pyproject.toml"))
    return _reading(file, graph)


def read_pylock(file: File) -> Reading:
    """Read a pylock.toml, PEP 751; it names no roots."""
    document = loading.toml(file)
    graph, cursor = Graph(is_whole=False), Cursor(file.text)
    for index, entry in enumerate(loading.mappings(document.get("packages"))):
        kinds = (("vcs", "git"), ("directory", "path"), ("archive", "url"))
        source = next((source for key, source in kinds if key in entry), "")
        made = _made(file, cursor, entry, source, False, entry.get("wheels"))
        dependencies = loading.mappings(entry.get("dependencies"))
        graph.edges[_add(graph, index, made)] = _normal(d.get("name") for d in dependencies)
    return _reading(file, graph)


def read_uv(file: File) -> Reading:
    """Read a uv.lock: members of the workspace are entries of their own, and what they ask for is direct."""
    graph, cursor = Graph(tells_dev=True), Cursor(file.text)
    members: list[loading.Mapping] = []
    entries = loading.mappings(loading.toml(file).get("package"))
    for entry in entries:
        origin = loading.mapping(entry.get("source"))
        if any(kind in origin for kind in PROJECT_SOURCES):
            members.append(entry)
            continue
        source = (
            "git" if "git" in origin else "url" if "url" in origin else "path" if "path" in origin else ""
        )
        made = _made(file, cursor, entry, source, False, [entry.get("sdist"), *_list(entry.get("wheels"))])
        node = f"{normalise('PyPI', made.name)} {made.version}"
        graph.nodes[node] = made
    names: dict[str, list[str]] = {}
    for node in graph.nodes:
        names.setdefault(node.partition(" ")[0], []).append(node)
    for entry in entries:
        node = f"{normalise('PyPI', loading.text(entry.get('name')))} {loading.text(entry.get('version'))}"
        graph.edges[node] = _uv_targets(names, entry.get("dependencies"))
        for extra in loading.mapping(entry.get("optional-dependencies")).values():
            graph.edges[node] += _uv_targets(names, extra)
        if entry in members:
            graph.roots += graph.edges[node]
            for group in _uv_groups(entry):
                graph.dev_roots += _uv_targets(names, group)
    graph.is_whole = bool(members)
    graph.tells_dev = bool(graph.dev_roots)
    return replace(_reading(file, graph), covers=tuple(_places(file, members)))


def _places(file: File, members: list[loading.Mapping]) -> Iterator[str]:
    yield file.folder
    for member in members:
        origin = loading.mapping(member.get("source"))
        place = next((loading.text(origin[kind]) for kind in PROJECT_SOURCES if kind in origin), ".")
        yield file.resolve(place) or ""


def read_pipfile_lock(file: File) -> Reading:
    """Read a Pipfile.lock; "develop" is for development."""
    document, cursor = loading.json(file), Cursor(file.text)
    graph = Graph(is_whole=False)
    for section in ("default", "develop"):
        cursor.line_of(f'"{section}"')
        for name, entry in loading.mapping(document.get(section)).items():
            facts = loading.mapping(entry)
            kinds = (("git", "git"), ("path", "path"), ("file", "url"))
            source = next((source for key, source in kinds if key in facts), "")
            line = cursor.line_of(f'"{name}"')
            version, hashes = (
                pinned(loading.text(facts.get("version"))),
                tuple(loading.texts(facts.get("hashes"))),
            )
            graph.nodes[f"{section} {normalise('PyPI', name)}"] = Package(
                "PyPI", name, version, file.path, line, dev=section == "develop", source=source, hashes=hashes
            )
    asked = _asked(file, "Pipfile")
    if asked is None:
        packages = tuple(graph.nodes.values())
        return Reading(packages, elsewhere(file, packages), covers=(file.folder,))
    graph.is_whole = True
    graph.roots = [f"default {name}" for name in asked.always]
    graph.dev_roots = [f"develop {name}" for name in asked.dev]
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=(file.folder,))


def _reading(file: File, graph: Graph) -> Reading:
    found = graph.packages()
    return Reading(found, elsewhere(file, found), covers=(file.folder,))


def _asked(file: File, manifest: str) -> Asked | None:
    """Return what the manifest beside a lockfile asks for; None if there is none that can be read."""
    beside = file.beside(manifest)
    if beside is None:
        return None
    try:
        return asked_by_pipfile(beside) if manifest == "Pipfile" else asked_by_pyproject(beside)
    except Unreadable:
        return None  # the manifest is read on its own too, and reported there


def _ask(graph: Graph, asked: Asked | None) -> None:
    graph.is_whole = asked is not None
    for names, roots in ((asked.always, graph.roots), (asked.dev, graph.dev_roots)) if asked else ():
        for name in names:
            roots += [node for node in (name, *_twins(graph, name)) if node in graph.nodes]


def _twins(graph: Graph, name: str) -> list[str]:
    """Return the other versions of one name in the same lockfile."""
    return loading.texts(graph.edges.get(f"twins {name}"))


def _add(graph: Graph, index: int, package: Package) -> str:
    """Add a package under its name; a second version of it under a name that the first leads to."""
    name = normalise("PyPI", package.name)
    if name not in graph.nodes or graph.nodes[name].version == package.version:
        graph.nodes.setdefault(name, package)
        return name
    node = f"{name} {index}"
    graph.nodes[node] = package
    graph.edges.setdefault(f"twins {name}", []).append(node)
    return node


def _made(
    file: File, cursor: Cursor, entry: loading.Mapping, source: str, dev: bool, files: object
) -> Package:
    name, version = loading.text(entry.get("name")), loading.text(entry.get("version"))
    line = cursor.line_of(f'name = "{name}"')
    return Package("PyPI", name, version, file.path, line, dev=dev, source=source, hashes=_hashes(files))


def _hashes(files: object) -> tuple[str, ...]:
    found: list[str] = []
    for each in loading.mappings(files):
        value = each.get("hash") or each.get("hashes")
        found += (
            [f"{kind}:{text}" for kind, text in value.items()]
            if isinstance(value, dict)
            else [loading.text(value)]
        )
    return tuple(dict.fromkeys(text for text in found if text))


def _is_dev(entry: loading.Mapping) -> bool:
    """Tell by Poetry's old category or by the groups of Poetry 2 and PDM."""
    groups = loading.texts(entry.get("groups"))
    return loading.text(entry.get("category")) == "dev" or (bool(groups) and not MAIN_GROUPS & set(groups))


def _targets(dependencies: loading.Mapping) -> list[str]:
    return [normalise("PyPI", name) for name in dependencies]


def _named(lines: object) -> list[str]:
    return _normal(named[1] for line in loading.texts(lines) if (named := NAMED.match(line.strip())))


def _normal(names: Any) -> list[str]:
    return [normalise("PyPI", name) for name in names if isinstance(name, str)]


def _uv_groups(entry: loading.Mapping) -> list[object]:
    return list(loading.mapping(entry.get("dev-dependencies")).values())


def _uv_targets(names: dict[str, list[str]], dependencies: object) -> list[str]:
    """Resolve names; uv adds the version where several are locked."""
    found: list[str] = []
    for dependency in loading.mappings(dependencies):
        name = normalise("PyPI", loading.text(dependency.get("name")))
        exact = f"{name} {loading.text(dependency.get('version'))}"
        found += [exact] if exact in names.get(name, ()) else names.get(name, [])
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
