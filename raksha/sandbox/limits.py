"""How much one job may use."""

from __future__ import annotations

import resource
from contextlib import suppress
from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one job; the kernel holds all but the wall time and the output, which the host holds.

    memory_mb: private writable memory of each process. Not the address space: OCaml's runtime reserves
    gigabytes of it without using them.
    file_mb: the largest file that may be written.  scratch_mb: all of the temporary folder.
    output_mb: what may be answered.
    """

    wall_seconds: float = 300.0
    cpu_seconds: int = 240
    memory_mb: int = 2048
    file_mb: int = 64
    scratch_mb: int = 256
    processes: int = 64
    open_files: int = 256
    output_mb: int = 128

    def apply(self, *, counts_processes: bool = True) -> None:
        """Put the bounds on this process and all that it starts."""
        _set(resource.RLIMIT_CORE, 0)
        _set(
            resource.RLIMIT_CPU, self.cpu_seconds, self.cpu_seconds + 1
        )  # the first process of a namespace ignores the soft one
        _set(resource.RLIMIT_DATA, self.memory_mb * MEGABYTE)
        _set(resource.RLIMIT_FSIZE, self.file_mb * MEGABYTE)
        _set(resource.RLIMIT_NOFILE, self.open_files)
        if counts_processes:
            _set(resource.RLIMIT_NPROC, self.processes)


def _set(which: int, soft: int, hard: int | None = None) -> None:
    most = resource.getrlimit(which)[1]
    hard = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    with suppress(ValueError):  # macOS refuses some of them
        resource.setrlimit(which, (soft, hard))
