"""Packages against advisories: one match for each vulnerability of a package, whatever many names it has. Pure.

Names are compared by ecosystem and normalised name, never by product names as CPE has them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from raksha import versions
from raksha.advisories import Advisory, Symbols
from raksha.coverage import Skip
from raksha.packages import Package, normalise

Name = tuple[str, str]  # ecosystem and normalised name
MANY = 10


@dataclass(frozen=True, slots=True)
class Match:
    """One vulnerability of one package.

    advisories: what each database says about it, by id.
    ids: every name it goes by, the databases' own first.
    fixed: the smallest newer version free of every vulnerability known here; "" if there is none.
    fixed_for_this: the smallest newer version free of this one; "" if there is none.
    """

    package: Package
    advisories: tuple[Advisory, ...]
    ids: tuple[str, ...]
    fixed: str = ""
    fixed_for_this: str = ""

    @property
    def cves(self) -> tuple[str, ...]:
        """Return its CVE numbers."""
        return tuple(name for name in self.ids if name.startswith("CVE-"))


@dataclass(frozen=True, slots=True)
class _Known:
    """One advisory, as far as it is about one package."""

    advisory: Advisory
    holds: tuple[versions.Affected, ...]
    fixed: tuple[str, ...]

    def __call__(self, version: str) -> bool:
        return any(each(version) for each in self.holds)


def names(packages: Iterable[Package]) -> set[Name]:
    """Return the names to ask a store of advisories about; what is from no registry is left out."""
    return {_name(package) for package in packages if not package.source}


def match(packages: Iterable[Package], advisories: Mapping[Name, Sequence[Advisory]]) -> list[Match]:
    """Match packages in their order, the vulnerabilities of each by id.

    advisories: by ecosystem and normalised name. Withdrawn ones count as if they were not there, and so do
    packages from git, a path or an address.
    """
    known: dict[Name, list[_Known]] = {}
    done: dict[tuple[Name, str], list[tuple[tuple[Advisory, ...], tuple[str, ...], str, str]]] = {}
    found: list[Match] = []
    for package in packages:
        name = _name(package)
        if package.source or not package.version or name not in advisories:
            continue
        if name not in known:
            known[name] = [_about(name, each) for each in advisories[name] if each.withdrawn is None]
        key = (name, package.version)
        if key not in done:
            done[key] = _vulnerabilities(name, package.version, known[name])
        found += [Match(package, *facts) for facts in done[key]]
    return found


def symbols(found: Match) -> tuple[Symbols, ...]:
    """Return what inside the package is vulnerable, as far as its advisories tell: what reachability asks for."""
    name = _name(found.package)
    about = (one for each in found.advisories for one in each.affected)
    own = (one for one in about if (one.ecosystem, normalise(one.ecosystem, one.name)) == name)
    return tuple(dict.fromkeys(symbol for one in own for symbol in one.symbols))


def left_out(packages: Iterable[Package], ecosystems: Collection[str]) -> tuple[Skip, ...]:
    """Say which packages could not be matched: no version, one that is none, or no advisories of the ecosystem.

    ecosystems: those whose advisories are there.
    """
    unread: dict[str, list[str]] = {}
    strangers: dict[str, dict[str, int]] = {}
    for package in packages:
        if package.source:
            continue  # said already by whoever read the file
        if package.ecosystem not in ecosystems:
            counts = strangers.setdefault(package.path, {})
            counts[package.ecosystem] = counts.get(package.ecosystem, 0) + 1
        elif not versions.is_readable(package.ecosystem, package.version):
            unread.setdefault(package.path, []).append(package.name)
    skips = [
        Skip(path, "unpinned", f"{_listed(each)}: no version that can be compared.")
        for path, each in unread.items()
    ]
    for path, counts in strangers.items():
        for ecosystem, count in sorted(counts.items()):
            skips.append(
                Skip(
                    path,
                    "no_advisories",
                    f"No advisories of {ecosystem} are here: {count} packages unmatched.",
                )
            )
    return tuple(skips)


def _name(package: Package) -> Name:
    return package.ecosystem, normalise(package.ecosystem, package.name)


def _about(name: Name, advisory: Advisory) -> _Known:
    ecosystem = name[0]
    own = [
        e for e in advisory.affected if e.ecosystem == ecosystem and normalise(ecosystem, e.name) == name[1]
    ]
    return _Known(
        advisory,
        tuple(versions.Affected(ecosystem, each.ranges, each.versions) for each in own),
        tuple(dict.fromkeys(at for each in own for at in each.fixed)),
    )


def _vulnerabilities(
    name: Name, version: str, known: list[_Known]
) -> list[tuple[tuple[Advisory, ...], tuple[str, ...], str, str]]:
    hits = sorted((each for each in known if each(version)), key=lambda each: each.advisory.id)
    free_of_all = _smallest(name[0], version, known, known) if hits else ""
    shared = _ambiguous([each.advisory for each in hits])
    found = []
    for group in _joined(hits, shared):
        ids = dict.fromkeys(each.advisory.id for each in group)
        ids.update(dict.fromkeys(a for each in group for a in each.advisory.aliases if a not in shared))
        advisories = tuple(each.advisory for each in group)
        found.append((advisories, tuple(ids), free_of_all, _smallest(name[0], version, group, group)))
    return found


def _smallest(ecosystem: str, version: str, named_by: Sequence[_Known], free_of: Sequence[_Known]) -> str:
    """Return the smallest newer version that some advisory calls fixed and that none affects.

    A pre-release only where one is in use already, or nothing else is named.
    """
    mine = versions.key(ecosystem, version)
    newer = {at for each in named_by for at in each.fixed if versions.key(ecosystem, at) > mine}
    ordered = sorted(newer, key=lambda at: (versions.key(ecosystem, at), at))
    if not versions.is_prerelease(ecosystem, version):
        ordered.sort(key=lambda at: versions.is_prerelease(ecosystem, at))  # stable: keeps the order within
    return next((at for at in ordered if not any(each(at) for each in free_of)), "")


def _ambiguous(advisories: Sequence[Advisory]) -> set[str]:
    """Return aliases that name more than one vulnerability.

    Two records of one database with different CVE numbers are two vulnerabilities; what both call an alias (an
    advisory of a project that tells of both) joins nothing, for a wrong merge hides one of them.
    """
    holders: dict[str, list[Advisory]] = {}
    for advisory in advisories:
        for alias in (advisory.id, *advisory.aliases):
            holders.setdefault(alias, []).append(advisory)
    return {
        alias
        for alias, those in holders.items()
        if not alias.startswith("CVE-") and any(_differ(one, other) for one in those for other in those)
    }


def _differ(one: Advisory, other: Advisory) -> bool:
    same_database = one.id.partition("-")[0] == other.id.partition("-")[0] and one.id != other.id
    mine, theirs = set(one.cves), set(other.cves)
    return same_database and bool(mine) and bool(theirs) and not mine & theirs


def _joined(hits: Sequence[_Known], shared: set[str]) -> list[list[_Known]]:
    """Group advisories whose names meet, by union and find."""
    leader = list(range(len(hits)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    first: dict[str, int] = {}
    for index, each in enumerate(hits):
        for alias in {each.advisory.id, *each.advisory.aliases} - shared:
            one, other = find(first.setdefault(alias, index)), find(index)
            leader[max(one, other)] = min(one, other)
    groups: dict[int, list[_Known]] = {}
    for index, each in enumerate(hits):
        groups.setdefault(find(index), []).append(each)
    return list(groups.values())


def _listed(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:MANY]) + (f" and {len(distinct) - MANY} more" if len(distinct) > MANY else "")
