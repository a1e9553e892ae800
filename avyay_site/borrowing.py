"""Embedded servers for the duration of one command, shared by commands that run at once. No Django here.

Three lock files under AVYAY_VAR/run. `servers.gate` is held for the moment of starting or stopping;
`servers.use` is held shared by every command that uses borrowed servers: whoever leaves and can take it
alone was the last one, and stops them. `servers.owner` is held by `manage.py up`, which alone starts and
stops them while it runs. Locks vanish with their process, so a killed command blocks nobody.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from avyay_site import embedded, leftovers
from avyay_site.embedded import Layout, Program, UnableToStart

CLEARING_SECONDS = 15.0
START_SECONDS = 60.0
"""A database that was killed under load may replay its log for a while."""


@contextmanager
def borrow(
    layout: Layout, *, postgres: bool = True, redis: bool = True, settings: tuple[str, ...] = ()
) -> Iterator[None]:
    """Run the body with the wanted servers up: those that run already, or started now and stopped by the last user.

    settings: more PostgreSQL settings, if it is us who start it.
    Raises UnableToStart.
    """
    embedded.make_folders(layout)
    with _locked(layout.run / "servers.use") as use:
        with _gate(layout):
            is_guest = _is_owned(layout)
            if not is_guest:
                fcntl.flock(use, fcntl.LOCK_SH)
                _start_missing(layout, postgres=postgres, redis=redis, settings=settings)
        if is_guest:
            _wait_for_owner(layout, postgres=postgres, redis=redis)
            yield
            return
        note = _sign(layout)
        try:
            yield
        finally:
            note.unlink(missing_ok=True)
            with _gate(layout):
                _leave(layout, use)


@contextmanager
def own(layout: Layout, *, patience_seconds: float = 10.0, is_guard: bool = False) -> Iterator[None]:
    """Run the body as the only one who starts and stops the servers; commands are guests meanwhile.

    Waits for commands that have borrowed them, ends whatever an earlier start left behind.
    is_guard: only clears up for a platform that was killed, so a new one waits for it instead of giving up.
    Raises UnableToStart when a platform runs here already, or a command goes on borrowing.
    """
    embedded.make_folders(layout)
    with _locked(layout.run / "servers.owner") as owner, _locked(layout.run / "servers.use") as use:
        _become_owner(layout, owner)
        if not is_guard:
            _owner_file(layout).write_text(str(os.getpid()), encoding="ascii")
        _wait_for(lambda: _take_over(layout, use), patience_seconds, lambda: _held_by(layout))
        yield


def _become_owner(layout: Layout, owner: IO[str]) -> None:
    """Take the lock of the owner; a guard that clears up after a killed platform is waited for.

    Raises UnableToStart when a platform runs.
    """
    deadline = time.monotonic() + CLEARING_SECONDS
    while not _try_lock(owner):
        pid = _number_in(_owner_file(layout))
        if (pid is not None and psutil.pid_exists(pid)) or time.monotonic() > deadline:
            raise UnableToStart(
                f"A platform already runs with AVYAY_VAR {layout.var} (process {pid}); "
                "stop it, or set AVYAY_VAR to another folder."
            )
        time.sleep(0.05)


def _owner_file(layout: Layout) -> Path:
    return layout.run / "owner.pid"


def _number_in(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii"))
    return None


def _take_over(layout: Layout, use: IO[str]) -> bool:
    with _gate(layout):
        if not _try_lock(use):
            return False
        leftovers.end_children(layout.var)
        leftovers.end_servers(layout)
        fcntl.flock(use, fcntl.LOCK_UN)
    return True


def _is_owned(layout: Layout) -> bool:
    with _locked(layout.run / "servers.owner") as owner:
        return not _try_lock(owner)


def _wait_for_owner(layout: Layout, *, postgres: bool, redis: bool) -> None:
    _wait_for(
        lambda: (
            (not postgres or embedded.is_postgres_ready(layout))
            and (not redis or embedded.is_redis_ready(layout))
        ),
        START_SECONDS,
        lambda: f"The platform of {layout.var} runs, but its database does not answer; see {layout.logs}.",
    )


@contextmanager
def _gate(layout: Layout) -> Iterator[None]:
    """Keep others from starting or stopping servers meanwhile."""
    with _locked(layout.run / "servers.gate") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start_missing(layout: Layout, *, postgres: bool, redis: bool, settings: tuple[str, ...]) -> None:
    waiting: list[tuple[str, Callable[[], bool], subprocess.Popen[bytes]]] = []
    if redis and not embedded.is_redis_ready(layout):
        leftovers.end_redis(layout)
        program = embedded.redis_program(layout)
        waiting.append(("redis", lambda: embedded.is_redis_ready(layout), _start(layout, "redis", program)))
    if postgres and not embedded.is_postgres_ready(layout):
        leftovers.end_postgres(layout)
        embedded.create_cluster(layout)
        program = embedded.postgres_program(layout, settings=settings)
        waiting.append(
            ("postgres", lambda: embedded.is_postgres_ready(layout), _start(layout, "postgres", program))
        )
    for name, is_ready, process in waiting:
        _wait_until_ready(layout, name, is_ready, process)


def _start(layout: Layout, name: str, program: Program) -> subprocess.Popen[bytes]:
    """Start a server that may outlive this command, in a session of its own so that Ctrl-C does not reach it."""
    with (layout.logs / f"{name}.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            program.argv,
            env=program.environment,
            user=program.user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def _wait_until_ready(
    layout: Layout, name: str, is_ready: Callable[[], bool], process: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise UnableToStart(f"The embedded {name} did not start; see {layout.logs / f'{name}.log'}.")
        time.sleep(0.02)
    # Somebody else may stop the server later; the interpreter should not warn that it still runs.
    process.returncode = 0


def _leave(layout: Layout, use: IO[str]) -> None:
    fcntl.flock(use, fcntl.LOCK_UN)
    if _try_lock(use):
        leftovers.end_servers(layout)


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """Open a lock file; closing it lets go of its lock."""
    with path.open("a", encoding="utf-8") as file:
        yield file


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(is_done: Callable[[], bool], seconds: float, complaint: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            raise UnableToStart(complaint())
        time.sleep(0.1)


def _sign(layout: Layout) -> Path:
    """Leave a note of who uses the servers, so that a message can name it."""
    note = layout.run / f"in-use-by-{os.getpid()}"
    note.write_text(" ".join(sys.argv[:2]), encoding="utf-8")
    return note


def _held_by(layout: Layout) -> str:
    names = []
    for note in layout.run.glob("in-use-by-*"):
        pid = int(note.name.rpartition("-")[2])
        if psutil.pid_exists(pid):
            with suppress(OSError):
                names.append(f"`{note.read_text(encoding='utf-8')}` (pid {pid})")
    who = ", ".join(names) or "another command"
    return f"The embedded database of {layout.var} is in use by {who}; wait for it to end, or set AVYAY_VAR."
