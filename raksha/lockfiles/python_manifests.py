"""pyproject.toml, setup.cfg and Pipfile: what a Python project asks for itself, and what of it is for development."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from raksha.lockfiles import loading
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import File, Reading, Unreadable, distinct, elsewhere, unpinned
from raksha.lockfiles.requirements import NAMED, pinned
from raksha.packages import Package, normalise

SOURCES = (("git", "git"), ("hg", "git"), ("path", "path"), ("url", "url"), ("file", "url"))
DEVELOPMENT = frozenset(
    {"dev", "develop", "development", "test", "tests", "testing", "lint", "docs", "doc", "ci"}
)


@dataclass
class Asked:
    """Names that a project asks for, each with what it says about the version: normalised name -> (name, spec)."""

    always: dict[str, tuple[str, Any]] = field(default_factory=dict)
    dev: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def add(self, name: str, spec: object, *, dev: bool) -> None:
        """Take one requirement."""
        place = self.dev if dev else self.always
        place.setdefault(normalise("PyPI", name), (name, spec))


def asked_by_pyproject(file: File) -> Asked:
    """Collect what a pyproject.toml names: PEP 621, PEP 735, Poetry's and PDM's own tables."""
    document = loading.toml(file)
    tool = loading.mapping(document.get("tool"))
    asked = Asked()
    _from_project(asked, loading.mapping(document.get("project")))
    for group in loading.mapping(document.get("dependency-groups")).values():
        _from_lines(asked, group, dev=True)
    _from_poetry(asked, loading.mapping(tool.get("poetry")))
    for group in loading.mapping(loading.mapping(tool.get("pdm")).get("dev-dependencies")).values():
        _from_lines(asked, group, dev=True)
    _from_lines(asked, loading.mapping(tool.get("uv")).get("dev-dependencies"), dev=True)
    return asked


def _from_project(asked: Asked, project: loading.Mapping) -> None:
    _from_lines(asked, project.get("dependencies"), dev=False)
    for name, group in loading.mapping(project.get("optional-dependencies")).items():
        _from_lines(asked, group, dev=name.lower() in DEVELOPMENT)


def _from_poetry(asked: Asked, poetry: loading.Mapping) -> None:
    _from_table(asked, poetry.get("dependencies"), dev=False)
    _from_table(asked, poetry.get("dev-dependencies"), dev=True)
    for group in loading.mapping(poetry.get("group")).values():
        _from_table(asked, loading.mapping(group).get("dependencies"), dev=True)


def _from_lines(asked: Asked, lines: object, *, dev: bool) -> None:
    for line in loading.texts(lines):
        named = NAMED.match(line.strip())
        if named:
            asked.add(named[1], named[3].split(";")[0].strip(), dev=dev)


def _from_table(asked: Asked, table: object, *, dev: bool) -> None:
    for name, spec in loading.mapping(table).items():
        if name.lower() != "python":
            asked.add(name, spec, dev=dev)


def read_pyproject(file: File) -> Reading:
    """Read a pyproject.toml that no lockfile stands beside."""
    return _reading(file, asked_by_pyproject(file), bare_is_exact=True)


def asked_by_pipfile(file: File) -> Asked:
    """Collect what a Pipfile names."""
    document = loading.toml(file)
    asked = Asked()
    _from_table(asked, document.get("packages"), dev=False)
    _from_table(asked, document.get("dev-packages"), dev=True)
    return asked


def read_pipfile(file: File) -> Reading:
    """Read a Pipfile that no lockfile stands beside."""
    return _reading(file, asked_by_pipfile(file), bare_is_exact=False)


def read_setup_cfg(file: File) -> Reading:
    """Read the requirements of a setup.cfg."""
    loading.check_size(file, "toml")
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(file.text)
    except configparser.Error as exc:
        raise Unreadable("Not an INI file.") from exc
    asked = Asked()
    _from_lines(asked, parser.get("options", "install_requires", fallback="").splitlines(), dev=False)
    if parser.has_section("options.extras_require"):
        for name, value in parser.items("options.extras_require"):
            _from_lines(asked, value.splitlines(), dev=name in DEVELOPMENT)
    return _reading(file, asked, bare_is_exact=False)


def _reading(file: File, asked: Asked, *, bare_is_exact: bool) -> Reading:
    packages, loose = [], []
    cursor = Cursor(file.text)
    for name, spec, dev in _each(asked):
        version, source = _version_of(spec, bare_is_exact=bare_is_exact)
        if version or source:
            line = cursor.line_of(name)
            packages.append(
                Package("PyPI", name, version, file.path, line, direct=True, dev=dev, source=source)
            )
        else:
            loose.append(name)
    found = distinct(packages)
    problems = (*unpinned(file, loose), *elsewhere(file, found))
    return Reading(found, problems, is_manifest_only=True)


def _each(asked: Asked) -> Iterator[tuple[str, Any, bool]]:
    for place, dev in ((asked.always, False), (asked.dev, True)):
        for name, spec in place.values():
            yield name, spec, dev


def _version_of(spec: object, *, bare_is_exact: bool) -> tuple[str, str]:
    """Return the one version and the source of a requirement; in Poetry's tables a bare version is exact."""
    if isinstance(spec, dict):
        for key, source in SOURCES:
            if key in spec:
                return "", source
        return _version_of(spec.get("version", ""), bare_is_exact=bare_is_exact)
    text = spec.strip() if isinstance(spec, str) else ""
    if text.startswith("@"):
        return "", "git" if "git+" in text else "url"
    bare = text if bare_is_exact and text[:1].isdecimal() and "," not in text and "*" not in text else ""
    return pinned(text) or bare, ""
