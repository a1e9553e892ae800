"""CycloneDX 1.2 to 1.6, JSON and XML, brought to one list of components. https://cyclonedx.org/specification/overview/"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from raksha.lockfiles import loading
from raksha.lockfiles.bom import Part, reading
from raksha.lockfiles.lines import Cursor
from raksha.lockfiles.reading import MOST_PACKAGES, File, Reading, Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass
class Bill:
    """What either form says."""

    parts: list[Part] = field(default_factory=list)
    edges: dict[str, list[str]] = field(default_factory=dict)
    root: str = ""


def read_json(file: File) -> Reading:
    """Read a JSON document."""
    document = loading.json(file, form="bom")
    if document.get("bomFormat") != "CycloneDX":
        raise Unreadable("Not CycloneDX: it does not say so.")
    bill, cursor = Bill(), Cursor(file.text)
    bill.root = loading.text(_in(document, "metadata", "component").get("bom-ref"))
    for component in _walk(document.get("components")):
        purl = loading.text(component.get("purl"))
        hashes = (f"{h.get('alg')}:{h.get('content')}" for h in loading.mappings(component.get("hashes")))
        bill.parts.append(
            Part(
                ref=loading.text(component.get("bom-ref")) or purl,
                purl=purl,
                name=loading.text(component.get("name")),
                version=loading.text(component.get("version")),
                licence=_licence(component),
                line=cursor.line_of(f'"{purl}"') if purl else 0,
                is_left_out=component.get("scope") == "excluded",
                hashes=tuple(hashes),
            )
        )
    for dependency in loading.mappings(document.get("dependencies")):
        bill.edges[loading.text(dependency.get("ref"))] = loading.texts(dependency.get("dependsOn"))
    return reading(file, bill.parts, bill.edges, _roots(bill))


def read_xml(file: File) -> Reading:
    """Read an XML document."""
    top, cursor = loading.xml(file), Cursor(file.text)
    if loading.tag(top) != "bom":
        raise Unreadable("Not CycloneDX: another element stands at the top.")
    bill = Bill()
    main = loading.child(top, "metadata", "component")
    bill.root = main.get("bom-ref", "") if main is not None else ""
    holder = loading.child(top, "components")
    found = (e for e in holder.iter() if loading.tag(e) == "component") if holder is not None else iter(())
    for component in islice(found, MOST_PACKAGES + 1):
        bill.parts.append(_xml_part(component, cursor))
    for dependency in loading.children(loading.child(top, "dependencies"), "dependency"):
        inner = loading.children(dependency, "dependency")
        bill.edges[dependency.get("ref", "")] = [each.get("ref", "") for each in inner]
    return reading(file, bill.parts, bill.edges, _roots(bill))


def _xml_part(component: Element, cursor: Cursor) -> Part:
    purl = loading.content(component, "purl")
    licences = loading.child(component, "licenses")
    names = [
        loading.content(e, "id") or loading.content(e, "name") for e in loading.children(licences, "license")
    ]
    hashes = loading.children(loading.child(component, "hashes"), "hash")
    return Part(
        ref=component.get("bom-ref", "") or purl,
        purl=purl,
        name=loading.content(component, "name"),
        version=loading.content(component, "version"),
        licence=loading.content(licences, "expression") or " AND ".join(name for name in names if name),
        line=cursor.line_of(f">{purl}<") if purl else 0,
        is_left_out=loading.content(component, "scope") == "excluded",
        hashes=tuple(f"{h.get('alg')}:{(h.text or '').strip()}" for h in hashes),
    )


def _walk(components: object) -> Iterator[loading.Mapping]:
    """Go through components inside components, without recursion, in the order of the file."""
    waiting = list(reversed(loading.mappings(components)))
    seen = 0
    while waiting and seen <= MOST_PACKAGES:
        seen += 1
        component = waiting.pop()
        yield component
        waiting += reversed(loading.mappings(component.get("components")))


def _licence(component: loading.Mapping) -> str:
    found = []
    for choice in loading.mappings(component.get("licenses")):
        licence = loading.mapping(choice.get("license"))
        found.append(
            loading.text(choice.get("expression"))
            or loading.text(licence.get("id"))
            or loading.text(licence.get("name"))
        )
    return " AND ".join(name for name in found if name)


def _roots(bill: Bill) -> list[str] | None:
    return bill.edges.get(bill.root) if bill.root else None


def _in(document: loading.Mapping, *names: str) -> loading.Mapping:
    for name in names:
        document = loading.mapping(document.get(name))
    return document
