"""Archives as hostile people make them: each a name and a function that writes it. R-01, R-02, R-03."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import zstandard

Maker = Callable[[Path], object]
MEGABYTE = 1024 * 1024


# --- bombs


def bombs(scale: float = 1.0) -> dict[str, Maker]:
    """Return 25 bombs. scale: 1 is more than any limit; tests use less together with lower limits."""
    size = int(1024 * MEGABYTE * scale)
    many = int(1_000_000 * scale)
    return {
        "flat zip": lambda path: _zip(path, [("a.txt", size)]),
        "flat zip of many": lambda path: _zip(path, [(f"{n}.txt", size // 64) for n in range(64)]),
        "flat zip, bzip2": lambda path: _zip(path, [("a.txt", size)], zipfile.ZIP_BZIP2),
        "flat tar.gz": lambda path: _tar(path, "gz", size),
        "flat tar.bz2": lambda path: _tar(path, "bz2", size),
        "flat tar.xz": lambda path: _tar(path, "xz", size),
        "flat tar.zst": lambda path: _tar(path, "zst", size),
        "lying sizes": lambda path: _lying(path, size),
        "lying sizes, table says nothing": lambda path: _lying(path, size, told=0),
        "zip with 1 M empty files": lambda path: _zip_of_empty(path, many),
        "zip that says it has few files": lambda path: _zip_of_empty(path, many, told=10),
        "tar.gz with 1 M empty files": lambda path: _tar_of_empty(path, many),
        "overlapping members": lambda path: _overlapping(path, 500, size // 256),
        "members that share one place": lambda path: _sharing(path, 1000, size // 256),
        "nested zip": lambda path: _nested(path, size // 64, 4),
        "nested zip inside tar": lambda path: _nested_in_tar(path, size // 64),
        "gzip in gzip in gzip": lambda path: path.write_bytes(_thrice(size)),
        "quine": _quine,
        "zip64 that says exabytes": lambda path: _huge_64(path),
        "tar that says exabytes": lambda path: path.write_bytes(
            _header("a", 2**60, base256=True) + b"x" * 1024
        ),
        "tar with a negative size": lambda path: path.write_bytes(
            _header("a", -512, base256=True) + b"x" * 1024
        ),
        "tar with a long header": lambda path: _long_header(path, size // 4),
        "gzip members without end": lambda path: path.write_bytes(_members(size, 2000)),
        "xz with a large dictionary": lambda path: path.write_bytes(_large_dictionary()),
        "zstd with a large window": lambda path: path.write_bytes(_large_window()),
    }


HARMLESS = frozenset({"nested zip", "nested zip inside tar", "quine"})
"""Nothing inside an archive is unpacked, so these are taken, with what they hold listed."""


def _zeros(size: int) -> Iterator[bytes]:
    while size > 0:
        yield bytes(min(size, MEGABYTE))
        size -= MEGABYTE


def _zip(path: Path, members: list[tuple[str, int]], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, size in members:
            with archive.open(name, "w", force_zip64=True) as member:
                for piece in _zeros(size):
                    member.write(piece)


def _tar(path: Path, packing: str, size: int) -> None:
    """Write a header and zeros, in runs that follow each other as all four ways of packing allow."""
    run = min(size, 16 * MEGABYTE)
    with _open(path, packing) as file:
        file.write(_header("a.txt", size))
    packed = io.BytesIO()
    with _open(packed, packing) as file:
        file.write(bytes(run))
    with open(path, "ab") as raw:
        for _ in range(size // run):
            raw.write(packed.getvalue())


def _open(path: Path | io.BytesIO, packing: str) -> Any:
    if packing == "gz":
        return gzip.open(path, "wb", compresslevel=6)
    if packing == "bz2":
        return bz2.open(path, "wb")
    if packing == "xz":
        return lzma.open(path, "wb", preset=0)
    if packing == "zst":
        return zstandard.open(path, "wb")
    return open(path, "wb") if isinstance(path, Path) else contextlib.nullcontext(path)


def _header(
    name: str | bytes, size: int, kind: bytes = b"0", *, base256: bool = False, link: bytes = b""
) -> bytes:
    """Return a tar header, as wrong as asked for."""
    raw = name.encode() if isinstance(name, str) else name
    told = f"{size:011o}\0".encode() if size >= 0 else b""
    if base256:
        told = (size & (2**96 - 1)).to_bytes(12, "big")
        told = bytes([told[0] | 0x80]) + told[1:]
    block = raw[:100].ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + told.rjust(12, b"0")
    block += b"00000000000\0" + b" " * 8 + kind + link.ljust(100, b"\0") + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    return block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:]


def _entry(
    name: bytes,
    packed: int,
    size: int,
    start: int,
    *,
    method: int = 8,
    flags: int = 0,
    mode: int = 0,
    crc: int = 0,
) -> bytes:
    """Return an entry of a zip's table of contents."""
    first = struct.pack("<4s2B3H", b"PK\x01\x02", 20, 3, 20, flags, method)
    sizes = struct.pack("<2H3L", 0, 0, crc, packed, size)
    return first + sizes + struct.pack("<5H2L", len(name), 0, 0, 0, 0, mode << 16, start) + name


