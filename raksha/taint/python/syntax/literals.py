"""Numbers and strings, with exactly the value that Python gives them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax.reader import Reader, parts

Lower = Callable[[Reader, Node | None], ir.Expr]

ESCAPE = re.compile(
    r"\\(?:(\n)|([\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]+)\})"
)
BYTES_ESCAPE = re.compile(rb"\\(?:(\n)|([\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2}))")
SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
CONVERSIONS = {"!r": "repr", "!s": "str", "!a": "ascii"}


def integer(reader: Reader, node: Node) -> ir.Expr:
    text = reader.text(node).replace("_", "").rstrip("lL")
    span = reader.span(node)
    if text[-1:] in "jJ":
        return ir.Unknown(span=span, what="complex")
    try:
        return ir.Const(span=span, value=int(text, 0))
    except ValueError:
        return _old_octal(span, text)


def _old_octal(span: ir.Span, text: str) -> ir.Expr:
    """Read 0777 of Python 2; a number too long for Python itself stays unknown."""
    try:
        return ir.Const(span=span, value=int(text, 8))
    except ValueError:
        return ir.Unknown(span=span, what="integer")


def floating(reader: Reader, node: Node) -> ir.Expr:
    text = reader.text(node).replace("_", "")
    span = reader.span(node)
    try:
        return ir.Const(span=span, value=float(text))
    except ValueError:
        return ir.Unknown(span=span, what="complex" if text[-1:] in "jJ" else "float")


def string(reader: Reader, node: Node, lower: Lower) -> ir.Expr:
    """Return a Const, or a Template when values stand in it."""
    pieces = _pieces(reader, node, lower)
    if len(pieces) == 1 and isinstance(pieces[0], ir.Const | ir.Unknown):
        return pieces[0]
    return ir.Template(span=reader.span(node), parts=tuple(pieces))


def concatenated(reader: Reader, node: Node, lower: Lower) -> ir.Expr:
    """Join "a" "b" f"{c}" as the compiler does."""
    span = reader.span(node)
    pieces: list[ir.Expr] = []
    for part in parts(node):
        for piece in _pieces(reader, part, lower):
            _append(pieces, piece)
    if len(pieces) == 1 and isinstance(pieces[0], ir.Const):
        return ir.Const(span=span, value=pieces[0].value)
    return ir.Template(span=span, parts=tuple(pieces))


def _append(pieces: list[ir.Expr], piece: ir.Expr) -> None:
    latest = pieces[-1] if pieces else None
    if isinstance(latest, ir.Const) and isinstance(piece, ir.Const):
        value = _plus(latest.value, piece.value)
        if value is not None:
            pieces[-1] = ir.Const(span=latest.span, value=value)
            return
    pieces.append(piece)


def _plus(left: object, right: object) -> str | bytes | None:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left + right
    return None


def _pieces(reader: Reader, node: Node, lower: Lower) -> list[ir.Expr]:
    children = node.children
    opening = reader.text(children[0]) if children else ""
    prefix = opening.rstrip("'\"`").lower()
    if opening.endswith("`"):
        return [ir.Unknown(span=reader.span(node), what="backticks")]
    if "f" in prefix or "t" in prefix:
        return _template_pieces(reader, node, lower, is_raw="r" in prefix)
    start = children[0].end_byte if children else node.start_byte
    closed = children and children[-1].type == "string_end"
    # The grammar counts a lone escaped line end to the closing quotes, so these are measured by the opening ones.
    end = node.end_byte - (len(opening) - len(prefix)) if closed else node.end_byte
    raw = reader.source[start:end]
    value = (
        _bytes(raw, prefix) if "b" in prefix else _text(raw.decode("utf-8", "replace"), is_raw="r" in prefix)
    )
    return [ir.Const(span=reader.span(node), value=value)]


def _bytes(raw: bytes, prefix: str) -> bytes:
    return raw if "r" in prefix or b"\\" not in raw else BYTES_ESCAPE.sub(_unescaped_byte, raw)


def _text(text: str, *, is_raw: bool) -> str:
    return text if is_raw or "\\" not in text else ESCAPE.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    newline, simple, octal, *codes, name = found.groups()
    if newline:
        return ""
    if simple:
        return SIMPLE[simple]
    if octal:
        return chr(int(octal, 8))
    if name:
        return _named(found.group(), name)
    code = int(next(code for code in codes if code), 16)
    return chr(code) if code < 0x110000 else found.group()


def _named(text: str, name: str) -> str:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return text


def _unescaped_byte(found: re.Match[bytes]) -> bytes:
    newline, simple, octal, code = found.groups()
    if newline:
        return b""
    if simple:
        return SIMPLE[simple.decode()].encode()
    return bytes([int(octal, 8) & 255 if octal else int(code, 16)])


def _template_pieces(reader: Reader, node: Node, lower: Lower, *, is_raw: bool) -> list[ir.Expr]:
    pieces: list[ir.Expr] = []
    for child in node.named_children:
        if child.type == "string_content":
            text = _text(_braces(reader.text(child)), is_raw=is_raw)
            _append(pieces, ir.Const(span=reader.span(child), value=text))
        elif child.type == "interpolation":
            for piece in _interpolated(reader, child, lower):
                _append(pieces, piece)
    return pieces or [ir.Const(span=reader.span(node), value="")]


def _braces(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")


def _interpolated(reader: Reader, node: Node, lower: Lower) -> list[ir.Expr]:
    """Lower {value!r:spec} to format(repr(value), spec), and {value} to the value itself."""
    span = reader.span(node)
    inner = node.child_by_field_name("expression")
    value = lower(reader, inner)
    conversion = node.child_by_field_name("type_conversion")
    spec = node.child_by_field_name("format_specifier")
    before: list[ir.Expr] = []
    shows = any(child.type == "=" for child in node.children)
    if shows and inner is not None:
        before = [ir.Const(span=span, value=reader.text(inner) + "=")]
    function = CONVERSIONS.get(reader.text(conversion)) if conversion is not None else None
    if function or (shows and spec is None):
        value = _called(span, function or "repr", value)
    if spec is not None:
        value = _called(span, "format", value, _specifier(reader, spec, lower))
    return [*before, value]


def _called(span: ir.Span, function: str, *values: ir.Expr) -> ir.Call:
    args = tuple(ir.Arg(span=span, value=value) for value in values)
    return ir.Call(span=span, callee=ir.Name(span=span, id=function), args=args)


def _specifier(reader: Reader, node: Node, lower: Lower) -> ir.Expr:
    pieces: list[ir.Expr] = []
    at = node.start_byte + 1  # after the colon
    for child in parts(node):
        _text_between(reader, node, at, child.start_byte, pieces)
        pieces += _interpolated(reader, child, lower)
        at = child.end_byte
    _text_between(reader, node, at, node.end_byte, pieces)
    if len(pieces) == 1:
        return pieces[0]
    return ir.Template(span=reader.span(node), parts=tuple(pieces))


def _text_between(reader: Reader, node: Node, start: int, end: int, pieces: list[ir.Expr]) -> None:
    if start < end:
        text = reader.source[start:end].decode("utf-8", "replace")
        pieces.append(ir.Const(span=reader.span(node), value=text))
