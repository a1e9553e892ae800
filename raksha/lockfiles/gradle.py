"""Gradle: gradle.lockfile, and best effort on build.gradle(.kts) and libs.versions.toml, which are programs or lists."""

from __future__ import annotations

import re

from raksha.lockfiles import loading
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable, distinct, unpinned
from raksha.packages import Package

LOCKED = re.compile(r"^([^:=#\s]+):([^:=\s]+):([^:=\s]+)=(.*)$")
NOTATION = re.compile(
    r"\b(\w{1,60})[\s(]{0,20}(?:(?:enforcedPlatform|platform)[\s(]{1,20})?"
    r"[\"']([\w.\-]{1,200}):([\w.\-]{1,200}):([\w.\-+${}]{1,100})(?::[\w.\-]+)?(?:@\w+)?[\"']"
)
MAPPED = re.compile(
    r"\b(\w{1,60})[\s(]{0,20}group\s{0,9}[:=]\s{0,9}[\"']([\w.\-]{1,200})[\"']\s{0,9},\s{0,20}"
    r"name\s{0,9}[:=]\s{0,9}[\"']([\w.\-]{1,200})[\"']\s{0,9},\s{0,20}"
    r"version\s{0,9}[:=]\s{0,9}(?:[\"']([\w.\-+${}]{1,100})[\"']|(\w{1,60}))"
)
ASSIGNED = re.compile(
    r"(?m)^[ \t]*(?:(?:def|val|var|String)[ \t]+|ext\.)?([\w.]{1,60})[ \t]*=[ \t]*[\"']([\w.\-+]{1,100})[\"']"
)
VARIABLE = re.compile(r"\$\{?([\w.]{1,60})\}?")
BLOCK_COMMENT = re.compile(r"/\*(?:.*?\*/|.*\Z)", re.S)
LINE_COMMENT = re.compile(r"(?m)(^|\s)//.*$")
WIDEST_BUILD = 2 * loading.MEGABYTE
BUILDS = ("build.gradle", "build.gradle.kts")


def read_lock(file: File) -> Reading:
    """Read a gradle.lockfile: "group:artifact:version=configurations"."""
    loading.check_size(file, "text")
    asked = _asked_beside(file)
    packages: list[Package] = []
    for number, line in enumerate(file.text.split("\n"), start=1):
        if len(packages) > MOST_PACKAGES:
            break
        found = LOCKED.match(line.strip())
        if found and found[1] != "empty":
            name = f"{found[1]}:{found[2]}"
            dev = all(_is_for_tests(each) for each in found[4].split(",") if each) and bool(found[4])
            direct = name in asked if asked else None
            packages.append(Package("Maven", name, found[3], file.path, number, direct=direct, dev=dev))
    covers = [place for name in ("", "gradle") if (place := file.resolve(name)) is not None]
    return Reading(distinct(packages), covers=tuple(covers))


def read_build(file: File) -> Reading:
    """Find the notations of dependencies in a build script; what it computes stays unknown."""
    packages, loose = [], []
    for name, version, configuration, line in _named(file):
        if version and "+" not in version and "$" not in version:
            dev = _is_for_tests(configuration)
            packages.append(Package("Maven", name, version, file.path, line, direct=True, dev=dev))
        else:
            loose.append(name)
    problems = [*unpinned(file, loose)]
    if packages or loose:
        problems.append(
            file.skip(
                "unpinned", "A build script without gradle.lockfile: only what it spells out was checked."
            )
        )
    return Reading(distinct(packages), tuple(problems), is_manifest_only=True)


def read_catalogue(file: File) -> Reading:
    """Read a libs.versions.toml."""
    document = loading.toml(file)
    versions = loading.mapping(document.get("versions"))
    packages, loose = [], []
    cursor = Cursor(file.text)
    for alias, value in loading.mapping(document.get("libraries")).items():
        name, version = _library(value, versions)
        if name and version and "+" not in version:
            line = cursor.line_of(f"{alias} =", alias)
            packages.append(Package("Maven", name, version, file.path, line, direct=True))
        elif name:
            loose.append(name)
    return Reading(distinct(packages), unpinned(file, loose), is_manifest_only=True)


def _library(value: object, versions: loading.Mapping) -> tuple[str, str]:
    if isinstance(value, str):
        group, _, rest = value.partition(":")
        artifact, _, version = rest.partition(":")
        return (f"{group}:{artifact}" if artifact else ""), version
    entry = loading.mapping(value)
    name = (
        loading.text(entry.get("module"))
        or f"{loading.text(entry.get('group'))}:{loading.text(entry.get('name'))}"
    )
    locked: object = entry.get("version")
    if isinstance(locked, dict) and "ref" in locked:
        locked = versions.get(loading.text(locked["ref"]))
    if isinstance(locked, dict):
        locked = locked.get("strictly") or locked.get("require") or locked.get("prefer")
    return name.strip(":"), loading.text(locked)


def _named(file: File) -> list[tuple[str, str, str, int]]:
    """Return name, version, configuration and line of each notation."""
    if len(file.data) > WIDEST_BUILD:
        raise Unreadable("A build script larger than 2 MB was not read.", "too_large")
    text = BLOCK_COMMENT.sub(lambda m: "\n" * m[0].count("\n"), file.text)
    text = LINE_COMMENT.sub(r"\1", text)
    variables = dict(ASSIGNED.findall(text))
    beside = file.above("gradle.properties")
    if beside is not None and len(beside.data) < WIDEST_BUILD:
        lines = (line.partition("=") for line in beside.text.split("\n") if not line.startswith("#"))
        variables = {key.strip(): value.strip()[:100] for key, _, value in lines} | variables
    found = []
    line, reached = 1, 0
    hits = sorted([*NOTATION.finditer(text), *MAPPED.finditer(text)], key=lambda hit: hit.start())
    for hit in hits:
        line += text.count("\n", reached, hit.start())
        reached = hit.start()
        version = hit[4] or "$" + (hit[5] or "")
        version = VARIABLE.sub(lambda v: variables.get(v[1].removeprefix("rootProject.ext."), v[0]), version)
        found.append((f"{hit[2]}:{hit[3]}", version, hit[1], line))
    return found


def _asked_beside(file: File) -> set[str]:
    """Return the names that build scripts beside a lockfile spell out; none if a catalogue or nothing names them."""
    for name in BUILDS:
        beside = file.beside(name)
        if beside is not None:
            try:
                return set() if "libs." in beside.text else {found[0] for found in _named(beside)}
            except Unreadable:
                return set()
    return set()


def _is_for_tests(configuration: str) -> bool:
    return configuration.lower().startswith(("test", "androidtest", "integrationtest"))