def _local(name: bytes, packed: int, size: int, *, method: int = 8, flags: int = 0) -> bytes:
    return (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 0, 0, packed, size, len(name), 0) + name
    )


def _end(count: int, size: int, start: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, size, start, 0)


def _deflated(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(map(packer.compress, _zeros(size))) + packer.flush()


def _lying(path: Path, size: int, told: int = 1000) -> None:
    data, name = _deflated(size), b"a.txt"
    local = _local(name, len(data), told) + data
    entry = _entry(name, len(data), told, 0)
    path.write_bytes(local + entry + _end(1, len(entry), len(local)))


def _zip_of_empty(path: Path, count: int, told: int | None = None) -> None:
    with open(path, "wb") as file:
        table = bytearray()
        for number in range(count):
            name = b"%x" % number
            table += _entry(name, 0, 0, file.tell(), method=0)
            file.write(_local(name, 0, 0, method=0))
        start = file.tell()
        file.write(table)
        file.write(_end(count if told is None else told, len(table), start))


def _tar_of_empty(path: Path, count: int) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(count):
            file.write(_header(f"{number}.py", 0))
        file.write(bytes(1024))


def _overlapping(path: Path, count: int, size: int) -> None:
    """Each member's data goes on into the next one's header, as in David Fifield's bomb."""
    kernel = _deflated(size)
    locals_ = b"".join(_local(b"%d" % n, 0, 0) for n in range(count))
    each = len(_local(b"0", 0, 0))
    body = locals_ + kernel
    table = b"".join(_entry(b"%d" % n, len(body) - n * each - each, size, n * each) for n in range(10))
    path.write_bytes(body + table + _end(10, len(table), len(body)))


def _sharing(path: Path, count: int, size: int) -> None:
    data = _deflated(size)
    local = _local(b"a", len(data), size) + data
    table = b"".join(_entry(b"%d" % n, len(data), size, 0) for n in range(count))
    path.write_bytes(local + table + _end(count, len(table), len(local)))


def _nested(path: Path, size: int, depth: int) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(size))
    for _ in range(depth):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{number}.zip", inner.getvalue())
        inner = outer
    path.write_bytes(inner.getvalue())


def _nested_in_tar(path: Path, size: int) -> None:
    inner = path.with_suffix(".inner")
    _nested(inner, size, 2)
    data = inner.read_bytes()
    inner.unlink()
    path.write_bytes(_header("a.zip", len(data)) + data + bytes(-len(data) % 512 + 1024))


def _thrice(size: int) -> bytes:
    data = b"".join(_zeros(size))
    for _ in range(3):
        data = gzip.compress(data, 6)
    return data


def _quine(path: Path) -> None:
    """A zip that holds a zip of its own shape; one that holds itself exactly is no worse for whoever goes one step."""
    inner = io.BytesIO()
    for _ in range(3):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("r/r.zip", inner.getvalue() or b"PK\x05\x06" + bytes(18))
        inner = outer
    path.write_bytes(inner.getvalue())


