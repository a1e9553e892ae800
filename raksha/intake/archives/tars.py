"""Tar archives, member by member as they stream by: old, ustar, GNU and pax.

Python's tarfile reads extended headers of any size into memory, and its extraction has followed links out of its
folder more than once (CVE-2007-4559, CVE-2025-4517); here nothing but the content of regular files is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from raksha.coverage import Why
from raksha.intake import names
from raksha.intake.archives import packing
from raksha.intake.storing import Survey, too_many
from raksha.intake.trees import Limits, Refused

BLOCK = 512
MOST_EXTENDED = 64 * 1024
REGULAR, HARD, SYMBOLIC, FOLDER = b"0\0" + b"7", b"1", b"2", b"5"
LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL, SPARSE = b"L", b"K", b"xX", b"g", b"S"
SKIPS: dict[bytes, tuple[Why, str]] = {
    b"1": ("hardlink", "Links are not followed."),
    b"2": ("symlink", "Links are not followed."),
    b"3": ("device", "It is a device."),
    b"4": ("device", "It is a device."),
    b"6": ("device", "It is a pipe."),
    b"S": ("sparse", "Files with holes are not unpacked."),
}


class Stream:
    """Bytes that come in pieces, taken in the sizes that tar needs."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._waiting = b""
        self._at = 0

    def exactly(self, size: int) -> bytes:
        """Return size bytes, fewer only at the end."""
        parts, missing = [], size
        while missing and (piece := self._next(missing)):
            parts.append(piece)
            missing -= len(piece)
        return b"".join(parts)

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield size bytes in pieces. Raises Refused when they end early."""
        while size:
            piece = self._next(size)
            if not piece:
                raise packing.damaged()
            size -= len(piece)
            yield piece

    def _next(self, most: int) -> bytes:
        if self._at >= len(self._waiting):
            self._waiting, self._at = next(self._source, b""), 0
        piece = self._waiting[self._at : self._at + most]
        self._at += len(piece)
        return piece


@dataclass(slots=True)
class _Extended:
    """What headers before a member say about it."""

    name: str = ""
    size: int | None = None
    is_sparse: bool = False


@dataclass(slots=True)
class _Reader:
    stream: Stream
    store: Survey
    limits: Limits
    members: int = 0
    extended: _Extended = field(default_factory=_Extended)


def looks_like(block: bytes) -> bool:
    """Tell whether a first block is a tar header: only its own sum says so."""
    return len(block) == BLOCK and _sum_holds(block)


def unpack(source: Iterator[bytes], store: Survey, limits: Limits) -> None:
    """Give a tar stream's members to a store, or to a survey. Raises Refused."""
    reader = _Reader(Stream(source), store, limits)
    block = reader.stream.exactly(BLOCK)
    if not looks_like(block):
        raise Refused(
            "This is neither a zip file nor a tar archive; upload .zip, .tar, .tar.gz, .tar.xz or .tar.zst."
        )
    while len(block) == BLOCK:
        if not block.strip(b"\0"):
            return  # the end; what may follow is no member for any program
        if not _sum_holds(block):
            raise packing.damaged()
        _member(reader, block)
        block = reader.stream.exactly(BLOCK)
    if block:
        raise packing.damaged()


def _member(reader: _Reader, block: bytes) -> None:
    reader.members += 1
    if reader.members > reader.limits.files * 3:  # folders and extended headers are members too
        raise too_many(reader.limits)
    reader.store.count(BLOCK)
    kind = block[156:157]
    size = _number(block[124:136])
    if kind in LONG_NAME + LONG_LINK + PAX + PAX_GLOBAL:
        _extend(reader, kind, size)
        return
    extended, reader.extended = reader.extended, _Extended()
    size = size if extended.size is None else extended.size
    name = extended.name or _name(block)
    content = reader.stream.pieces(size)
    if kind in REGULAR and not name.endswith("/"):
        if extended.is_sparse:
            kind = SPARSE
        elif size > reader.limits.file_bytes:
            reader.store.skip(name, "too_large", f"It is larger than {reader.limits.file_bytes:,} bytes.")
        else:
            reader.store.take(name, content)
    if kind in SKIPS:
        reader.store.skip(name, *SKIPS[kind])
    elif kind not in REGULAR + FOLDER:
        reader.store.skip(name, "unsupported", "It is a kind of member that is not read.")
    # Old programs write a size for links and folders and no content after it.
    if kind not in HARD + SYMBOLIC + FOLDER:
        for piece in content:
            reader.store.count(len(piece))
        reader.stream.exactly(-size % BLOCK)


def _extend(reader: _Reader, kind: bytes, size: int) -> None:
    if size > MOST_EXTENDED:
        raise Refused("A header in it is longer than any program writes; make the archive anew.")
    data = b"".join(reader.stream.pieces(size))
    reader.stream.exactly(-size % BLOCK)
    if kind == LONG_NAME:
        reader.extended.name = names.decode(data.rstrip(b"\0"))
    elif kind in PAX:
        for key, value in _records(data):
            if key == "path":
                reader.extended.name = value
            elif key == "size":
                reader.extended.size = _decimal(value)
            elif key.startswith("GNU.sparse."):
                reader.extended.is_sparse = True


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a pax header: "length key=value" and a line end each."""
    while data.strip(b"\0"):
        length, _, _ = data.partition(b" ")
        size = _decimal(names.decode(length[:12]))
        if not len(length) + 1 < size <= len(data):
            raise packing.damaged()
        key, _, value = data[len(length) + 1 : size - 1].partition(b"=")
        yield names.decode(key), names.decode(value)
        data = data[size:]


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise packing.damaged()
    return int(text)


def _number(raw: bytes) -> int:
    """Return a number in octal, or in GNU's way with base 256; never a negative one."""
    if raw[0] & 0x80:
        if raw[0] != 0x80 or any(raw[1:4]):
            raise packing.damaged()
        return int.from_bytes(raw[4:], "big")
    text = raw.strip(b" \0")
    if not text:
        return 0
    if not all(48 <= digit <= 55 for digit in text):
        raise packing.damaged()
    return int(text, 8)


def _name(block: bytes) -> str:
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return names.decode(prefix + b"/" + name if prefix else name)


def _sum_holds(block: bytes) -> bool:
    try:
        told = _number(block[148:156])
    except Refused:
        return False
    others = sum(block) - sum(block[148:156])
    if told == others + 8 * ord(" "):
        return others > 0
    plain = block[:148] + b" " * 8 + block[156:]
    return told == sum(byte - 256 if byte > 127 else byte for byte in plain)  # as some old programs count
