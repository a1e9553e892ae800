"""Unpacking compressed data in small pieces: what comes out is bounded before it is there, not afterwards."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import zstandard

from raksha.intake.trees import MEGABYTE, Refused

PIECE = 256 * 1024
MOST_MEMORY = 96 * MEGABYTE
ERRORS = (zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError, OSError, ValueError)


def damaged(exc: BaseException | None = None) -> Refused:
    """Return the refusal of data that cannot be unpacked."""
    return Refused(f"The archive is damaged{f' ({exc})' if exc else ''}; make it anew."[:300])


class Inflate:
    """zlib's object with the manners of the other two."""

    def __init__(self, window: int) -> None:
        self._object = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._object.eof and not self._object.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, max_length)


def gzip() -> Inflate:
    """Return an unpacker for one gzip member."""
    return Inflate(16 + zlib.MAX_WBITS)


def raw() -> Inflate:
    """Return an unpacker for deflate without a header, as in zip."""
    return Inflate(-zlib.MAX_WBITS)


def xz() -> Any:
    """Return an unpacker for xz that refuses to take much memory."""
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MOST_MEMORY)


def pieces(source: Iterator[bytes], new: Callable[[], Any], *, many: bool) -> Iterator[bytes]:
    """Unpack a source. many: runs may follow each other, as in gzip and xz files.

    Raises Refused when it is damaged or ends early.
    """
    unpacker, is_fresh = new(), True
    try:
        for data in source:
            if is_fresh and not data.strip(b"\0"):
                continue  # padding between runs and at the end
            while data or not unpacker.needs_input:
                piece = unpacker.decompress(data, PIECE)
                data, is_fresh = b"", False
                if piece:
                    yield piece
                if unpacker.eof:
                    data = unpacker.unused_data
                    if not many:
                        return
                    unpacker, is_fresh = new(), True
                    data = data if data.strip(b"\0") else b""
    except ERRORS as exc:
        raise damaged(exc) from exc
    if not is_fresh:
        raise damaged()


def bunzip(source: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack a bzip2 file."""
    return pieces(source, bz2.BZ2Decompressor, many=True)


def gunzip(source: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack a gzip file."""
    return pieces(source, gzip, many=True)


def unxz(source: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack an xz file."""
    return pieces(source, xz, many=True)


def unzstd(file: BinaryIO) -> Iterator[bytes]:
    """Unpack a zstd file whose window is not larger than 64 MB."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=64 * MEGABYTE)
    try:
        with unpacker.stream_reader(file, read_size=PIECE, read_across_frames=True, closefd=False) as stream:
            while piece := stream.read(PIECE):
                yield piece
    except ERRORS as exc:
        raise damaged(exc) from exc
