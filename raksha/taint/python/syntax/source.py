"""Bytes of a Python file -> text, as the language says: byte order mark, encoding declaration, ends of lines."""

from __future__ import annotations

import codecs
import re

DECLARATION = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
# Codecs that cost more than linear time or mean nothing in a source file.
REFUSED = frozenset({"punycode", "idna", "undefined", "mbcs", "oem"})


def decode(source: bytes) -> tuple[str, bool]:
    """Return the text with \\n as the only end of line, and whether every byte could be read.

    A byte order mark is no character of the text. Bytes that the encoding lacks become U+FFFD.
    """
    marked = source.startswith(codecs.BOM_UTF8)
    body = source[len(codecs.BOM_UTF8) :] if marked else source
    encoding = "utf-8" if marked else declared_encoding(body)
    try:
        return _plain_lines(body.decode(encoding)), True
    except (UnicodeError, LookupError, ValueError):
        return _plain_lines(body.decode("utf-8", "replace")), False


def declared_encoding(source: bytes) -> str:
    """Return the codec that one of the first two lines declares, or utf-8."""
    for line in source.split(b"\n", 2)[:2]:
        found = DECLARATION.match(line)
        if found:
            return _known(found.group(1).decode("ascii", "replace"))
        if not BLANK.match(line.rstrip(b"\r")):
            break
    return "utf-8"


def _known(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return "utf-8"
    return "utf-8" if codec.name in REFUSED else codec.name


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
