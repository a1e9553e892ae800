"""Find and end servers that an earlier start left behind. No Django here.

Call these only while holding the lock that says nobody else uses the servers (see borrowing.py).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from avyay_site.embedded import Layout
from avyay_site.supervise import MARK

PATIENCE_SECONDS = 5.0


def end_servers(layout: Layout) -> None:
    """Stop every embedded server of this layout."""
    end_redis(layout)
    end_postgres(layout)


def end_redis(layout: Layout) -> None:
    """Stop a Redis of this layout, if there is one."""
    _end(_working_in(layout.redis_data, "redis-server"), signal.SIGTERM)


def end_postgres(layout: Layout) -> None:
    """Stop a PostgreSQL of this layout, if there is one, and remove its lock files.

    A PostgreSQL whose main process was killed leaves backends that hold shared memory for a moment;
    a new one refuses to start until they are gone. It also refuses when the process number in a stale
    lock file has been given to somebody else since.
    """
    main = _number_in(layout.postgres_data / "postmaster.pid")
    found = _working_in(layout.postgres_data, "postgres")
    _end([process for process in found if process.pid == main], signal.SIGINT)
    _end(_working_in(layout.postgres_data, "postgres"), signal.SIGKILL)
    socket_lock = layout.postgres_socket.with_name(f"{layout.postgres_socket.name}.lock")
    for lock in (layout.postgres_data / "postmaster.pid", socket_lock):
        lock.unlink(missing_ok=True)


def end_children(var: Path) -> None:
    """Stop what a platform of this folder left running: everything that carries its mark, helpers of children too."""
    ours = [process for process in psutil.process_iter() if _carries_mark(process, str(var))]
    _end(ours, signal.SIGTERM)


def _end(processes: list[psutil.Process], number: signal.Signals) -> None:
    """Signal each, wait, then kill what stays."""
    for process in processes:
        _signal(process, number)
    for process in (stubborn := _wait(processes)):
        _signal(process, signal.SIGKILL)
    _wait(stubborn)


def _wait(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run after the patience is over.

    Not psutil.wait_procs: that also waits for the dead whom nobody has reaped yet, and in some
    containers process 1 takes seconds to do so.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (alive := [process for process in processes if _is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _working_in(folder: Path, name: str) -> list[psutil.Process]:
    """Return the processes of that name that work in folder; each server works in its own data folder."""
    return list(_search(str(folder.resolve()), name))


def _search(folder: str, name: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name().startswith(name) and process.cwd() == folder:
                yield process


def _number_in(lock: Path) -> int | None:
    """Return the process number on the first line of a lock file."""
    with suppress(OSError, ValueError, IndexError):
        return int(lock.read_text(encoding="utf-8").split()[0])
    return None


def _carries_mark(process: psutil.Process, var: str) -> bool:
    with suppress(psutil.Error, OSError):
        return bool(process.environ().get(MARK) == var)
    return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.Error):
        process.send_signal(number)
