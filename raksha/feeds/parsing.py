"""Read OSV records into rows, a large file in a process of its own: half of an import's work, done beside the rest.

python -m raksha.feeds.parsing FILE        writes frames: four bytes of length, then a batch in marshal's form

The process reads one file and writes to its output; it has no database, and its memory is bounded.
"""

from __future__ import annotations

import gc
import marshal
import resource
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

from raksha.feeds import reading
from raksha.feeds.advisory_rows import AdvisoryRow, BadRecord, PackageRow, rows_of
from raksha.feeds.ahead import ahead
from raksha.feeds.errors import FeedError, Refused

Rows = tuple[AdvisoryRow, list[PackageRow]]

BATCH = 1_000
SMALL_BYTES = 4 * 1024**2
"""Below this a second process costs more than it brings."""
MOST_MEMORY = 2 * 1024**3
LENGTH = struct.Struct("<I")
ROOT = Path(__file__).resolve().parents[2]


class Parsed:
    """The records of a file as rows. total, rejected, examples: of what was read so far."""

    def __init__(self, path: Path) -> None:
        self.total = self.rejected = 0
        self.examples: list[str] = []
        self._path = path

    def batches(self) -> Iterator[list[Rows]]:
        """Yield the rows of some records at a time.

        Raises Refused.
        """
        if self._path.stat().st_size < SMALL_BYTES:
            yield from self.here()
        else:
            yield from self._beside()

    def here(self) -> Iterator[list[Rows]]:
        """Read in this process."""
        records = _records(self._path)
        while True:
            before = self.total
            batch = [rows for record in islice(records, BATCH) if (rows := self._read(record))]
            if self.total == before:
                return
            yield batch

    def _read(self, record: Any) -> Rows | None:
        self.total += 1
        try:
            return rows_of(record)
        except BadRecord as exc:
            self.rejected += 1
            self.examples = [*self.examples, str(exc)[:200]][:3]
            return None

    def _beside(self) -> Iterator[list[Rows]]:
        argv = [sys.executable, "-m", "raksha.feeds.parsing", str(self._path.resolve())]
        process = subprocess.Popen(  # noqa: S603 (our own module)
            argv, cwd=ROOT, env={}, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert process.stdout is not None  # noqa: S101 (asked for above)
        try:
            for frame in ahead(_frames(process.stdout), depth=4):
                batch, self.total, self.rejected, self.examples, problem = marshal.loads(frame)  # noqa: S302 (ours)
                if problem:
                    raise Refused(problem)
                if batch is None:
                    return
                yield [(AdvisoryRow._make(row), packages) for row, packages in batch]
            raise Refused("Reading the file ended before its end; there may be too little memory.")
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _records(path: Path) -> Iterator[Any]:
    """Yield each record; a list may stand for one document."""
    for value in reading.read_json(path, reading.Bounds()):
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _frames(stream: IO[bytes]) -> Iterator[bytes]:
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        yield stream.read(LENGTH.unpack(head)[0])


def _write(stream: IO[bytes], parsed: Parsed, batch: list[Any] | None, problem: str = "") -> None:
    frame = marshal.dumps((batch, parsed.total, parsed.rejected, parsed.examples, problem))
    stream.write(LENGTH.pack(len(frame)))
    stream.write(frame)


def main() -> None:
    """Write the rows of the file that the command line names."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    gc.disable()
    parsed, out = Parsed(Path(sys.argv[1])), sys.stdout.buffer
    problem = ""
    try:
        for batch in parsed.here():
            _write(
                out,
                parsed,
                [(tuple(row), [tuple(package) for package in packages]) for row, packages in batch],
            )
    except FeedError as exc:
        problem = str(exc)
    except OSError as exc:
        problem = f"The file cannot be read: {exc.strerror}."
    except MemoryError:
        problem = "The file needs more memory than is given to it."
    _write(out, parsed, None, problem)
    out.flush()


if __name__ == "__main__":
    main()
