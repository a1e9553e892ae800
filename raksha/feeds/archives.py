"""Read a zip of very many small files without holding its directory in memory.

The standard library keeps an object for each member, some hundred megabytes for half a million of them, and opens
each through five layers. Here the directory is walked once and each member is one read. Everything is checked
against what the directory says, so that a cut or altered archive is noticed.
Source: PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from raksha.feeds.errors import Refused

END = struct.Struct("<4s4H2LH")
LOCATOR = struct.Struct("<4sLQL")
END_64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s4B4HL2L5H2L")
HEADER = struct.Struct("<4s2B4HL2L2H")
STORED, DEFLATED = 0, 8
NOT_HERE = 0xFFFFFFFF
WINDOW = 1 << 20
ROOM = 512
"""Bytes read beyond a member for the extra fields of its own header, which differ from the directory's."""


class Entry(NamedTuple):
    """A member as the directory lists it."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    is_encrypted: bool


class Zip:
    """An open archive. most_bytes: of one member; most_total: of all, unpacked."""

    def __init__(self, path: Path, *, most_bytes: int, most_total: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._size = os.fstat(self._file).st_size
        self._most_bytes, self._left = most_bytes, most_total

    def close(self) -> None:
        os.close(self._file)

    def members(self, ending: str) -> Iterator[bytes]:
        """Yield the content of each file whose name ends so.

        Raises Refused.
        """
        count, seen = self._find()[0], 0
        for entry in self._entries():
            seen += 1
            if entry.name.endswith(ending):
                yield self._content(entry)
        if seen != count:
            raise Refused(f"The archive lists {seen:,} files and says that it has {count:,}: it is damaged.")

    def _entries(self) -> Iterator[Entry]:
        _count, start, size = self._find()
        held, position = b"", start
        while held or position < start + size:
            if len(held) < ENTRY.size + 3 * 65_536 and position < start + size:
                more = self._read(position, min(WINDOW, start + size - position))
                position += len(more)
                held += more
            at = 0
            while len(held) - at >= ENTRY.size + (0 if position >= start + size else 3 * 65_536):
                entry, length = _entry(held, at)
                at += length
                yield entry
            if not at:
                raise Refused("The archive's list of files is cut off.")
            held = held[at:]

    def _content(self, entry: Entry) -> bytes:
        if entry.is_encrypted or entry.method not in (STORED, DEFLATED):
            raise Refused(f"{entry.name[:80]!r} is packed in a way that is not read here.")
        if entry.size > self._most_bytes or entry.size > self._left:
            raise Refused(f"{entry.name[:80]!r} has {entry.size:,} bytes, more than is taken.")
        self._left -= entry.size
        name_bytes = len(entry.name.encode("utf-8", "surrogateescape"))
        raw = self._read(entry.offset, HEADER.size + name_bytes + ROOM + entry.packed, must=False)
        if len(raw) < HEADER.size or raw[:4] != b"PK\x03\x04":
            raise Refused(f"{entry.name[:80]!r} is not where the archive says.")
        name, extra = HEADER.unpack_from(raw)[-2:]
        begin = HEADER.size + name + extra
        packed = raw[begin : begin + entry.packed]
        if len(packed) < entry.packed:
            packed = self._read(entry.offset + begin, entry.packed)
        content = _unpack(packed, entry) if entry.method == DEFLATED else packed
        if len(content) != entry.size or zlib.crc32(content) != entry.crc:
            raise Refused(f"{entry.name[:80]!r} is damaged.")
        return content

    def _find(self) -> tuple[int, int, int]:
        """Return how many members there are, and where the directory begins and how long it is."""
        tail_at = max(0, self._size - END.size - 65_535 - LOCATOR.size)
        tail = self._read(tail_at, self._size - tail_at)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < END.size:
            raise Refused("The archive has no end: it is cut off, or no zip.")
        *_, count, size, start, _comment = END.unpack_from(tail, at)
        if at >= LOCATOR.size and tail[at - LOCATOR.size : at - LOCATOR.size + 4] == b"PK\x06\x07":
            place = LOCATOR.unpack_from(tail, at - LOCATOR.size)[2]
            *_, count, size, start = END_64.unpack(self._read(place, END_64.size))
        if start + size > self._size:
            raise Refused("The archive's list of files lies outside of it: it is damaged.")
        return count, start, size

    def _read(self, at: int, length: int, *, must: bool = True) -> bytes:
        try:
            found = os.pread(self._file, min(length, max(0, self._size - at)), at)
        except (OSError, OverflowError) as exc:
            raise Refused("The archive points outside of itself: it is damaged.") from exc
        if must and len(found) < length:
            raise Refused("The archive is cut off.")
        return found


def _entry(held: bytes, at: int) -> tuple[Entry, int]:
    try:
        mark, _, _, _, _, flags, method, _, _, crc, packed, size, *rest = ENTRY.unpack_from(held, at)
        name, extra, comment, _disk, _inner, _outer, offset = rest
    except struct.error as exc:
        raise Refused("The archive's list of files is cut off.") from exc
    if mark != b"PK\x01\x02":
        raise Refused("The archive's list of files is damaged.")
    begin = at + ENTRY.size
    if NOT_HERE in (packed, size, offset):
        packed, size, offset = _long(held[begin + name : begin + name + extra], packed, size, offset)
    text = held[begin : begin + name].decode("utf-8", "surrogateescape")
    return Entry(
        text, method, crc, packed, size, offset, bool(flags & 1)
    ), ENTRY.size + name + extra + comment


def _long(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Take what does not fit into 32 bits from the extra field 1, where it stands in this order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            values = list(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            size, packed, offset = (
                values.pop(0) if value == NOT_HERE and values else value for value in (size, packed, offset)
            )
            break
        at += 4 + length
    return packed, size, offset


def _unpack(packed: bytes, entry: Entry) -> bytes:
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte beyond what it should be: enough to see that it lies, and no more.
        return machine.decompress(packed, entry.size + 1)
    except zlib.error as exc:
        raise Refused(f"{entry.name[:80]!r} is damaged.") from exc
