"""pom.xml: dependencies of a Maven project, with properties, managed versions and parents in the same tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from raksha.lockfiles import loading
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, distinct, unpinned
from raksha.packages import Package

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PROPERTY = re.compile(r"\$\{([^{}]+)\}")
EXACT = re.compile(r"^\[\s*([^\s,\[\]()]+)\s*\]$")
DEEPEST = 12
LONGEST = 400


@dataclass
class Model:
    """A pom with what its parents give it."""

    properties: dict[str, str] = field(default_factory=dict)
    managed: dict[str, tuple[str, str]] = field(default_factory=dict)  # "group:artifact" -> (version, scope)
    parent_is_elsewhere: bool = False

    def filled(self, text: str) -> str:
        """Replace properties by their values; unknown ones stay."""
        for _ in range(DEEPEST):
            found = PROPERTY.search(text)
            value = self.properties.get(found[1]) if found else None
            if found is None or value is None or len(text) + len(value) > LONGEST:
                break
            text = text[: found.start()] + value + text[found.end() :]
        return text.strip()


def read(file: File) -> Reading:
    """Read a pom.xml: it names what the project asks for, not what that asks for in turn."""
    root = loading.xml(file)
    if loading.tag(root) != "project":
        raise Unreadable("Not a Maven project: another element stands at the top.")
    model = _model(file, root, 0)
    packages, loose = [], []
    cursor = Cursor(file.text)
    for element in _dependencies(root)[: MOST_PACKAGES + 1]:
        package = _package(file, model, cursor, element)
        if package.version:
            packages.append(package)
        else:
            loose.append(package.name)
    problems = [*unpinned(file, loose)]
    if packages or loose:
        problems.append(
            file.skip("unpinned", "Only direct dependencies stand here: what they need was not checked.")
        )
    return Reading(distinct(packages), tuple(problems), is_manifest_only=True)


def _model(file: File, root: Element, depth: int) -> Model:
    parent = loading.child(root, "parent")
    model = _inherited(file, parent, depth)
    for element in loading.children(loading.child(root, "properties")):
        model.properties[loading.tag(element)] = (element.text or "").strip()
    for name in ("groupId", "artifactId", "version"):
        value = loading.content(root, name) or loading.content(parent, name)
        model.properties.update({f"project.{name}": value, f"pom.{name}": value, name: value})
        model.properties[f"project.parent.{name}"] = loading.content(parent, name)
    for element in loading.children(
        loading.child(root, "dependencyManagement", "dependencies"), "dependency"
    ):
        version = model.filled(loading.content(element, "version"))
        model.managed[_name(model, element)] = (version, loading.content(element, "scope"))
    return model


def _inherited(file: File, parent: Element | None, depth: int) -> Model:
    if parent is None:
        return Model()
    relative = loading.child(parent, "relativePath")
    place = "../pom.xml" if relative is None else (relative.text or "").strip()
    above = file.beside(place) or file.beside(f"{place}/pom.xml") if place else None
    if above is None or depth >= DEEPEST or above.path == file.path:
        return Model(parent_is_elsewhere=True)
    try:
        root = _root(above.data)
    except Unreadable:
        return Model(parent_is_elsewhere=True)
    if loading.content(root, "artifactId") != loading.content(parent, "artifactId"):
        return Model(parent_is_elsewhere=True)  # another project happens to lie there
    return _model(above, root, depth + 1)


@lru_cache(maxsize=4)
def _root(data: bytes) -> Element:
    """Parse a parent once for all its modules."""
    return loading.xml(File("pom.xml", data))


def _dependencies(root: Element) -> list[Element]:
    found = list(loading.children(loading.child(root, "dependencies"), "dependency"))
    for profile in loading.children(loading.child(root, "profiles"), "profile"):
        found += loading.children(loading.child(profile, "dependencies"), "dependency")
    return found


def _name(model: Model, element: Element) -> str:
    group, artifact = (model.filled(loading.content(element, part)) for part in ("groupId", "artifactId"))
    return f"{group}:{artifact}"


def _package(file: File, model: Model, cursor: Cursor, element: Element) -> Package:
    name = _name(model, element)
    managed_version, managed_scope = model.managed.get(name, ("", ""))
    version = model.filled(loading.content(element, "version")) or managed_version
    exact = EXACT.match(version)
    version = exact[1] if exact else version
    if re.search(r"[$\[\](),]", version) or version in {"LATEST", "RELEASE"}:
        version = ""
    scope = loading.content(element, "scope") or managed_scope
    source = "path" if scope == "system" else ""
    line = cursor.line_of(f">{loading.content(element, 'artifactId')}<")
    return Package("Maven", name, version, file.path, line, direct=True, dev=scope == "test", source=source)
