"""Which file is which lockfile, by its name and, where names are free, by how it begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from raksha.lockfiles import (
    bun,
    cargo,
    composer,
    cyclonedx,
    gemfile,
    go,
    gradle,
    maven,
    nuget,
    package_json,
    package_lock,
    pnpm,
    python_locks,
    python_manifests,
    requirements,
    spdx,
    yarn,
)
from raksha.lockfiles.reading import File, Reading

HEAD = 8192


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    manifest_of: the project's side of this ecosystem, dropped where a lockfile covers it.
    mark: what stands in every file of this kind, even in one without packages; without it nothing was understood.
    """

    name: str
    read: Callable[[File], Reading]
    manifest_of: str = ""
    locks: str = ""
    mark: str = ""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("requirements", requirements.read),
        Kind("poetry", python_locks.read_poetry, locks="PyPI", mark=r"^\[metadata|^\[\[package|^package = "),
        Kind("pdm", python_locks.read_pdm, locks="PyPI", mark=r"^\[metadata|^\[\[package"),
        Kind("uv", python_locks.read_uv, locks="PyPI", mark=r"^version = |^\[\[package"),
        Kind("pylock", python_locks.read_pylock, locks="PyPI", mark=r"^lock-version|^\[\[packages"),
        Kind(
            "pipfile-lock", python_locks.read_pipfile_lock, locks="PyPI", mark=r'"(?:_meta|default|develop)"'
        ),
        Kind("pyproject", python_manifests.read_pyproject, manifest_of="PyPI"),
        Kind("pipfile", python_manifests.read_pipfile, manifest_of="PyPI"),
        Kind("setup-cfg", python_manifests.read_setup_cfg, manifest_of="PyPI"),
        Kind(
            "package-lock",
            package_lock.read,
            locks="npm",
            mark=r'"(?:lockfileVersion|packages|dependencies|requires)"',
        ),
        Kind("yarn", yarn.read, locks="npm", mark=r"yarn lockfile|^__metadata"),
        Kind("pnpm", pnpm.read, locks="npm", mark=r"^(?:lockfileVersion|packages|importers|dependencies):"),
        Kind("bun", bun.read, locks="npm", mark=r'"(?:lockfileVersion|packages)"'),
        Kind("package-json", package_json.read, manifest_of="npm"),
        Kind("go-mod", go.read_mod, mark=r"^\s*module\b"),
        Kind("go-sum", go.read_sum),
        Kind("go-work", go.read_work),
        Kind("pom", maven.read),
        Kind("gradle-lock", gradle.read_lock, locks="Maven", mark=r"^empty="),
        Kind("gradle-build", gradle.read_build, manifest_of="Maven"),
        Kind("gradle-catalogue", gradle.read_catalogue, manifest_of="Maven"),
        Kind("cargo-lock", cargo.read_lock, locks="crates.io", mark=r"^version = |^\[\[package"),
        Kind("cargo-toml", cargo.read_manifest, manifest_of="crates.io"),
        Kind("gemfile-lock", gemfile.read, locks="RubyGems"),
        Kind("composer-lock", composer.read_lock, locks="Packagist", mark=r'"packages"'),
        Kind("composer-json", composer.read_manifest, manifest_of="Packagist"),
        Kind("nuget-lock", nuget.read_lock, locks="NuGet", mark=r'"dependencies"'),
        Kind("nuget-deps", nuget.read_deps, mark=r'"(?:libraries|targets)"'),
        Kind("nuget-config", nuget.read_config),
        Kind("nuget-project", nuget.read_project, manifest_of="NuGet"),
        Kind("cyclonedx-json", cyclonedx.read_json),
        Kind("cyclonedx-xml", cyclonedx.read_xml),
        Kind("spdx-json", spdx.read_json),
        Kind("spdx-tags", spdx.read_tags),
    )
}