def _huge_64(path: Path) -> None:
    name, data = b"a.txt", _deflated(1000)
    extra = struct.pack("<HHQQ", 1, 16, 2**60, len(data))
    entry = struct.pack("<4s2B5H3L5H2L", b"PK\x01\x02", 45, 3, 45, 0, 8, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF,
                        len(name), len(extra), 0, 0, 0, 0, 0)  # fmt: skip
    entry += name + extra
    local = _local(name, len(data), 1000) + data
    path.write_bytes(local + entry + _end(1, len(entry), len(local)))


def _long_header(path: Path, size: int) -> None:
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(_header("././@PaxHeader", size, b"x"))
        for piece in _zeros(size):
            file.write(piece)
        file.write(_header("a", 0) + bytes(1024))


def _members(size: int, count: int) -> bytes:
    first = gzip.compress(_header("a.txt", size))
    return first + gzip.compress(bytes(size // count)) * count


def _large_dictionary() -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 8 * MEGABYTE}]
    data = bytearray(lzma.compress(_header("a.txt", 0) + bytes(1024), lzma.FORMAT_XZ, filters=filters))
    # The dictionary's size is one byte of the block's header: 37 is 1.5 GB; then the header's sum is made right.
    header_size = (data[12] + 1) * 4
    header = data[12 : 12 + header_size - 4]
    header[header.index(b"\x21\x01") + 2] = 37
    data[12 : 12 + header_size] = header + struct.pack("<L", zlib.crc32(bytes(header)))
    return bytes(data)


def _large_window() -> bytes:
    # A frame without single-segment flag whose window descriptor says 2 GB, with one raw last block of 3 bytes.
    return b"\x28\xb5\x2f\xfd" + bytes([0, (31 - 10) << 3]) + struct.pack("<L", (3 << 3) | 1)[:3] + b"abc"


# --- names

NAMES = (
    "../evil.py",
    "../../../../../../../../avyay-evil/evil.py",
    "a/../../evil.py",
    "/avyay-evil/evil.py",
    "//avyay-evil/evil.py",
    "..\\evil.py",
    "a\\..\\..\\evil.py",
    "C:\\evil.py",
    "C:evil.py",
    "\\\\server\\share\\evil.py",
    "./../evil.py",
    "a/b/../../../evil.py",
    "~/evil.py",
    "evil\0.py",
    "a" * 300 + "/evil.py",
    "/".join(["d" * 100] * 60) + "/evil.py",
    "evil\u202eyp.exe",
    "e\u0301vil.py",
    "\u00e9vil.py",
    "EVIL.py",
    "evil.py",
    "evil.py",
    "evil.py ",
    "evil.py.",
    "evil.py/",
    "con",
    "nul.py",
    "evil.py::$DATA",
    "\x1b[2Jevil.py",
    "evil\n.py",
    "-rf",
    "..",
    ".",
    "",
    "...",
    ". ./evil.py",
    "%2e%2e/evil.py",
    "\u2024\u2024/evil.py",
    "\uff0e\uff0e/evil.py",
    "..\u2215evil.py",
)
UNSAFE = frozenset(NAMES[:8]) | {
    NAMES[9],
    NAMES[10],
    NAMES[11],
    NAMES[13],
    NAMES[14],
    NAMES[15],
    "C:evil.py",
    "..",
    ".",
    "",
}


def named(names: tuple[str, ...] = NAMES) -> dict[str, Maker]:
    """Return 60 archives: all names in each of four formats, and the worst in each as single members."""
    makers: dict[str, Maker] = {}
    for packing in ("zip", "tar", "gz", "xz"):
        makers[f"all names, {packing}"] = partial(write, packing=packing, names=names)
        for number, name in enumerate(names[:14]):
            makers[f"name {number}, {packing}"] = partial(write, packing=packing, names=(name,))
    return makers


def write(path: Path, packing: str, names: tuple[str, ...], content: bytes = b"import os\n") -> None:
    """Write an archive whose members have exactly these names."""
    raws = [name.encode("utf-8", "surrogatepass") for name in names]
    if packing == "zip":
        body, table = b"", b""
        for raw in raws:
            crc = zlib.crc32(content)
            table += _entry(raw, len(content), len(content), len(body), method=0, flags=0x800, crc=crc)
            body += _local(raw, len(content), len(content), method=0, flags=0x800) + content
        path.write_bytes(body + table + _end(len(raws), len(table), len(body)))
        return
    with _open(path, packing) as file:
        for raw in raws:
            file.write(_named_header(raw, len(content)))
            file.write(content.ljust(512, b"\0"))
        file.write(bytes(1024))


