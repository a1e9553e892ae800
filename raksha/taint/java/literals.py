"""The exact values of Java's literals."""

from __future__ import annotations

import re

ESCAPE = re.compile(r"\\(u+[0-9a-fA-F]{4}|[0-3]?[0-7]{1,2}|\r\n|[\s\S])")
SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "s": " ", "\n": "", "\r": "", "\r\n": ""}
SURROGATES = re.compile("[\ud800-\udfff]+")
LINE_END = re.compile(r"\r\n|\r|\n")


def unescape(text: str) -> str:
    """Replace Java's escapes; a half of a surrogate pair alone becomes U+FFFD, so that the text can be encoded."""
    if "\\" not in text:
        return text
    return SURROGATES.sub(_pairs, ESCAPE.sub(_escape, text))


def string(text: str) -> str:
    """Return the value of a string literal or text block, its quotes included in `text`."""
    if text.startswith('"""'):
        return unescape(_block(text[3:-3]))
    return unescape(text[1:-1])


class Char(str):
    """A char: to Java a number in arithmetic, a letter in texts."""

    __slots__ = ()


def character(text: str) -> Char:
    return Char(unescape(text[1:-1]))


def integer(text: str) -> tuple[int, str]:
    """Return value and kind ("long" or ""); hexadecimal, octal and binary ones wrap like the machine's."""
    digits = text.replace("_", "").lower()
    is_long = digits.endswith("l")
    digits = digits.rstrip("l")
    base = _base(digits)
    value = int(digits[2:] if base in (2, 16) else digits, base)
    bits = 64 if is_long else 32
    if base != 10 and value >= 1 << (bits - 1):
        value -= 1 << bits
    return value, "long" if is_long else ""


def decimal(text: str) -> tuple[float, str]:
    """Return value and kind ("float" or "") of a floating-point literal, also a hexadecimal one."""
    digits = text.replace("_", "").lower()
    if digits.startswith("0x"):
        kind = "float" if digits.endswith("f") else ""
        return float.fromhex(digits.rstrip("fd") if "p" in digits else digits), kind
    return float(digits.rstrip("fd")), "float" if digits.endswith("f") else ""


def _base(digits: str) -> int:
    if digits.startswith("0x"):
        return 16
    if digits.startswith("0b"):
        return 2
    return 8 if len(digits) > 1 and digits.startswith("0") else 10


def _escape(match: re.Match[str]) -> str:
    word = match[1]
    if word[0] == "u" and len(word) > 1:
        return chr(int(word[-4:], 16))
    if word[0] in "01234567":
        return chr(int(word, 8))
    return SIMPLE.get(word, word)


def _pairs(match: re.Match[str]) -> str:
    return match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _block(text: str) -> str:
    """Strip a text block's incidental white space (JLS 3.10.6): common indentation and spaces at line ends."""
    lines = LINE_END.split(text)[1:]
    if not lines:
        return ""
    counted = [line for line in lines[:-1] if line.strip()] + [lines[-1]]
    indent = min(len(line) - len(line.lstrip()) for line in counted)
    stripped = [line[indent:].rstrip(" \t\f") if line.strip() else "" for line in lines]
    return "\n".join(stripped)
