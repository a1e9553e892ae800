"""Names that hostile people chose: which can be taken as a path, and how any is shown. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST_BYTES, MOST_PART_BYTES, MOST_SHOWN = 4096, 255, 300
_DRIVE = re.compile(r"[A-Za-z]:")
_PLAIN = re.compile(r"[A-Za-z0-9_./ +@=,()\[\]~#-]*")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as a path, or why it is none. One of the two is empty."""

    path: str
    unsafe: str = ""


def read(name: str) -> Name:
    """Return the relative path that a name of an archive or a repository stands for.

    Both kinds of slashes part folders. What would lead out of the root is unsafe; characters that would be
    shown as something else are written out, so that two names that look alike are not taken for each other.
    """
    if "\0" in name:
        return Name("", "Its name holds a NUL.")
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if slashed.startswith("/"):
        return Name("", "Its name is an absolute path.")
    if _DRIVE.match(slashed):
        return Name("", "Its name begins with a drive.")
    if ".." in parts:
        return Name("", "Its name leads out of its folder.")
    if not parts:
        return Name("", "Its name is empty.")
    path = "/".join(parts)
    size = len(path.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES or any(
        len(part.encode("utf-8", "surrogatepass")) > MOST_PART_BYTES for part in parts
    ):
        return Name("", "Its name is too long.")
    return Name(path if _PLAIN.fullmatch(path) else "".join(map(_visible, path)))


def show(name: str) -> str:
    """Return any name as text that is safe to show, shortened."""
    shown = "".join(map(_visible, name[:MOST_SHOWN]))
    return shown[:MOST_SHOWN] + ("…" if len(name) > MOST_SHOWN or len(shown) > MOST_SHOWN else "")


def decode(raw: bytes) -> str:
    """Return the text of a name given as bytes; what is no UTF-8 is written out."""
    return raw.decode("utf-8", "backslashreplace")


def stored(number: int, path: str) -> str:
    """Return our own name for a file: its number, and its extension if that is harmless."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    ending = name[dot:] if dot >= 0 else ""
    return f"{number:06d}{ending.lower() if _EXTENSION.fullmatch(ending) else ''}"


def _visible(character: str) -> str:
    """Write out control, format, private and unassigned characters, half characters and unusual spaces."""
    category = unicodedata.category(character)
    if category[0] == "C" or (category[0] == "Z" and character != " "):
        code = ord(character)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    return character
