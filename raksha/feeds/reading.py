"""Read the records of a file in any of the forms that feeds come in, some at a time.

A zip of JSON files, JSON lines, one JSON document, or CSV; each but the zip plain or gzipped.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from raksha.feeds.archives import Zip
from raksha.feeds.errors import Refused

ZIP, GZIP = b"PK", b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Bounds:
    """The most that is read: bytes of one record, of one document that must be held whole, and of all, unpacked."""

    record_bytes: int = 16 * 1024**2
    document_bytes: int = 48 * 1024**2
    total_bytes: int = 16 * 1024**3


class Counted:
    """Lines of a stream, which stop with Refused where a bound is reached or the packing breaks off."""

    def __init__(self, stream: BinaryIO, bounds: Bounds) -> None:
        self._stream, self._bounds, self._left = stream, bounds, bounds.total_bytes

    def line(self) -> bytes:
        """Return the next line with its end, empty at the end of all."""
        found = self._guarded(lambda: self._stream.readline(self._bounds.record_bytes + 1))
        if len(found) > self._bounds.record_bytes:
            raise Refused(f"A line is longer than {self._bounds.record_bytes:,} bytes.")
        return found

    def rest(self, already: int) -> bytes:
        """Return all that follows."""
        most = self._bounds.document_bytes - already
        found = self._guarded(lambda: self._stream.read(most + 1))
        if len(found) > most:
            raise Refused(
                f"The document has more than {self._bounds.document_bytes:,} bytes; give one record a line."
            )
        return found

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        try:
            found = read()
        except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
            raise Refused(f"The file is cut off or damaged: {exc}.") from exc
        self._left -= len(found)
        if self._left < 0:
            raise Refused(f"The file unpacks to more than {self._bounds.total_bytes:,} bytes.")
        return found


def read_json(path: Path, bounds: Bounds) -> Iterator[Any]:
    """Yield each JSON value: of each file in a zip, of each line, or the one document, whole.

    Raises Refused.
    """
    with path.open("rb") as file:
        start = file.peek(4)[:4] if isinstance(file, BufferedReader) else b""
        if not start.startswith(ZIP):
            with closing(_unpacked(file, start)) as stream:
                yield from _values(Counted(stream, bounds))
            return
    with closing(Zip(path, most_bytes=bounds.record_bytes, most_total=bounds.total_bytes)) as archive:
        for content in archive.members(".json"):
            yield _load(content)


def read_lines(path: Path, bounds: Bounds) -> Iterator[str]:
    """Yield each line of a text without its end.

    Raises Refused.
    """
    with path.open("rb") as file, closing(_unpacked(file, file.peek(4)[:4])) as stream:
        lines = Counted(stream, bounds)
        first = True
        while line := lines.line():
            try:
                text = line.removeprefix(BOM if first else b"").decode("utf-8")
            except UnicodeDecodeError as exc:
                raise Refused("The file is not text in UTF-8.") from exc
            first = False
            yield text.rstrip("\r\n")


def starts_like_json(path: Path) -> bool:
    """Tell whether the content, unpacked, begins as JSON does."""
    with path.open("rb") as file:
        start = file.peek(4)[:4]
        if start.startswith(ZIP):
            return True
        with closing(_unpacked(file, start)) as stream:
            first = Counted(stream, Bounds()).line()
    return first.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")


def _unpacked(file: BufferedReader, start: bytes) -> BinaryIO:
    if start.startswith(GZIP):
        return BufferedReader(gzip.GzipFile(fileobj=file), 1 << 18)
    return file


def _values(lines: Counted) -> Iterator[Any]:
    first = lines.line().removeprefix(BOM)
    try:
        value = orjson.loads(first)
    except orjson.JSONDecodeError:
        # Not whole on its line: one document over many.
        if first.strip():
            yield _load(first + lines.rest(len(first)))
        return
    yield value
    while line := lines.line():
        if not line.isspace():
            yield _load(line)


def _load(content: bytes) -> Any:
    try:
        return orjson.loads(content.removeprefix(BOM))
    except (orjson.JSONDecodeError, RecursionError) as exc:
        raise Refused(f"The file is cut off or is not JSON: {exc}.") from exc
