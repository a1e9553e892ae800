"""Usage on disk until the web process has it: append-only segments, one folder for each process.

A record is written before its answer ends, so a process that is killed loses no answered call; a thread makes it
survive a power cut within FSYNC_SECONDS. A segment is deleted when all of it is acknowledged. After a crash the next
process adopts the folder (its lock is free then) and sends it all again: records have unique ids, so web knows twins.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

SEGMENT_BYTES = 1 << 20
FSYNC_SECONDS = 0.5
BATCH_RECORDS = 500
BATCH_BYTES = 512 << 10
LOCK = "owner.lock"
SUFFIX = ".jsonl"


class SpoolFull(Exception):
    """No more usage can be kept: the disk is full, or the spool has reached its bound."""


class Folder:
    """A folder of segments that this process owns, seen from the reader's side."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock
        self._segment: Path | None = None
        self._offset = 0

    def read(self, newest: Path | None) -> tuple[list[bytes], int]:
        """Return the next records not acknowledged yet, and how many bytes they take in the segment.

        newest: the segment still being written, which is kept when it is read to its end.
        """
        while True:
            segment = self._segment or self._oldest()
            if segment is None:
                return [], 0
            self._segment = segment
            data = _read(segment, self._offset, BATCH_BYTES)
            lines = data[: data.rfind(b"\n") + 1].split(b"\n", BATCH_RECORDS)[:BATCH_RECORDS]
            lines = [line for line in lines if line]
            if lines or segment == newest:
                return lines, sum(len(line) + 1 for line in lines)
            self._drop(segment)  # read to its end; half a line there was never answered for

    def acknowledge(self, size: int) -> None:
        """Go past size bytes that the web process has taken."""
        self._offset += size

    def remove(self) -> None:
        """Delete the empty folder and let go of its lock."""
        with suppress(OSError):
            (self.path / LOCK).unlink()
            self.path.rmdir()
        os.close(self._lock)

    def pending(self) -> int:
        """Return how many records wait here; reads the files."""
        total = 0
        for segment in sorted(self.path.glob(f"*{SUFFIX}")):
            offset = self._offset if segment == self._segment else 0
            total += _read(segment, offset, -1).count(b"\n")
        return total

    def _oldest(self) -> Path | None:
        return min(self.path.glob(f"*{SUFFIX}"), default=None)

    def _drop(self, segment: Path) -> None:
        segment.unlink(missing_ok=True)
        self._segment, self._offset = None, 0


class Spool:
    """The folder this process writes, and the folders it adopted."""

    def __init__(self, root: Path, *, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._written_bytes = 0
        self._freed_bytes = 0
        self._number = 0
        self._segment_bytes = 0
        self._descriptor = -1
        self._closing: deque[int] = deque()
        self._is_dirty = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sync_often, name="spool", daemon=True)
        self.written = 0
        self.acknowledged = 0
        self.adopted: list[Folder] = []
        self.adopted_pending = 0

    def start(self) -> None:
        """Make the folder of this process, adopt those of dead ones, and begin to write."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.own = _new_folder(self._root)
        self.adopt()
        self._open_segment()
        self._thread.start()

    def adopt(self) -> None:
        """Take over every folder whose process is gone."""
        for path in sorted(self._root.glob("w-*")):
            if path == self.own.path or any(path == folder.path for folder in self.adopted):
                continue
            lock = _locked(path)
            if lock is not None:
                folder = Folder(path, lock)
                self.adopted.append(folder)
                self.adopted_pending += folder.pending()
                self._written_bytes += sum(file.stat().st_size for file in path.glob(f"*{SUFFIX}"))

    @property
    def pending(self) -> int:
        """Return how many records are not acknowledged yet."""
        return self.written - self.acknowledged + self.adopted_pending

    @property
    def is_full(self) -> bool:
        """Tell whether no further call may begin, because its usage could not be kept."""
        return self._written_bytes - self._freed_bytes >= self._max_bytes

    @property
    def newest(self) -> Path:
        """The segment being written."""
        return self.own.path / f"{self._number:08d}{SUFFIX}"

    def append(self, record: bytes) -> int:
        """Keep one record, a line of JSON without its newline; return its position.

        Raises SpoolFull.
        """
        line = record + b"\n"
        try:
            if self._segment_bytes >= SEGMENT_BYTES:
                self._open_segment()
            written = os.write(self._descriptor, line)
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError as exc:
            raise SpoolFull(f"usage cannot be written under {self._root}: {exc.strerror}") from exc
        self._segment_bytes += len(line)
        self._written_bytes += len(line)
        self._is_dirty = True
        self.written += 1
        return self.written

    def acknowledge(self, folder: Folder, records: int, size: int) -> None:
        """Go past records that the web process has taken."""
        folder.acknowledge(size)
        self._freed_bytes += size
        if folder is self.own:
            self.acknowledged += records
            if self.acknowledged == self.written and self._segment_bytes:
                self._open_segment()
        else:
            self.adopted_pending -= records

    def finish(self, folder: Folder) -> None:
        """Forget an adopted folder that is empty."""
        folder.remove()
        self.adopted.remove(folder)

    def close(self) -> None:
        """Stop; the folder goes away if nothing in it waits, else the next process adopts it."""
        self._stop.set()
        self._thread.join(timeout=5)
        self._sync()
        os.close(self._descriptor)
        if self.acknowledged == self.written:
            for segment in self.own.path.glob(f"*{SUFFIX}"):
                segment.unlink(missing_ok=True)
            self.own.remove()

    def reject(self, record: bytes, reason: str) -> None:
        """Set aside a record that the web process will never take, for a person to look at."""
        folder = self._root / "rejected"
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / f"{os.getpid()}{SUFFIX}").open("ab") as file:
            file.write(record + b"\n")
        with (folder / f"{os.getpid()}.reasons").open("a", encoding="utf-8") as file:
            file.write(reason.replace("\n", " ")[:500] + "\n")

    def _open_segment(self) -> None:
        previous = self._descriptor
        self._number += 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._descriptor = os.open(self.newest, flags, 0o600)
        self._segment_bytes = 0
        if previous >= 0:
            self._closing.append(previous)

    def _sync_often(self) -> None:
        while not self._stop.wait(FSYNC_SECONDS):
            self._sync()

    def _sync(self) -> None:
        while self._closing:
            descriptor = self._closing.popleft()
            with suppress(OSError):
                os.fsync(descriptor)
            os.close(descriptor)
        if self._is_dirty:
            self._is_dirty = False
            with suppress(OSError):
                os.fsync(self._descriptor)


def _read(segment: Path, offset: int, size: int) -> bytes:
    try:
        with segment.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except FileNotFoundError:
        return b""


def _new_folder(root: Path) -> Folder:
    """Make a folder that is locked before anyone can see it under its name."""
    name = f"w-{os.getpid()}-{secrets.token_hex(4)}"
    draft = root / f".{name}"
    draft.mkdir(mode=0o700)
    lock = os.open(draft / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    draft.rename(root / name)
    return Folder(root / name, lock)


def _locked(path: Path) -> int | None:
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    # Another process may have emptied and removed it between our open and our lock.
    if not path.exists():
        os.close(lock)
        return None
    return lock