def _named_header(raw: bytes, size: int) -> bytes:
    """Return a header; names that are long or hold a NUL go into a pax header before it."""
    if len(raw) <= 100 and b"\0" not in raw:
        return _header(raw, size)
    record = b" path=" + raw + b"\n"
    length = len(record) + 1
    while len(str(length)) + len(record) != length:
        length = len(str(length)) + len(record)
    pax = str(length).encode() + record
    return _header("x", len(pax), b"x") + pax.ljust(-(-len(pax) // 512) * 512, b"\0") + _header("x", size)


# --- kinds of members


def kinds(outside: Path) -> dict[str, Maker]:
    """Return archives with members that are no files, or that go through ones that are not, to reach outside."""
    target = os.fsencode(outside)
    up = b"../" * 12 + target.lstrip(b"/")
    code = b"import os\n".ljust(512, b"\0")

    def members(*blocks: bytes) -> Maker:
        return lambda path: path.write_bytes(b"".join(blocks) + bytes(1024))

    def file(name: str) -> bytes:
        return _header(name, 10) + code

    # CVE-2025-4517: folders and links so long that a check of the real path gives up, and the writing does not.
    step = b"d" * 200
    deep = b"".join(_pax("/".join(["x"] * n + ["s"]), b"2", b"/".join([step] * n)) for n in range(1, 16))
    return {
        "link, then a file through it": members(_header("l", 0, b"2", link=target), file("l/evil.py")),
        "link upwards, then a file": members(_header("l", 0, b"2", link=up), file("l/evil.py")),
        "link named as a file": members(
            _header("evil.py", 0, b"2", link=target + b"/evil.py"), file("evil.py")
        ),
        "link to a link": members(
            _header("a", 0, b"2", link=b".."), _header("a/b", 0, b"2", link=b".."), file("a/b/evil.py")
        ),
        "hard link": members(_header("h", 0, b"1", link=target + b"/sentinel"), file("h")),
        "hard link to itself": members(_header("h", 0, b"1", link=b"h")),
        "hard link with content": members(_header("h", 10, b"1", link=b"x"), file("evil.py")),
        "devices": members(_header("c", 0, b"3"), _header("b", 0, b"4"), file("a.py")),
        "pipe": members(_header("p", 0, b"6"), file("a.py")),
        "sparse": members(_header("s", 0, b"S"), file("a.py")),
        "sparse in pax": members(_pax("s", b"0", b"", extra=b"GNU.sparse.size=99999999999"), file("a.py")),
        "unknown kind": members(_header("u", 0, b"Z"), file("a.py")),
        "long links and folders": members(deep, file("x/" * 15 + "evil.py")),
        "folder that becomes a link": members(
            _header("d", 0, b"5"), _header("d", 0, b"2", link=target), file("d/evil.py")
        ),
        "zip with a link": lambda path: _zip_with_link(path, target),
    }


def _pax(name: str, kind: bytes, link: bytes, extra: bytes = b"") -> bytes:
    records = b""
    for record in (b" path=" + name.encode() + b"\n", b" linkpath=" + link + b"\n", b" " + extra + b"\n"):
        if b"=" in record:
            length = len(record) + 1
            while len(str(length)) + len(record) != length:
                length = len(str(length)) + len(record)
            records += str(length).encode() + record
    return (
        _header("x", len(records), b"x")
        + records.ljust(-(-len(records) // 512) * 512, b"\0")
        + _header("x", 0, kind)
    )


def _zip_with_link(path: Path, target: bytes) -> None:
    body = _local(b"l", len(target), len(target), method=0) + target
    table = _entry(b"l", len(target), len(target), 0, method=0, mode=0o120777)
    start = len(body)
    body += _local(b"l/evil.py", 10, 10, method=0) + b"import os\n"
    table += _entry(b"l/evil.py", 10, 10, start, method=0, crc=zlib.crc32(b"import os\n"))
    path.write_bytes(body + table + _end(2, len(table), len(body)))
