"""One security advisory as the OSV schema writes it, read into something that holds what it promises. Pure.

Source: https://ossf.github.io/osv-schema/. Unknown fields are left alone; a wrong type is an error, since a feed
may be broken or hostile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from raksha.versions import Range

EVENTS = ("introduced", "fixed", "last_affected", "limit")
KINDS = ("SEMVER", "ECOSYSTEM", "GIT")
UNKNOWN_YEAR = 1
"""Go's database writes 0001-01-01 where it knows no date."""
LONGEST_DETAILS = 65_536


class BadAdvisory(ValueError):
    """The record is no advisory; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Vector:
    """How bad it is, in a notation: kind "CVSS_V3", text "CVSS:3.1/AV:N/…"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Where to read more: kind ADVISORY, FIX, WEB, REPORT, …"""

    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class Symbols:
    """What is vulnerable inside a package: import path and names; no names means all of it."""

    path: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Affected:
    """One package and its versions that the advisory is about. A package may come up several times."""

    ecosystem: str
    name: str
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    symbols: tuple[Symbols, ...] = ()

    @property
    def fixed(self) -> tuple[str, ...]:
        """Return the versions that end a range, commits left out."""
        spans = (span for span in self.ranges if span.kind != "GIT")
        return tuple(dict.fromkeys(at for span in spans for word, at in span.events if word == "fixed"))


@dataclass(frozen=True, slots=True)
class Advisory:
    """What one database says about one vulnerability. Dates are aware; None where it gives none."""

    id: str
    modified: datetime | None
    published: datetime | None = None
    withdrawn: datetime | None = None
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    severity_word: str = ""
    vectors: tuple[Vector, ...] = ()
    cwe_ids: tuple[str, ...] = ()
    affected: tuple[Affected, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def cves(self) -> tuple[str, ...]:
        """Return its CVE numbers, its own first."""
        names = dict.fromkeys((self.id, *self.aliases))
        return tuple(name for name in names if name.startswith("CVE-"))

    @property
    def fixed(self) -> tuple[str, ...]:
        """Return every version that any of its packages is fixed in."""
        return tuple(dict.fromkeys(at for one in self.affected for at in one.fixed))


def parse(record: Mapping[str, object]) -> Advisory:
    """Read one OSV record.

    Raises BadAdvisory if a field that matters has the wrong type or is missing (id, modified).
    """
    own = _mapping(record.get("database_specific"), "database_specific")
    return Advisory(
        id=_needed(record, "id"),
        modified=_date(_needed(record, "modified"), "modified"),
        published=_date(_text(record.get("published"), "published"), "published"),
        withdrawn=_date(_text(record.get("withdrawn"), "withdrawn"), "withdrawn"),
        aliases=_texts(record.get("aliases"), "aliases"),
        related=_texts(record.get("related"), "related"),
        summary=_text(record.get("summary"), "summary"),
        details=_text(record.get("details"), "details")[:LONGEST_DETAILS],
        severity_word=str(own.get("severity") or "")[:20],
        vectors=_vectors(record),
        cwe_ids=_texts(own.get("cwe_ids"), "cwe_ids"),
        affected=tuple(_affected(each) for each in _mappings(record.get("affected"), "affected")),
        references=tuple(
            Reference(_text(each.get("type"), "reference type"), _text(each.get("url"), "reference url"))
            for each in _mappings(record.get("references"), "references")
        ),
    )


def _vectors(record: Mapping[str, object]) -> tuple[Vector, ...]:
    """Collect severities, which stand at the top or beside a package."""
    found = list(_mappings(record.get("severity"), "severity"))
    for each in _mappings(record.get("affected"), "affected"):
        found += _mappings(each.get("severity"), "severity")
    vectors = (Vector(_text(v.get("type"), "severity type"), _text(v.get("score"), "score")) for v in found)
    return tuple(dict.fromkeys(vector for vector in vectors if vector.text))


def _affected(record: Mapping[str, object]) -> Affected:
    package = _mapping(record.get("package"), "package")
    return Affected(
        ecosystem=_text(package.get("ecosystem"), "ecosystem").partition(":")[0],
        name=_text(package.get("name"), "package name"),
        ranges=tuple(
            span for each in _mappings(record.get("ranges"), "ranges") if (span := _range(each)) is not None
        ),
        versions=_texts(record.get("versions"), "versions"),
        symbols=_symbols(_mapping(record.get("ecosystem_specific"), "ecosystem_specific")),
    )


def _range(record: Mapping[str, object]) -> Range | None:
    kind = _text(record.get("type"), "range type")
    if kind not in KINDS:
        raise BadAdvisory(f"A range has the type {kind[:20]!r}; OSV knows {', '.join(KINDS)}.")
    events = tuple(
        (word, _text(at, word))
        for event in _mappings(record.get("events"), "events")
        for word, at in event.items()
        if word in EVENTS
    )
    return Range(kind, events) if events else None


def _symbols(specific: Mapping[str, object]) -> tuple[Symbols, ...]:
    """Read what Go (imports), RustSec (affects.functions) and GitHub (affected_functions) write about symbols."""
    imports = _mappings(specific.get("imports"), "imports")
    found = [Symbols(_text(e.get("path"), "path"), _texts(e.get("symbols"), "symbols")) for e in imports]
    functions = specific.get("affected_functions")
    affects = specific.get("affects")
    if isinstance(affects, Mapping):
        functions = functions or affects.get("functions")
    if isinstance(functions, list) and functions:
        found.append(Symbols("", _texts(functions, "functions")))
    return tuple(found)


def _needed(record: Mapping[str, object], name: str) -> str:
    text = _text(record.get(name), name)
    if not text:
        raise BadAdvisory(f"The record has no {name}.")
    return text


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadAdvisory(f"{name} should be text and is {type(value).__name__}.")
    return value.replace("\0", "")


def _texts(value: object, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(item, name) for item in _sequence(value, name) if item))


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadAdvisory(f"{name} should be an object and is {type(value).__name__}.")
    return value


def _mappings(value: object, name: str) -> list[Mapping[str, object]]:
    return [_mapping(item, name) for item in _sequence(value, name)]


def _sequence(value: object, name: str) -> Sequence[object]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise BadAdvisory(f"{name} should be a list and is {type(value).__name__}.")
    return value


def _date(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadAdvisory(f"{name} should be a time and is {text[:40]!r}.") from exc
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return aware if aware.year > UNKNOWN_YEAR else None
