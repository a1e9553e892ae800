"""Zip files, read by their table of contents, which is checked whole before anything is unpacked.

Python's zipfile holds the whole table as objects and in 3.11 lets members overlap; here both are bounds.
"""

from __future__ import annotations

import bz2
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import IO, BinaryIO, cast

import zstandard

from raksha.intake.archives import packing
from raksha.intake.storing import Store, too_many
from raksha.intake.trees import MEGABYTE, Limits, Refused

END, END64, LOCATOR64, ENTRY, LOCAL = (
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"PK\x01\x02",
    b"PK\x03\x04",
)
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s2B5H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MOST_COMMENT = 65535
_IN_64, _IN_64_SHORT = 0xFFFFFFFF, 0xFFFF
ENCRYPTED, UTF8 = 0x1 | 0x40 | 0x2000, 0x800
STORED, DEFLATED, BZIP2, ZSTD = 0, 8, 12, 93
UNIX = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the table. start: where its local header lies."""

    name: str
    checksum: int
    method: int
    packed: int
    size: int
    start: int
    mode: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith(("/", "\\")) and not self.size


def unpack(file: BinaryIO, store: Store, limits: Limits) -> None:
    """Unpack a zip file into a store. Raises Refused."""
    try:
        members = _table(file, limits, store)
        total = os.fstat(file.fileno()).st_size
        _check_sizes(members, limits, total)
        ends = _check_places(members, total)
        for member in members:
            store.check_time()
            _take(file, member, store, limits, ends[member.start])
    except (struct.error, MemoryError, UnicodeError) as exc:
        raise packing.damaged(exc) from exc


def _table(file: BinaryIO, limits: Limits, store: Store) -> list[Member]:
    start, size, shift = _find_table(file)
    files = 0
    # Names and comments of a sane archive; what is longer is not looked at to be refused.
    if size > limits.files * 600 + MEGABYTE:
        raise too_many(limits)
    file.seek(start)
    table = file.read(size)
    members, at = [], 0
    while at < len(table):
        member, at = _entry(table, at, shift)
        members.append(member)
        files += not member.is_folder
        if files > limits.files or len(members) > limits.files * 2:
            raise too_many(limits)
        if len(members) % 1000 == 0:
            store.check_time()
    return members


def _find_table(file: BinaryIO) -> tuple[int, int, int]:
    """Return where the table of contents begins, its size, and by how much offsets in it are off."""
    total = file.seek(0, os.SEEK_END)
    tail_at = max(0, total - _END.size - _MOST_COMMENT)
    file.seek(tail_at)
    tail = file.read(_END.size + _MOST_COMMENT)
    at = tail.rfind(END)
    while at >= 0:
        if len(tail) - at >= _END.size:
            fields = _END.unpack_from(tail, at)
            if at + _END.size + fields[7] <= len(tail):
                break
        at = tail.rfind(END, 0, at)
    if at < 0:
        raise packing.damaged()
    end_at = tail_at + at
    size, start = fields[5], fields[6]
    if _IN_64 in (size, start) or _IN_64_SHORT in (fields[3], fields[4]):
        end_at, size, start = _find_64(file, end_at, size, start)
    shift = end_at - size - start
    if shift < 0 or start + shift < 0:
        raise packing.damaged()
    return start + shift, size, shift


def _find_64(file: BinaryIO, end_at: int, size: int, start: int) -> tuple[int, int, int]:
    if end_at < _LOCATOR64.size:
        return end_at, size, start
    file.seek(end_at - _LOCATOR64.size)
    mark, _, _, _ = _LOCATOR64.unpack(file.read(_LOCATOR64.size))
    if mark != LOCATOR64:
        return end_at, size, start
    at = end_at - _LOCATOR64.size - _END64.size
    file.seek(max(0, at))
    fields = _END64.unpack(file.read(_END64.size))
    if fields[0] != END64:
        raise packing.damaged()
    return at, fields[8], fields[9]


def _entry(table: bytes, at: int, shift: int) -> tuple[Member, int]:
    fields = _ENTRY.unpack_from(table, at)
    (mark, _, system, _, flags, method, _, _, checksum, packed, size) = fields[:11]
    name_size, extra_size, comment_size, _, _, outer, start = fields[11:]
    if mark != ENTRY:
        raise packing.damaged()
    if flags & ENCRYPTED:
        raise Refused("The archive is encrypted; make one without a password.")
    name_at = at + _ENTRY.size
    extra_at = name_at + name_size
    end = extra_at + extra_size + comment_size
    if end > len(table):
        raise packing.damaged()
    raw = table[name_at:extra_at]
    packed, size, start = _sizes_64(table[extra_at : extra_at + extra_size], packed, size, start)
    mode = outer >> 16 if system == UNIX else 0
    return Member(_name(raw, flags), checksum, method, packed, size, start + shift, mode), end


def _sizes_64(extra: bytes, packed: int, size: int, start: int) -> tuple[int, int, int]:
    values = iter(_extra_64(extra))
    size = next(values, size) if size == _IN_64 else size
    packed = next(values, packed) if packed == _IN_64 else packed
    start = next(values, start) if start == _IN_64 else start
    return packed, size, start


def _extra_64(extra: bytes) -> tuple[int, ...]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            count = min(length, len(extra) - at - 4) // 8
            return struct.unpack_from(f"<{count}Q", extra, at + 4)
        at += 4 + length
    return ()


def _name(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace") if flags & UTF8 else raw.decode("cp437")


def _check_sizes(members: list[Member], limits: Limits, total: int) -> None:
    declared = sum(member.size for member in members)
    if declared > limits.bytes:
        raise Refused(f"It unpacks to more than {limits.bytes:,} bytes; leave out what need not be scanned.")
    if declared > limits.ratio_from and declared > limits.ratio * total:
        raise Refused(f"It unpacks to more than {limits.ratio} times its size, as only bombs do.")


def _check_places(members: list[Member], total: int) -> dict[int, int]:
    """Return where the room of each member ends; refuse members that share room, as one bomb's do."""
    order = sorted(members, key=lambda member: member.start)
    ends = {}
    for member, following in zip_longest(order, order[1:]):
        end = following.start if following else total
        if member.start + _LOCAL.size + member.packed > end:
            raise Refused("Its members overlap, as only a bomb's do.")
        ends[member.start] = end
    return ends


