"""How the package managers of JavaScript write names, versions and where a package comes from."""

from __future__ import annotations

import re

from raksha.lockfiles import loading

GIT = re.compile(
    r"^(?:git\+|git:|git@|github:|gitlab:|bitbucket:|gist:|ssh:)|\.git(?:#|$)|^[\w.-]+/[\w.-]+(?:#.*)?$"
)
ARCHIVES = re.compile(r"^https?://(?:codeload\.github\.com|github\.com|gitlab\.com|bitbucket\.org)/")
PATH = re.compile(r"^(?:file|link|portal|workspace):|^\.{0,2}/")
REGISTRY_FILE = re.compile(r"/-/|/download/|/-/package-|\.npm\.|/npm/|^https?://registry\.")
EXACT = re.compile(r"^[v=\s]*\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$")
ALWAYS = ("dependencies", "optionalDependencies")


def parted(spec: str) -> tuple[str, str]:
    """Part "name@rest", where the name may begin with an @ itself."""
    at = spec.find("@", 1)
    return (spec, "") if at < 0 else (spec[:at], spec[at + 1 :])


def alias_of(spec: str) -> str:
    """Return the real name in "npm:name@range"; "" if the spec is no alias."""
    return (
        parted(spec[4:])[0] if spec.startswith("npm:") and "@" in spec[4:] and not _is_range(spec[4:]) else ""
    )


def source_of(address: str) -> str:
    """Tell by a version, range or address where it comes from: "" the registry, "git", "path" or "url"."""
    if PATH.match(address):
        return "path"
    if ARCHIVES.match(address):
        return "git"
    if GIT.search(address) and not address.startswith(("npm:", "@")):
        return "git"
    if address.startswith(("http:", "https:")):
        return "" if REGISTRY_FILE.search(address) else "url"
    return ""


def exact(spec: str) -> str:
    """Return the one version that a spec of package.json allows; "" if it is a range or something else."""
    bare = parted(spec[4:])[1] if alias_of(spec) else spec.removeprefix("npm:")
    return bare.strip().lstrip("v= ") if EXACT.match(bare.strip()) else ""


def asked(manifest: loading.Mapping) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a package.json, or what a lockfile repeats of it, asks for: always, and for development."""
    always: dict[str, str] = {}
    for key in ALWAYS:
        always.update(specs(manifest.get(key)))
    return always, specs(manifest.get("devDependencies"))


def specs(table: object) -> dict[str, str]:
    """Return names and specs of a table of dependencies."""
    return {name: spec for name, spec in loading.mapping(table).items() if isinstance(spec, str) and name}


def _is_range(text: str) -> bool:
    return text[:1].isdecimal() or text[:1] in "^~<>=*"
