"""A package as a lockfile names it, and the names by which databases know it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

PYPI_RUN = re.compile(r"[-_.]+")
PURL_TYPES = {
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "Maven": "maven",
    "crates.io": "cargo",
    "RubyGems": "gem",
    "Packagist": "composer",
    "NuGet": "nuget",
}
ECOSYSTEMS = tuple(PURL_TYPES)
OF_PURL = {kind: ecosystem for ecosystem, kind in PURL_TYPES.items()}
CASELESS = frozenset({"NuGet", "Packagist"})


@dataclass(frozen=True, slots=True)
class Package:
    """One package at one version in one lockfile.

    name: as written, except that Maven's is "group:artifact"; version "" where the file gives none.
    line: from 1; 0 where unknown.
    direct: asked for by the project itself; None where the file cannot tell.
    via: the names on one shortest way here, from the direct dependency to the one that asks for this package,
    which is itself left out; empty for a direct one and where it is unknown.
    source: "" for the ecosystem's registry, else "git", "path" or "url": advisories about a registry's package of
    the same name say nothing about those.
    """

    ecosystem: str
    name: str
    version: str
    path: str = ""
    line: int = 0
    direct: bool | None = None
    via: tuple[str, ...] = ()
    dev: bool = False
    licence: str = ""
    source: str = ""
    hashes: tuple[str, ...] = ()


def normalise(ecosystem: str, name: str) -> str:
    """Return the one spelling by which names of an ecosystem are compared.

    PyPI by PEP 503; NuGet and Packagist have no case; npm, Go, Maven, crates.io and RubyGems are as written.
    """
    if ecosystem == "PyPI":
        return PYPI_RUN.sub("-", name.strip()).lower()
    if ecosystem in CASELESS:
        return name.strip().lower()
    return name.strip()


def purl(package: Package) -> str:
    """Return the package URL, https://github.com/package-url/purl-spec; "" for an ecosystem without a type."""
    kind = PURL_TYPES.get(package.ecosystem)
    if kind is None:
        return ""
    name = normalise(package.ecosystem, package.name)
    path = name.replace(":", "/", 1) if package.ecosystem == "Maven" else name
    version = package.version
    if package.ecosystem == "Go" and version[:1].isdigit():
        version = f"v{version}"  # Go's own tools write it so, and OSV does not
    parts = "/".join(quote(part, safe="") for part in path.split("/"))
    return f"pkg:{kind}/{parts}" + (f"@{quote(version, safe='')}" if version else "")


def from_purl(text: str) -> tuple[str, str, str] | None:
    """Return ecosystem, name and version of a package URL; None for a type that we have no advisories about."""
    kind, slash, rest = text.removeprefix("pkg:").lstrip("/").partition("/")
    ecosystem = OF_PURL.get(kind.lower())
    bare = rest.split("#")[0].split("?")[0].strip("/")
    path, at, version = bare.rpartition("@")
    if not text.startswith("pkg:") or ecosystem is None or not slash or not bare:
        return None
    if not at or not path or path.endswith("/"):  # the @ of an npm scope, left unquoted
        path, version = bare, ""
    parts = [unquote(part) for part in path.split("/") if part]
    name = (
        ":".join(["/".join(parts[:-1]), parts[-1]])
        if ecosystem == "Maven" and len(parts) > 1
        else "/".join(parts)
    )
    return ecosystem, name, unquote(version)