def _take(file: BinaryIO, member: Member, store: Store, limits: Limits, end: int) -> None:
    if member.is_folder:
        return
    kind = stat.S_IFMT(member.mode)
    if kind == stat.S_IFLNK:
        store.skip(member.name, "symlink", "Links are not followed.")
    elif kind not in (0, stat.S_IFREG):
        store.skip(member.name, "device", "It is no regular file.")
    elif member.method not in (STORED, DEFLATED, BZIP2, ZSTD):
        store.skip(member.name, "unsupported", f"It is packed by method {member.method}, which is not read.")
    elif member.size > limits.file_bytes:
        store.skip(member.name, "too_large", f"It is larger than {limits.file_bytes:,} bytes.")
    else:
        store.take(member.name, _checked(_content(file, member, end), member))


def _content(file: BinaryIO, member: Member, end: int) -> Iterator[bytes]:
    file.seek(member.start)
    mark, *_, name_size, extra_size = _LOCAL.unpack(file.read(_LOCAL.size))
    start = member.start + _LOCAL.size + name_size + extra_size
    if mark != LOCAL or start + member.packed > end:
        raise packing.damaged()
    source = _packed(file, start, member.packed)
    if member.method == DEFLATED:
        return packing.pieces(source, packing.raw, many=False) if member.packed else iter(())
    if member.method == BZIP2:
        return packing.pieces(source, bz2.BZ2Decompressor, many=False)
    if member.method == ZSTD:
        return _zstd(source)
    return source


def _zstd(source: Iterator[bytes]) -> Iterator[bytes]:
    try:
        unpacker = zstandard.ZstdDecompressor(max_window_size=64 * MEGABYTE)
        yield from unpacker.read_to_iter(cast(IO[bytes], _Pipe(source)), read_size=packing.PIECE)
    except packing.ERRORS as exc:
        raise packing.damaged(exc) from exc


class _Pipe:
    """A source of pieces as a file that can only be read on."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        return next(self._source, b"")


def _packed(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    while size:
        file.seek(start)
        piece = file.read(min(packing.PIECE, size))
        if not piece:
            raise packing.damaged()
        start, size = start + len(piece), size - len(piece)
        yield piece


def _checked(source: Iterator[bytes], member: Member) -> Iterator[bytes]:
    """Hold a member to what the table says of it."""
    left, checksum = member.size, 0
    for piece in source:
        left -= len(piece)
        if left < 0:
            raise Refused("A member is larger than the archive says, as only a bomb's is.")
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if left or checksum != member.checksum:
        raise packing.damaged()
