"""Find and end servers that an earlier start left behind. No Django here.

Call these only while holding the lock that says nobody else uses the servers (see borrowing.py).
"""

from __future__ import annotations

import signal
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
    found = _working_in(layout.postgres_data, "postgres")
    numbers = {process.pid for process in found}
    main = [process for process in found if _parent_of(process) not in numbers]
    _end(main, signal.SIGINT)
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
    if not processes:
        return
    for process in processes:
        _signal(process, number)
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)


def _working_in(folder: Path, name: str) -> list[psutil.Process]:
    """Return the processes of that name that work in folder; each server works in its own data folder."""
    return list(_search(str(folder.resolve()), name))


def _search(folder: str, name: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name().startswith(name) and process.cwd() == folder:
                yield process


def _parent_of(process: psutil.Process) -> int | None:
    with suppress(psutil.Error):
        return int(process.ppid())
    return None


def _carries_mark(process: psutil.Process, var: str) -> bool:
    with suppress(psutil.Error, OSError):
        return bool(process.environ().get(MARK) == var)
    return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.Error):
        process.send_signal(number)
