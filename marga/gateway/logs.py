"""One JSON line for each request and each event, written by a thread so that a slow disk never holds up a call."""

from __future__ import annotations

import os
import threading
from collections import deque
from datetime import UTC, datetime

import orjson

LONGEST_BACKLOG = 20_000
FLUSH_SECONDS = 0.2
STANDARD_ERROR = 2


class Log:
    """Lines wait in memory, at most LONGEST_BACKLOG; what does not fit is counted in dropped."""

    def __init__(self, descriptor: int = STANDARD_ERROR) -> None:
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self.dropped = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self._flush()

    def line(self, text: bytes) -> None:
        """Take one line, newline included."""
        if len(self._lines) >= LONGEST_BACKLOG:
            self.dropped += 1
        else:
            self._lines.append(text)

    def event(self, name: str, *, level: str = "info", **fields: object) -> None:
        """Take one event."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.line(
            orjson.dumps({"event": name, "level": level, "timestamp": stamp, **fields}, default=str) + b"\n"
        )

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self._flush()

    def _flush(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        rest = memoryview(b"".join(lines))
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except OSError:
                self.dropped += len(lines)
                return
