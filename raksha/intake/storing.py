"""Writing files of a tree: names of ours in one folder, real bytes counted, never a link followed."""

from __future__ import annotations

import codecs
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from raksha.coverage import Skip, Why
from raksha.intake import names
from raksha.intake.trees import Limits, Refused, SourceFile, Tree
from raksha.languages import language_of

HEAD = 8192
PIECE = 256 * 1024
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
)
UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
NO_CODE = frozenset({"", "text", "markdown"})
MOST_SKIPS = 10_000
NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
Clock = Callable[[], float]


class Survey:
    """Looks at what a store would be given, before anything is written: how many files, how many bytes, how long."""

    def __init__(self, limits: Limits, *, clock: Clock = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._ends_at = clock() + limits.seconds
        self._files = self._bytes = 0

    def skip(self, name: str, why: Why, says: str) -> None:
        """Pass over something that a store lists."""

    def check_time(self) -> None:
        """Raise Refused when the time is over."""
        if self._clock() > self._ends_at:
            raise Refused(
                f"Unpacking took more than {self._limits.seconds:.0f} seconds; take less of it into one scan."
            )

    def count(self, size: int) -> None:
        """Count bytes that were really there. Raises Refused."""
        self._bytes += size
        if self._bytes > self._limits.bytes:
            raise Refused(
                f"There are more than {self._limits.bytes:,} bytes in it; leave out what need not be scanned."
            )
        self.check_time()

    def take(self, name: str, pieces: Iterable[bytes]) -> None:
        """Count one file. Raises Refused."""
        self._files += 1
        if self._files > self._limits.files:
            raise too_many(self._limits)
        for piece in pieces:
            self.count(len(piece))


def too_many(limits: Limits) -> Refused:
    """Return the refusal of more files than are taken."""
    return Refused(f"There are more than {limits.files:,} files in it; leave out what need not be scanned.")


class Store(Survey):
    """Takes files one after another into a folder, within limits."""

    def __init__(self, folder: Path, limits: Limits, *, clock: Clock = time.monotonic) -> None:
        super().__init__(limits, clock=clock)
        self._folder = folder
        self._kept: dict[str, SourceFile] = {}
        self._skipped: list[Skip] = []
        self._not_listed = 0
        self._number = 0
        with ExitStack() as stack:
            self._place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            stack.callback(os.close, self._place)
            # The sandbox's user reads here; the folder above is what others may not enter.
            os.fchmod(self._place, 0o755)
            self._stack = stack.pop_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def skip(self, name: str, why: Why, says: str) -> None:
        """List something that is not taken; a list without end is cut, and says so."""
        if len(self._skipped) < MOST_SKIPS:
            self._skipped.append(Skip(names.show(name), why, says))
        else:
            self._not_listed += 1

    def take(self, name: str, pieces: Iterable[bytes], *, why_skipped: Why | str = "") -> None:
        """Take one file's content, whatever its name says. Raises Refused."""
        stream = self._counted(pieces)
        read = names.read(name)
        if read.unsafe:
            self.skip(name, "unsafe_name", read.unsafe)
            _drain(stream)
            return
        head = b""
        for piece in stream:
            head += piece
            if len(head) >= HEAD:
                break
        language = language_of(read.path, head[:HEAD])
        why = _unreadable(head, language)
        if why:
            self.skip(read.path, *why)
            _drain(stream)
            return
        self._write(read.path, language, head, stream, why_skipped)

    def tree(self, *, commit: str = "", revision: str = "") -> Tree:
        """Return what was taken."""
        files = tuple(self._kept[path] for path in sorted(self._kept))
        skipped = list(self._skipped)
        if self._not_listed:
            skipped.append(Skip("", "limit", f"{self._not_listed:,} more were left out and are not listed."))
        return Tree(self._folder, files, tuple(skipped), commit, revision)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.count(len(piece))
            yield piece

    def _write(
        self, path: str, language: str, head: bytes, rest: Iterator[bytes], why_skipped: Why | str
    ) -> None:
        if len(self._kept) >= self._limits.files:
            raise too_many(self._limits)
        self._number += 1
        stored = names.stored(self._number, path)
        digest, size = hashlib.sha256(), 0
        with self._new(stored) as place:
            for piece in _as_utf8(chain((head,), rest), head):
                size += len(piece)
                if size > self._limits.file_bytes:
                    break
                digest.update(piece)
                _write_all(place, piece)
        if size > self._limits.file_bytes:
            os.unlink(stored, dir_fd=self._place)
            self.skip(path, "too_large", f"It is larger than {self._limits.file_bytes:,} bytes.")
            _drain(rest)
            return
        self._keep(SourceFile(path, stored, size, digest.hexdigest(), language, why_skipped))

    def _keep(self, file: SourceFile) -> None:
        first = self._kept.setdefault(file.path, file)
        if first is not file:
            os.unlink(file.stored, dir_fd=self._place)
            if first.sha256 != file.sha256:
                self.skip(
                    file.path,
                    "duplicate",
                    "The name is given twice, with other content; the first was taken.",
                )

    @contextmanager
    def _new(self, stored: str) -> Iterator[int]:
        place = os.open(stored, NEW, 0o644, dir_fd=self._place)
        try:
            yield place
        finally:
            os.close(place)


def _unreadable(head: bytes, language: str) -> tuple[Why, str] | None:
    start = head[:HEAD]
    if start.startswith(ARCHIVES) or start[257:262] == b"ustar":
        return "nested_archive", "It is an archive; archives inside are not unpacked."
    if start.startswith(b"version https://git-lfs.github.com/spec/"):
        return "unsupported", "Its content is kept by Git LFS and was not fetched."
    # A NUL in what is named as source is no reason to look away: interpreters read past it.
    if b"\0" in start and language in NO_CODE and start[:2] not in UTF16:
        return "binary", "It is not text."
    return None


def _as_utf8(pieces: Iterator[bytes], head: bytes) -> Iterator[bytes]:
    """Give UTF-16 text with its mark as UTF-8, which engines read; all else as it is."""
    coding = UTF16.get(head[:2])
    if coding is None:
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(coding)("replace")
    is_first = True
    for piece in pieces:
        text = decoder.decode(piece)
        yield (text[1:] if is_first else text).encode("utf-8", "replace")
        is_first = False
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _write_all(place: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(place, left) :]


def _drain(pieces: Iterator[bytes]) -> None:
    for _ in pieces:
        pass
