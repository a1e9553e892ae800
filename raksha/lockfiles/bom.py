"""What CycloneDX and SPDX have in common: parts named by package URLs, and who depends on whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raksha.coverage import Skip
from raksha.lockfiles.graph import Graph
from raksha.lockfiles.reading import File, Reading, clipped, elsewhere
from raksha.packages import Package, from_purl

MANY = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a bill of materials."""

    ref: str
    purl: str
    name: str
    version: str
    licence: str = ""
    line: int = 0
    dev: bool = False
    is_left_out: bool = False  # says itself that it is not part of what is delivered
    hashes: tuple[str, ...] = ()


def reading(
    file: File,
    parts: Sequence[Part],
    edges: Mapping[str, list[str]],
    roots: list[str] | None,
    dev_roots: list[str] | None = None,
) -> Reading:
    """Make packages of the parts whose package URL we know; count the others by their kind."""
    graph = Graph(edges=dict(edges), roots=list(roots or ()), dev_roots=list(dev_roots or ()))
    graph.is_whole = roots is not None
    unknown: Counter[str] = Counter()
    for index, part in enumerate(parts):
        if part.is_left_out:
            continue
        found = from_purl(part.purl)
        if found is None:
            unknown[_kind(part)] += 1
            continue
        ecosystem, name, version = found
        node = part.ref if part.ref and part.ref not in graph.nodes else f"{part.ref} {index}"
        graph.nodes[node] = Package(
            ecosystem,
            name,
            _version(ecosystem, version or part.version),
            file.path,
            part.line,
            dev=part.dev,
            licence=part.licence,
            source="git" if "vcs_url=" in part.purl else "",
            hashes=part.hashes,
        )
    packages = graph.packages()
    return Reading(packages, (*_unknown(file, unknown), *elsewhere(file, packages)))


def _version(ecosystem: str, version: str) -> str:
    """Write a version as its lockfile would: package URLs of Go carry a v."""
    return version.removeprefix("v") if ecosystem == "Go" else version


def _kind(part: Part) -> str:
    return part.purl[4:].partition("/")[0][:30] if part.purl.startswith("pkg:") else ""


def _unknown(file: File, kinds: Counter[str]) -> tuple[Skip, ...]:
    skips = []
    nameless = kinds.pop("", 0)
    if nameless:
        says = f"{nameless} components have no package URL, so they cannot be matched."
        skips.append(file.skip("no_advisories", says))
    if kinds:
        listed = ", ".join(f"{count} of {kind}" for kind, count in kinds.most_common(MANY))
        says = clipped(f"Components of kinds without advisories here: {listed}.")
        skips.append(file.skip("no_advisories", says))
    return tuple(skips)
