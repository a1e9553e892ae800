"""Edits that make a finding vanish, where the cure is one simple replacement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from raksha.detections import Detection, Edit, Place
from raksha.taint import ir

Made = tuple[Edit, ...]
ENDS = re.compile(r"\.(innerHTML|outerHTML)$")


def suggest(source: bytes, module: ir.Module, found: Detection) -> Made:
    """Return the edits for a finding; none when no simple cure is known."""
    fix = FIXES.get(found.rule.partition(".")[2])
    place = found.place
    span = ir.Span(place.line, place.column, place.end_line, place.end_column)
    node = next((one for one in walk(module.body) if one.span == span and isinstance(one, NODES)), None)
    return fix(node, found) if fix is not None and node is not None else ()


NODES = (ir.Call, ir.Attr, ir.Const)


def walk(node: object) -> Iterator[ir.Node]:
    """All nodes at and below this one, in the order of the file, without recursion."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, tuple):
            waiting.extend(reversed(here))
        elif isinstance(here, ir.Node):
            yield here
            waiting.extend(getattr(here, name) for name in reversed(here.__slots__) if name != "span")


def _edit(found: Detection, span: ir.Span, text: str) -> Edit:
    return Edit(Place(found.place.path, span.line, span.column, span.end_line, span.end_column), text)


def _first_text(text: str) -> Callable[[ir.Node, Detection], Made]:
    """Put another text for the first argument, which must be one as written."""

    def fix(node: ir.Node, found: Detection) -> Made:
        given = node.args[0].value if isinstance(node, ir.Call) and node.args else None
        if not isinstance(given, ir.Const) or not isinstance(given.value, str):
            return ()
        return (_edit(found, given.span, f'"{text}"'),)

    return fix


def _as_text(node: ir.Node, found: Detection) -> Made:
    """Set the text of an element instead of its HTML."""
    if not isinstance(node, ir.Attr) or not ENDS.search(found.matched):
        return ()
    end = node.span
    start = end.end_column - len(node.name)
    return (_edit(found, ir.Span(end.end_line, start, end.end_line, end.end_column), "textContent"),)


def _checked(node: ir.Node, found: Detection) -> Made:
    return (_edit(found, node.span, "true"),) if isinstance(node, ir.Const) else ()


def _cookie(node: ir.Node, found: Detection) -> Made:
    """Put the missing flag into the options, or give options."""
    flag = "secure" if found.rule.endswith("insecure-cookie") else "httpOnly"
    if not isinstance(node, ir.Call) or len(node.args) < 2:
        return ()
    if len(node.args) == 2:
        end = node.args[1].span
        return (
            _edit(
                found,
                ir.Span(end.end_line, end.end_column, end.end_line, end.end_column),
                f", {{ {flag}: true }}",
            ),
        )
    options = node.args[2].value
    if not isinstance(options, ir.Mapping):
        return ()
    for key, value in options.entries:
        if isinstance(key, ir.Const) and key.value == flag:
            return (_edit(found, value.span, "true"),)
    at = ir.Span(options.span.line, options.span.column, options.span.line, options.span.column + 1)
    return (_edit(found, at, f"{{ {flag}: true," if options.entries else f"{{ {flag}: true"),)


FIXES: dict[str, Callable[[ir.Node, Detection], Made]] = {
    "weak-hash": _first_text("sha256"),
    "xss": _as_text,
    "certificate-check-off": _checked,
    "insecure-cookie": _cookie,
    "cookie-without-httponly": _cookie,
}
