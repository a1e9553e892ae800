"""NuGet: packages.lock.json, *.deps.json, packages.config, and PackageReference in project files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from raksha.lockfiles import loading
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, distinct, unpinned
from raksha.packages import Package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

PROPERTY = re.compile(r"\$\(([\w.]+)\)")
ONE = re.compile(r"^\[?\s*(\d+(?:\.\d+){0,3}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)\s*\]?$")
CENTRAL = "Directory.Packages.props"


def read_lock(file: File) -> Reading:
    """Read a packages.lock.json: one table for each target framework."""
    frameworks = loading.mapping(loading.json(file).get("dependencies"))
    cursor = Cursor(file.text)
    packages: list[Package] = []
    for table in frameworks.values():
        if len(packages) > MOST_PACKAGES:
            break
        graph = Graph()
        for name, value in loading.mapping(table).items():
            entry = loading.mapping(value)
            kind, node = loading.text(entry.get("type")), name.lower()
            graph.edges[node] = [wanted.lower() for wanted in loading.mapping(entry.get("dependencies"))]
            line = cursor.line_of(f'"{name}": {{')
            if kind in {"Direct", "Project"}:
                graph.roots += graph.edges[node] if kind == "Project" else [node]
            if kind != "Project":
                digest = loading.text(entry.get("contentHash"))
                graph.nodes[node] = Package(
                    "NuGet",
                    name,
                    loading.text(entry.get("resolved")),
                    file.path,
                    line,
                    hashes=(digest,) if digest else (),
                )
        packages += graph.packages()
    return Reading(distinct(packages), covers=(file.folder,))


def read_deps(file: File) -> Reading:
    """Read a *.deps.json, which a build leaves beside a program."""
    document = loading.json(file)
    graph, cursor = Graph(), Cursor(file.text)
    for place, value in loading.mapping(document.get("libraries")).items():
        entry = loading.mapping(value)
        name, _, version = place.partition("/")
        if loading.text(entry.get("type")) == "package":
            digest = loading.text(entry.get("sha512"))
            line = cursor.line_of(f'"{place}": {{')  # first in the targets, which stand above
            graph.nodes[place] = Package(
                "NuGet", name, version, file.path, line, hashes=(digest,) if digest else ()
            )
    for target in loading.mapping(document.get("targets")).values():
        for place, value in loading.mapping(target).items():
            wanted = loading.mapping(loading.mapping(value).get("dependencies"))
            targets = [f"{name}/{loading.text(version)}" for name, version in wanted.items()]
            if place in graph.nodes:
                graph.edges[place] = targets
            else:
                graph.roots += targets  # the project that was built
    graph.is_whole = bool(graph.roots)
    return Reading(graph.packages())


def read_config(file: File) -> Reading:
    """Read a packages.config: all that is installed, direct or not."""
    root, cursor = loading.xml(file), Cursor(file.text)
    if loading.tag(root) != "packages":
        raise Unreadable("Not a packages.config: another element stands at the top.")
    packages = [
        Package(
            "NuGet",
            name,
            element.get("version", ""),
            file.path,
            cursor.line_of(f'"{name}"'),
            dev=element.get("developmentDependency", "").lower() == "true",
        )
        for element in loading.children(root, "package")
        if (name := element.get("id", ""))
    ]
    return Reading(distinct(packages))


def read_project(file: File) -> Reading:
    """Read the PackageReference entries of a project file; NuGet takes the lowest version that fits, so a bare one is it."""
    root, cursor = loading.xml(file), Cursor(file.text)
    central = _central(file)
    properties = {**central[1], **_properties(root)}
    packages, loose = [], []
    for element in _items(root, "PackageReference"):
        name = element.get("Include") or element.get("Update") or ""
        version = _version(element) or central[0].get(name.lower(), "")
        version = PROPERTY.sub(lambda found: properties.get(found[1], found[0]), version)
        exact = ONE.match(version)
        if name and exact:
            dev = "all" in {element.get("PrivateAssets", ""), loading.content(element, "PrivateAssets")}
            line = cursor.line_of(f'"{name}"')
            packages.append(Package("NuGet", name, exact[1], file.path, line, direct=True, dev=dev))
        elif name:
            loose.append(name)
    problems = [*unpinned(file, loose)]
    if packages or loose:
        problems.append(
            file.skip("unpinned", "Only direct dependencies stand here: what they need was not checked.")
        )
    return Reading(distinct(packages), tuple(problems), is_manifest_only=True)


def _central(file: File) -> tuple[dict[str, str], dict[str, str]]:
    """Return versions and properties of the Directory.Packages.props above, where versions are kept in one place."""
    props = file.above(CENTRAL)
    try:
        root = loading.xml(props) if props is not None else None
    except Unreadable:
        return {}, {}
    if root is None:
        return {}, {}
    return {e.get("Include", "").lower(): _version(e) for e in _items(root, "PackageVersion")}, _properties(
        root
    )


def _version(element: Element) -> str:
    for name in ("VersionOverride", "Version"):
        value = element.get(name) or loading.content(element, name)
        if value:
            return value.strip()
    return ""


def _items(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.iter() if loading.tag(element) == name)


def _properties(root: Element) -> dict[str, str]:
    groups = loading.children(root, "PropertyGroup")
    return {
        loading.tag(each): (each.text or "").strip()[:100]
        for group in groups
        for each in loading.children(group)
    }
