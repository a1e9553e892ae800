"""Turn an OSV record into rows, quickly: half a million of them go through here. Wrong types are refused.

What a page needs stands in columns, what matching needs beside each package, as `raksha.queries.intel` reads it
again; all else is left out.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from raksha import cvss
from raksha.feeds.errors import FeedError
from raksha.packages import normalise

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,119}")
CWE = re.compile(r"(?i)(?:CWE-)?(\d{1,6})")
RANGES = frozenset({"SEMVER", "ECOSYSTEM", "GIT"})
EVENTS = frozenset({"introduced", "fixed", "last_affected", "limit"})
WORDS = {"CRITICAL": "critical", "HIGH": "high", "MODERATE": "medium", "MEDIUM": "medium", "LOW": "low"}
LONGEST_NAME, LONGEST_SUMMARY, LONGEST_DETAILS = 300, 1_000, 65_536
MOST_REFERENCES, MOST_VECTORS = 50, 10
LONGEST_AFFECTED = 4 * 1024**2
NUL_MARK = "\\u0000"
"""How a NUL shows in JSON; a text about it shows so too, hence the second look."""
PLACEHOLDER = "0001-"
"""Go's database writes 0001-01-01 where it knows no date."""


class BadRecord(FeedError):
    """The record is not an advisory; the message says why."""


class PackageRow(NamedTuple):
    """One package of an advisory; affected: JSON."""

    osv_id: str
    ecosystem: str
    name: str
    affected: str


class AdvisoryRow(NamedTuple):
    """One advisory as it goes into the database; aliases and cwe in PostgreSQL's notation, facts in JSON."""

    osv_id: str
    aliases: str
    summary: str
    details: str
    published_at: str | None
    modified_at: str | None
    withdrawn_at: str | None
    score: float | None
    severity: str
    cwe: str
    facts: str
    digest: int


def rows_of(record: Any) -> tuple[AdvisoryRow, list[PackageRow]]:
    """Return the advisory and its packages; entries that name no package, such as those for commits, are left out.

    Raises BadRecord.
    """
    if not isinstance(record, dict):
        raise BadRecord("It is not a JSON object.")
    osv_id = _id(record.get("id"))
    try:
        packages = _packages(osv_id, _list(record.get("affected")))
        values = _values(osv_id, record)
        if _may_hold_nul(values, packages) and (cleaned := _without_nul(record)) != record:
            return rows_of(cleaned)
        # Version 0 has no marks for shared objects: equal rows give equal bytes.
        content = marshal.dumps((values, [tuple(package) for package in sorted(packages)]), 0)
        digest = int.from_bytes(blake2b(content, digest_size=8).digest(), signed=True)
        return AdvisoryRow._make((*values, digest)), packages
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as exc:
        raise BadRecord(f"{osv_id} has a field of a wrong type: {exc}") from exc


def _values(osv_id: str, record: dict[str, Any]) -> tuple[Any, ...]:
    """Return all columns but the digest."""
    own = record.get("database_specific") or {}
    vectors = _vectors(record)
    rating = cvss.best(vectors)
    references = [
        [_text(ref.get("type"))[:20], _text(ref.get("url"))[:2000]]
        for ref in _list(record.get("references"))[:MOST_REFERENCES]
    ]
    return (
        osv_id,
        f"{{{','.join(dict.fromkeys(_aliases(record)))}}}",
        _text(record.get("summary"))[:LONGEST_SUMMARY],
        _text(record.get("details"))[:LONGEST_DETAILS],
        _time(record.get("published")),
        _time(record["modified"]),
        _time(record.get("withdrawn")),
        rating.score if rating else None,
        rating.severity if rating else WORDS.get(_text(own.get("severity")).upper(), ""),
        f"{{{','.join(_cwe(own))}}}",
        orjson.dumps({"vectors": vectors, "references": references}).decode(),
    )


