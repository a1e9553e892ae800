"""Literals of JavaScript, exactly: numbers, strings with their escapes, templates and regular expressions."""

from __future__ import annotations

import re

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.javascript.context import Lowering, parts

ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(\r\n|[\s\S]))"
)
SHORT = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\n": "",
    "\r\n": "",
    "\u2028": "",
    "\u2029": "",
}


def _escaped(match: re.Match[str]) -> str:
    point, four, two, octal, letter = match.groups()
    if point or four or two:
        number = int(point or four or two, 16)
        return chr(number) if number < 0x110000 else ""
    return chr(int(octal, 8)) if octal else SHORT.get(letter, letter)


def unescaped(text: str) -> str:
    """Return the text that a string literal's inside stands for."""
    if "\\" not in text:
        return text
    made = ESCAPE.sub(_escaped, text)
    return made.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def string(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(unescaped(lo.text(node)[1:-1]), span=lo.span(node))


def number(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(value_of(lo.text(node)), span=lo.span(node))


def value_of(text: str) -> int | float | None:
    """Return a number's value; integers stay integers."""
    plain = text.replace("_", "").lower().removesuffix("n")
    try:
        if plain[:2] in ("0x", "0o", "0b"):
            return int(plain, 0)
        if len(plain) > 1 and plain[0] == "0" and set(plain) <= set("01234567"):
            return int(plain, 8)
        if plain.isdigit():
            return int(plain)
        value = float(plain)
    except ValueError:
        return None
    return int(value) if value.is_integer() and abs(value) < 1 << 53 else value


def template(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Template(pieces(lo, node), span=lo.span(node))


def pieces(lo: Lowering, node: Node) -> tuple[ir.Expr, ...]:
    """Return the texts and values of a template, in order."""
    made: list[ir.Expr] = []
    at = node.start_byte + 1
    for child in [*(one for one in node.children if one.type == "template_substitution"), None]:
        end = child.start_byte if child is not None else node.end_byte - 1
        text = lo.source[at:end].decode("utf-8", "replace")
        if text:
            made.append(ir.Const(unescaped(text), span=lo.span(node)))
        if child is not None:
            made.extend(lo.expr(inner) for inner in parts(child))
            at = child.end_byte
    return tuple(made)


def regex(lo: Lowering, node: Node) -> ir.Expr:
    """Keep flags in front of the pattern, as Python writes them: `/a/i` is "(?i)a"."""
    pattern = lo.text(node.child_by_field_name("pattern"))
    flags = "".join(flag for flag in lo.text(node.child_by_field_name("flags")) if flag in "ims")
    return ir.Const(f"(?{flags}){pattern}" if flags else pattern, "regex", span=lo.span(node))


def word(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const({"true": True, "false": False}.get(node.type), span=lo.span(node))


EXPRESSIONS = {
    "string": string, "number": number, "template_string": template, "regex": regex,
    "true": word, "false": word, "null": word, "undefined": word,
}  # fmt: skip
