"""Public identifiers: a prefix that names the kind, and a ULID, so that ids sort by time of making. No Django."""

from __future__ import annotations

import os
import threading
import time

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26


def ulid(milliseconds: int, randomness: int) -> str:
    """Return the ULID of 48 bits of Unix time and 80 bits of randomness.

    Source: the ULID specification, https://github.com/ulid/spec.
    """
    value = (milliseconds & (2**48 - 1)) << 80 | randomness & (2**80 - 1)
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


class Sequence:
    """ULIDs that rise within this process, also within one millisecond: what is made later sorts later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = (0, 0)

    def following(self, milliseconds: int, randomness: int) -> str:
        """Return a ULID above all before it."""
        with self._lock:
            self._latest = max((milliseconds, randomness), (self._latest[0], self._latest[1] + 1))
            return ulid(*self._latest)


_sequence = Sequence()


def new_id(prefix: str) -> str:
    """Return a fresh id such as `key_01JD…`: the prefix, an underscore and 26 characters.

    Within one process later ids sort after earlier ones, even when the clock is set back.
    """
    return f"{prefix}_{_sequence.following(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(9)))}"
