"""One job's channels, from its owner's side: what it is asked goes out, what it says comes in, both within bounds."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from raksha.sandbox.limits import MEGABYTE, Limits

GRACE_SECONDS = 4.0
"""How long after its wall time the host has to end a job, before the host itself is taken for broken."""
WATCH_SECONDS = 0.2
MOST_ERRORS = 8192
PIECE = 256 * 1024
Watch = Callable[[], str]
Sink = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. code: 128 + number for a signal. ended: empty when it came to its own end, else why not."""

    code: int
    stdout: bytes
    stderr: str
    seconds: float
    ended: str = ""


class Exchange:
    """Sends a job its request and takes what it answers, within bounds."""

    def __init__(
        self, ends: Sequence[socket.socket], limits: Limits, watch: Watch, sink: Sink | None
    ) -> None:
        self._data, self._errors, self._status = ends
        self._limits, self._watch = limits, watch
        self._began = time.monotonic()
        self._out: list[bytes] = []
        self._sink = sink or self._out.append
        self._size = 0
        self._said = b""
        self._ended = ""
        self._told = b""

    def until_end(self, request: Any) -> Outcome | None:
        """Return how the job ended; None when the host died."""
        pending = memoryview(b"" if request is None else json.dumps(request).encode())
        self._data.setblocking(False)
        open_ends = {end.fileno(): end for end in (self._data, self._errors, self._status)}
        poll = select.poll()
        for number in open_ends:
            poll.register(number, select.POLLIN)
        if request is not None:
            poll.modify(self._data, select.POLLIN | select.POLLOUT)
        next_look = 0.0
        while open_ends:
            if (now := time.monotonic()) >= next_look:
                next_look = now + WATCH_SECONDS
                if self._is_over(now):
                    break
            for number, event in poll.poll(WATCH_SECONDS * 1000):
                if event & select.POLLOUT:
                    pending = self._write(pending)
                    if not pending:
                        poll.modify(number, select.POLLIN)
                if event & ~select.POLLOUT and not self._read(open_ends[number]):
                    poll.unregister(number)
                    del open_ends[number]
        return self._outcome()

    def _is_over(self, now: float) -> bool:
        late = now - self._began > self._limits.wall_seconds + GRACE_SECONDS
        self._ended = self._ended or self._watch() or ("timed_out" if late else "")
        return bool(self._ended)

    def _write(self, pending: memoryview) -> memoryview:
        try:
            pending = pending[self._data.send(pending[:PIECE]) :]
        except BlockingIOError:
            return pending
        except OSError:  # it ended without reading
            return pending[:0]
        if not pending:
            with contextlib.suppress(OSError):
                self._data.shutdown(socket.SHUT_WR)
        return pending

    def _read(self, end: socket.socket) -> bool:
        """Take one piece; False at the end of the channel."""
        try:
            piece = end.recv(PIECE)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        if end is self._data:
            self._size += len(piece)
            if self._size > self._limits.output_mb * MEGABYTE:
                self._ended = "too_much_output"
                return False
            self._sink(piece)
        elif end is self._errors:
            self._said = (self._said + piece)[-MOST_ERRORS:]
        else:
            self._told += piece
        return bool(piece)

    def _outcome(self) -> Outcome | None:
        said = self._said.decode(errors="replace")
        seconds = time.monotonic() - self._began
        if self._ended:
            return Outcome(128 + 9, b"".join(self._out), said, seconds, self._ended)
        if not self._told:
            return None
        told = json.loads(self._told)
        return Outcome(told["code"], b"".join(self._out), said, told["seconds"], told["ended"])
