"""What a handler's result becomes: a page, a redirect, or plain data that no browser runs."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.java.models.network import LOCAL, redirects
from raksha.taint.library import Context, Sink

PAGE = Sink(kinds.XSS, (0,), "returned as a page")
VIEW = Sink(kinds.REDIRECT, (0,), "address to go to", redirects, LOCAL)
BODIES = frozenset({"RestController", "ResponseBody"})
PRODUCERS = frozenset(
    {"Produces", "RequestMapping", "GetMapping", "PostMapping", "PutMapping", "DeleteMapping"}
)
TEXTS = frozenset({"String", "ResponseEntity", "Object", "CharSequence"})
PLAIN = ("json", "plain", "csv", "octet", "pdf", "image", "text_event", "event-stream")


def answers(context: Context, function: ir.Function) -> tuple[Sink, ...]:
    """Return the sinks that a handler's result goes into."""
    around = context.classes[-1].decorators if context.classes else ()
    marks = {last(mark) for mark in (*function.decorators, *around)}
    if function.type not in TEXTS:
        return ()
    if marks & BODIES or "Path" in marks:
        own = _types(function.decorators) or _types(around)
        is_plain = bool(own) and all(any(word in type_ for word in PLAIN) for type_ in own)
        return () if is_plain or function.type != "String" else (PAGE,)
    return (VIEW,)


def last(mark: ir.Expr) -> str:
    """Return the last part of an annotation's name."""
    node = mark.callee if isinstance(mark, ir.Call) else mark
    if isinstance(node, ir.Attr):
        return node.name
    return node.id if isinstance(node, ir.Name) else ""


def _types(marks: tuple[ir.Expr, ...]) -> list[str]:
    """Return the media types that annotations name, in lower case: texts, or names such as text_html."""
    found: list[str] = []
    for mark in marks:
        if isinstance(mark, ir.Call) and last(mark) in PRODUCERS:
            wanted = None if last(mark) == "Produces" else "produces"
            given = [
                arg.value for arg in mark.args if arg.name in (wanted, "value" if wanted is None else wanted)
            ]
            found.extend(word.lower() for node in given for word in _words(node))
    return found


def _words(node: ir.Expr) -> Iterator[str]:
    if isinstance(node, ir.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ir.Attr):
        yield node.name
    elif isinstance(node, ir.Name):
        yield node.id
    elif isinstance(node, ir.Sequence):
        for item in node.items:
            yield from _words(item.value)
