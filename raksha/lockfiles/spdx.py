"""SPDX 2.2 and 2.3, JSON and tag-value. https://spdx.github.io/spdx-spec/v2.3/"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from raksha.lockfiles import loading
from raksha.lockfiles.bom import Part, reading
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable

DOCUMENT = "SPDXRef-DOCUMENT"
NOTHING = {"NOASSERTION", "NONE"}
FORWARD = {"DEPENDS_ON", "CONTAINS", "HAS_PREREQUISITE"}
BACKWARD = {
    "DEPENDENCY_OF",
    "CONTAINED_BY",
    "BUILD_DEPENDENCY_OF",
    "RUNTIME_DEPENDENCY_OF",
    "OPTIONAL_DEPENDENCY_OF",
    "PROVIDED_DEPENDENCY_OF",
    "DEV_DEPENDENCY_OF",
    "TEST_DEPENDENCY_OF",
}
FOR_DEVELOPMENT = {"DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"}


@dataclass
class Bill:
    """What either form says."""

    parts: list[dict[str, str]] = field(default_factory=list)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    described: list[str] = field(default_factory=list)


def read_json(file: File) -> Reading:
    """Read a JSON document of SPDX 2."""
    document = loading.json(file, form="bom")
    if not loading.text(document.get("spdxVersion")).startswith("SPDX-2"):
        raise Unreadable("SPDX in a version that is not read here; 2.2 and 2.3 are.", "unsupported")
    bill = Bill(described=loading.texts(document.get("documentDescribes")))
    cursor = Cursor(file.text)
    for package in loading.mappings(document.get("packages")):
        references = loading.mappings(package.get("externalRefs"))
        purls = (
            loading.text(r.get("referenceLocator")) for r in references if r.get("referenceType") == "purl"
        )
        part = {
            "ref": loading.text(package.get("SPDXID")),
            "purl": next(purls, ""),
            "name": loading.text(package.get("name")),
            "version": loading.text(package.get("versionInfo")),
            "declared": loading.text(package.get("licenseDeclared")),
            "concluded": loading.text(package.get("licenseConcluded")),
        }
        part["line"] = str(cursor.line_of(f'"{part["purl"]}"') if part["purl"] else 0)
        bill.parts.append(part)
    for relation in loading.mappings(document.get("relationships")):
        keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
        one, kind, other = (loading.text(relation.get(key)) for key in keys)
        bill.relations.append((one, kind, other))
    return _reading(file, bill)


def read_tags(file: File) -> Reading:
    """Read a tag-value document."""
    loading.check_size(file, "bom")
    if "SPDXVersion: SPDX-2" not in file.text[:5000]:
        raise Unreadable("SPDX in a version that is not read here; 2.2 and 2.3 are.", "unsupported")
    bill = Bill()
    part: dict[str, str] = {}
    for number, tag, value in _tags(file.text):
        if len(bill.parts) > MOST_PACKAGES:
            break
        if tag == "PackageName":
            part = {"ref": "", "purl": "", "name": value, "version": "", "line": str(number)}
            bill.parts.append(part)
        elif tag in {"FileName", "SnippetSPDXID"}:
            part = {}
        elif tag == "Relationship" and len(words := value.split()) >= 3:
            bill.relations.append((words[0], words[1], words[2]))
        else:
            _note(part, tag, value)
    return _reading(file, bill)


def _note(part: dict[str, str], tag: str, value: str) -> None:
    key = {
        "SPDXID": "ref",
        "PackageVersion": "version",
        "PackageLicenseDeclared": "declared",
        "PackageLicenseConcluded": "concluded",
    }.get(tag)
    words = value.split()
    if key and part:
        part[key] = value
    elif tag == "ExternalRef" and part and len(words) >= 3 and words[1] == "purl":
        part["purl"] = words[2]


def _tags(text: str) -> Iterator[tuple[int, str, str]]:
    """Walk the tags; a <text> that runs over lines is skipped, since no tag of ours has one."""
    is_inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        if is_inside:
            is_inside = "</text>" not in line
            continue
        tag, colon, value = line.partition(":")
        is_inside = "<text>" in value and "</text>" not in value
        if colon and not is_inside and not line.startswith("#"):
            yield number, tag.strip(), value.strip()


def _reading(file: File, bill: Bill) -> Reading:
    edges: dict[str, list[str]] = {}
    dev: set[str] = set()
    described = set(bill.described)
    for one, kind, other in bill.relations:
        if kind in FORWARD:
            edges.setdefault(one, []).append(other)
        elif kind in BACKWARD:
            edges.setdefault(other, []).append(one)
        if kind in FOR_DEVELOPMENT:
            dev.add(one)
        if kind == "DESCRIBES" and one == DOCUMENT:
            described.add(other)
        elif kind == "DESCRIBED_BY" and other == DOCUMENT:
            described.add(one)
    roots = [target for name in sorted(described) for target in edges.get(name, ())]
    depends = bool(roots) and len(described) < max(2, len(bill.parts))
    parts = [
        Part(
            ref=part["ref"],
            purl=part["purl"],
            name=part["name"],
            version=part["version"],
            licence=_licence(part),
            line=int(part["line"]),
            dev=part["ref"] in dev,
            is_left_out=depends
            and part["ref"] in described,  # what the document is about is the project itself
        )
        for part in bill.parts
    ]
    return reading(file, parts, edges, roots if depends else None)


def _licence(part: dict[str, str]) -> str:
    found = (part.get("concluded", ""), part.get("declared", ""))
    return next((text for text in found if text and text not in NOTHING), "")