def _packages(osv_id: str, affected: list[Any]) -> list[PackageRow]:
    """Gather the entries of each package: GitHub writes one for each range."""
    found: dict[tuple[str, str], list[Any]] = {}
    for entry in affected:
        package = entry.get("package")
        if package is None:
            continue
        ecosystem = _text(package.get("ecosystem")).partition(":")[0]
        name = normalise(ecosystem, _text(package.get("name")))
        if ecosystem and name and len(name) <= LONGEST_NAME and len(ecosystem) <= 40:
            found.setdefault((ecosystem, name), []).append(_entry(entry))
    rows = []
    for (ecosystem, name), entries in found.items():
        text = orjson.dumps(entries).decode()
        if len(text) > LONGEST_AFFECTED:
            raise BadRecord(f"{osv_id} lists more versions of {name} than are taken.")
        rows.append(PackageRow(osv_id, ecosystem, name, text))
    return rows


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if ranges := [_range(each) for each in _list(entry.get("ranges")) if each.get("type") != "GIT"]:
        kept["ranges"] = ranges
    if versions := _list(entry.get("versions")):
        # Joining is the quickest look at the type of each.
        "".join(versions)
        kept["versions"] = versions
    if symbols := list(_symbols(entry.get("ecosystem_specific"))):
        kept["symbols"] = symbols
    return kept


def _range(given: Mapping[str, Any]) -> list[Any]:
    kind = given["type"]
    if kind not in RANGES:
        raise ValueError(f"range of type {kind!r}")
    events = [
        [word, _text(at)] for event in _list(given["events"]) for word, at in event.items() if word in EVENTS
    ]
    return [kind, events]


def _symbols(specific: Any) -> Iterator[list[Any]]:
    """Yield [path, names] of what is vulnerable inside, as Go, GitHub and RustSec write it."""
    if not isinstance(specific, dict):
        return
    for each in _list(specific.get("imports")):
        yield [_text(each.get("path")), [_text(name) for name in _list(each.get("symbols"))]]
    affects = specific.get("affects")
    functions = specific.get("affected_functions") or (
        affects.get("functions") if isinstance(affects, dict) else None
    )
    if isinstance(functions, list) and functions:
        yield ["", [_text(name) for name in functions]]


def _vectors(record: Mapping[str, Any]) -> list[str]:
    given = [_text(each.get("score")) for each in _list(record.get("severity"))]
    for entry in _list(record.get("affected")):
        if entry.get("severity"):
            given += [_text(each.get("score")) for each in _list(entry["severity"])]
    return [vector[: cvss.LONGEST_VECTOR] for vector in dict.fromkeys(given) if vector][:MOST_VECTORS]


def _aliases(record: Mapping[str, Any]) -> Iterator[str]:
    for alias in _list(record.get("aliases")):
        if ID.fullmatch(alias):
            yield alias


def _cwe(own: Mapping[str, Any]) -> list[str]:
    """Read what GitHub (cwe_ids) and others (cwes) write, as numbers."""
    given = own.get("cwe_ids") or own.get("cwes") or []
    found = (CWE.fullmatch(text) for text in _list(given) if isinstance(text, str))
    return list(dict.fromkeys(str(int(match[1])) for match in found if match))


def _may_hold_nul(values: tuple[Any, ...], packages: list[PackageRow]) -> bool:
    summary, details, facts = values[2], values[3], values[-1]
    if "\0" in summary or "\0" in details or NUL_MARK in facts:
        return True
    return any("\0" in row.name or "\0" in row.ecosystem or NUL_MARK in row.affected for row in packages)


def _without_nul(value: Any) -> Any:
    """Return the value without the one character that PostgreSQL's text cannot hold."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


def _id(value: Any) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise BadRecord(f"{str(value)[:60]!r} is not the id of an advisory.")
    return value


def _time(value: Any) -> str | None:
    """Check a moment; it stays text, which the database reads faster than we could write it."""
    if not value or value.startswith(PLACEHOLDER):
        return None
    # Some write nine digits of a second and some no zone, which means UTC.
    moment = datetime.fromisoformat(value)
    return str(value) if moment.tzinfo else f"{value}Z"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if type(value) is not str:
        raise TypeError(f"{str(value)[:40]!r} is not text")
    return value


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if type(value) is not list:
        raise TypeError(f"{str(value)[:40]!r} is not a list")
    return value
