"""Load JSON, TOML and XML of strangers within bounds, and take from them only what has the right type."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from raksha.lockfiles.reading import MOST_PACKAGES, File, Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MEGABYTE = 1 << 20
LARGEST = {
    "json": 24 * MEGABYTE,
    "bom": 64 * MEGABYTE,
    "text": 8 * MEGABYTE,
    "yaml": 8 * MEGABYTE,
    "toml": 5 * MEGABYTE,
    "xml": 16 * MEGABYTE,
}
"""What each reader gets through in about two seconds; the largest lockfiles known have a few MB."""
MOST_ENTRIES = MOST_PACKAGES + 1
"""One more than is taken, so that what was cut off is noticed."""
DEEPEST_XML = 200
MOST_ELEMENTS = 1_000_000
MOST_TABLES = 100_000
MOST_DOTTED = 10_000
LONGEST_DOTTED = 12

# What is never closed runs to the end: trying again from each later start would be quadratic.
COMMENTS = re.compile(r'("(?:\\.|[^"\\])*(?:"|\Z))|//[^\n]*|/\*(?:.*?\*/|.*\Z)|,(?=\s*[}\]])', re.S)
TABLE = re.compile(r"(?m)^[ \t]*\[")
DOTTED = re.compile(r"(?m)^[ \t]*\[{0,2}[ \t]*((?:[\w\"'-]+[ \t]*\.[ \t]*){3,})")
"""A key of four parts or more: each part of each such key becomes a table of its own."""

Mapping = dict[str, Any]


def check_size(file: File, form: str) -> None:
    """Refuse a file that would take long to read."""
    if len(file.data) > LARGEST[form]:
        raise Unreadable(f"Larger than {LARGEST[form] // MEGABYTE} MB, so it was not read.", "too_large")


def json(file: File, *, form: str = "json", with_comments: bool = False) -> Mapping:
    """Load an object; with_comments also takes comments and commas before a closing bracket."""
    check_size(file, form)
    data: bytes | str = file.data.removeprefix(b"\xef\xbb\xbf")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = file.text
    if with_comments:
        data = COMMENTS.sub(lambda found: found[1] or "", file.text)
    try:
        return _object(orjson.loads(data))
    except orjson.JSONDecodeError as exc:
        raise Unreadable(f"Not JSON: {exc.msg} at line {exc.lineno}.") from exc


def toml(file: File) -> Mapping:
    """Load a TOML document."""
    check_size(file, "toml")
    _check_tables(file.text)
    try:
        return tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, ValueError) as exc:
        raise Unreadable(f"Not TOML: {str(exc)[:120]}.") from exc
    except RecursionError as exc:
        raise Unreadable("Not read: nested too deep.") from exc


def _check_tables(text: str) -> None:
    """Refuse what would fill memory: many tables, and many or very long dotted keys."""
    parts = [found[1].count(".") for found in DOTTED.finditer(text)]
    if max(parts, default=0) > LONGEST_DOTTED or len(parts) > MOST_DOTTED:
        raise Unreadable("Not read: too many keys of many parts.")
    if text.count("[") > MOST_TABLES and sum(1 for _ in TABLE.finditer(text)) > MOST_TABLES:
        raise Unreadable(f"Not read: more than {MOST_TABLES:,} tables.")


def xml(file: File) -> Element:
    """Load an XML document; document types, entities and deep nesting are refused."""
    check_size(file, "xml")
    if file.data.count(b"<") > MOST_ELEMENTS:
        raise Unreadable(f"Not read: more than {MOST_ELEMENTS // 2:,} elements.")
    try:
        root: Element = fromstring(file.data, forbid_dtd=True)
    except DefusedXmlException as exc:
        raise Unreadable("Not read: it declares a document type or entities.") from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise Unreadable(f"Not XML: {str(exc)[:120]}.") from exc
    if _depth(root) > DEEPEST_XML:
        raise Unreadable("Not read: nested too deep.")
    return root


def tag(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str = "") -> Iterator[Element]:
    """Walk the children of a name, of all names by default, whatever their namespace."""
    for child in element if element is not None else ():
        if not name or tag(child) == name:
            yield child


def child(element: Element | None, *names: str) -> Element | None:
    """Return the first descendant down a path of names."""
    for name in names:
        element = next(children(element, name), None)
    return element


def content(element: Element | None, *names: str) -> str:
    """Return the text of the first descendant down a path of names; "" if there is none."""
    found = child(element, *names)
    return (found.text or "").strip() if found is not None else ""


def mapping(value: object) -> Mapping:
    """Return the value if it is an object, else an empty one; of a huge one its first entries."""
    if not isinstance(value, dict):
        return {}
    return value if len(value) <= MOST_ENTRIES else dict(islice(value.items(), MOST_ENTRIES))


def mappings(value: object) -> list[Mapping]:
    """Return the objects of a list; of a huge one the first."""
    return (
        [item for item in value[:MOST_ENTRIES] if isinstance(item, dict)] if isinstance(value, list) else []
    )


def text(value: object) -> str:
    """Return the value if it is text; a number as text; else ""."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def texts(value: object) -> list[str]:
    """Return the texts of a list."""
    return [item for item in value[:MOST_ENTRIES] if isinstance(item, str)] if isinstance(value, list) else []


def _object(value: object) -> Mapping:
    if not isinstance(value, dict):
        raise Unreadable("Not understood: an object was expected at the top.")
    return value


def _depth(root: Element) -> int:
    """Measure without recursion, level by level."""
    depth, level = 0, [root]
    while level and depth <= DEEPEST_XML:
        depth += 1
        level = [inner for element in level for inner in element]
    return depth