NAMES = {
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "uv.lock": "uv",
    "pipfile.lock": "pipfile-lock",
    "pipfile": "pipfile",
    "pyproject.toml": "pyproject",
    "setup.cfg": "setup-cfg",
    "package-lock.json": "package-lock",
    "npm-shrinkwrap.json": "package-lock",
    ".package-lock.json": "package-lock",
    "yarn.lock": "yarn",
    "pnpm-lock.yaml": "pnpm",
    "pnpm-lock.yml": "pnpm",
    "shrinkwrap.yaml": "pnpm",
    "bun.lock": "bun",
    "package.json": "package-json",
    "go.mod": "go-mod",
    "go.sum": "go-sum",
    "go.work": "go-work",
    "pom.xml": "pom",
    "gradle.lockfile": "gradle-lock",
    "buildscript-gradle.lockfile": "gradle-lock",
    "build.gradle": "gradle-build",
    "build.gradle.kts": "gradle-build",
    "libs.versions.toml": "gradle-catalogue",
    "cargo.lock": "cargo-lock",
    "cargo.toml": "cargo-toml",
    "gemfile.lock": "gemfile-lock",
    "gems.locked": "gemfile-lock",
    "composer.lock": "composer-lock",
    "composer.json": "composer-json",
    "packages.lock.json": "nuget-lock",
    "packages.config": "nuget-config",
    "constraints.txt": "requirements",
}
UNKNOWN = {
    "bun.lockb": "Bun's binary form; bun.lock, its text form, is read",
    "deno.lock": "Deno",
    "mix.lock": "Elixir",
    "rebar.lock": "Erlang",
    "pubspec.lock": "Dart",
    "podfile.lock": "CocoaPods",
    "cartfile.resolved": "Carthage",
    "package.resolved": "Swift",
    "conan.lock": "Conan",
    "vcpkg.json": "vcpkg",
    "conda-lock.yml": "Conda",
    "environment.yml": "Conda",
    "environment.yaml": "Conda",
    "pixi.lock": "Pixi",
    "renv.lock": "R",
    "packrat.lock": "R",
    "stack.yaml.lock": "Haskell",
    "cabal.project.freeze": "Haskell",
    "gleam.lock": "Gleam",
    "manifest.toml": "Julia or Gleam",
    "flake.lock": "Nix",
    "glide.lock": "Glide",
    "gopkg.lock": "dep",
    "paket.lock": "Paket",
    "project.assets.json": "NuGet's own working file; packages.lock.json is read",
    "module.bazel.lock": "Bazel",
    "berksfile.lock": "Chef",
    "build.sbt": "sbt",
    "project.clj": "Leiningen",
    "shard.lock": "Crystal",
    "dub.selections.json": "D",
    "elm.json": "Elm",
    "opam.locked": "opam",
    "cpanfile.snapshot": "Perl",
}
"""Lockfiles by other tools, which are reported: a folder with one of them is not clean, but unread."""

PATTERNS = tuple(
    (re.compile(pattern, re.I), kind)
    for pattern, kind in (
        (r"(?:^|/)(?:[\w.-]*[-_.])?(?:requirements?|reqs)(?:[-_.][\w.-]*)?\.(?:txt|pip)$", "requirements"),
        (r"(?:^|/)(?:requirements|reqs)/[^/]+\.txt$", "requirements"),
        (r"(?:^|/)(?:[\w.-]*[-_.])?constraints(?:[-_.][\w.-]*)?\.txt$", "requirements"),
        (r"(?:^|/)pylock(?:\.[\w-]+)?\.toml$", "pylock"),
        (r"(?:^|/)(?:gradle/)?dependency-locks/[^/]+\.lockfile$", "gradle-lock"),
        (r"(?:^|/)[\w.-]+\.versions\.toml$", "gradle-catalogue"),
        (r"\.(?:cs|fs|vb)proj$", "nuget-project"),
        (r"\.deps\.json$", "nuget-deps"),
        (r"(?:^|/)packages\.[\w.-]+\.config$", "nuget-config"),
        (r"\.gradle(?:\.kts)?$", "gradle-build"),
        (r"(?:^|/)pom[\w.-]*\.xml$|\.pom$", "pom"),
        (r"\.cdx\.json$", "cyclonedx-json"),
        (r"\.cdx\.xml$", "cyclonedx-xml"),
        (r"\.spdx\.json$", "spdx-json"),
        (r"\.spdx$", "spdx-tags"),
    )
)
NOT_A_BUILD = re.compile(r"(?:^|/)(?:settings|init)\.gradle(?:\.kts)?$", re.I)


def kind_of(path: str, head: bytes = b"") -> str:
    """Return the kind of a file, "" for none; its first bytes tell bills of materials and requirements of any name."""
    name = path.rpartition("/")[2].lower()
    if name in NAMES:
        return NAMES[name]
    if NOT_A_BUILD.search(path):
        return ""
    for pattern, kind in PATTERNS:
        if pattern.search(path):
            return kind
    return _sniffed(name, head[:HEAD]) if head else ""


def foreign(path: str) -> str:
    """Name the tool whose lockfile this is, if we cannot read it; else ""."""
    return UNKNOWN.get(path.rpartition("/")[2].lower(), "")


def may_be_sniffed(path: str) -> bool:
    """Tell whether the beginning of a file decides what it is."""
    return path.lower().endswith((".txt", ".json", ".xml"))


def _sniffed(name: str, head: bytes) -> str:
    if name.endswith(".json"):
        return "cyclonedx-json" if b'"CycloneDX"' in head else "spdx-json" if b'"spdxVersion"' in head else ""
    if name.endswith(".xml"):
        return "cyclonedx-xml" if b"cyclonedx.org/schema/bom" in head else ""
    if name.endswith(".txt"):
        text = head.decode("utf-8", errors="replace").replace("\r\n", "\n")
        if text.startswith("SPDXVersion:"):
            return "spdx-tags"
        return "requirements" if requirements.looks_like(text.rpartition("\n")[0] or text) else ""
    return ""
