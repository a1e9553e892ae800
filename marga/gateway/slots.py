"""Which of the workers this process is: a number from 0, held by a lock on a file for as long as the process lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

SPARE = 64
"""Numbers beyond the workers', for those that start while their predecessors still finish; these have no part."""


class Slot:
    """number: unique among the living processes of this folder. After a crash the successor gets the same one."""

    def __init__(self, folder: Path, workers: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(workers + SPARE):
            self._lock = os.open(folder / f"worker-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                continue
            self.number = number
            return
        raise OSError(f"{folder}: more than {workers + SPARE} gateway processes share this folder")

    def close(self) -> None:
        """Let the number go."""
        os.close(self._lock)
