"""Which walls stand here: tried once, shown by the doctor, the coverage box and the documents."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from raksha.sandbox import filters, walls
from raksha.sandbox.children import Ends, Work, start, sweep
from raksha.sandbox.limits import Limits
from raksha.sandbox.walls import Job, Plan

WALLS = {
    "network": "scanning code reaches no network",
    "files": "scanning code sees only programs, its own folder and a temporary folder in memory",
    "processes": "scanning code sees no other process, and all of a scan ends at once",
    "user": "scanning code has no privileges and cannot gain any",
    "calls": "system calls that scanning has no need of are refused",
    "limits": "processor time, memory, file sizes and numbers of files and processes are bounded",
}


@dataclass(frozen=True, slots=True)
class Isolation:
    """Which walls stand around everything that reads scanned code."""

    network: bool
    files: bool
    processes: bool
    user: bool
    calls: bool
    limits: bool
    plan: Plan

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of walls that this system does not give."""
        return tuple(name for name in WALLS if not getattr(self, name))

    @property
    def says(self) -> str:
        """One sentence for a reader."""
        if not self.missing:
            return "All walls stand: " + "; ".join(WALLS.values()) + "."
        lost = "; ".join(f"not that {WALLS[name]}" for name in self.missing)
        return f"This system gives no {', '.join(self.missing)} wall: {lost}."

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Isolation:
        return cls(**{**value, "plan": Plan(**value["plan"])})


def examine() -> Isolation:
    """Find the best plan by trying. Forks: only for a single-threaded process."""
    plan = next(plan for plan in _plans() if plan == Plan() or _stands(plan))
    is_linux = sys.platform.startswith("linux")
    has_namespaces = plan.namespaces != "none"
    return Isolation(
        network=has_namespaces or plan.call_filter,
        files=has_namespaces,
        processes=has_namespaces,
        user=is_linux and (os.geteuid() != 0 or has_namespaces or _may_change_user()),
        calls=plan.call_filter,
        limits=is_linux,
        plan=plan,
    )


def _plans() -> Iterator[Plan]:
    """Yield plans, strongest first."""
    if sys.platform.startswith("linux"):
        whole = Plan(call_filter=platform.machine() in filters.ARCHITECTURES, counts_processes=True)
        if os.geteuid() == 0:
            yield from _variants(replace(whole, namespaces="as_root"))
        yield from _variants(replace(whole, namespaces="as_user"))
        yield from _variants(whole)
    yield Plan()


def _variants(plan: Plan) -> Iterator[Plan]:
    yield plan
    yield replace(plan, counts_processes=False)  # before Linux 5.14 the person's own programs are counted too
    if plan.call_filter:
        yield replace(plan, call_filter=False)


def _stands(plan: Plan) -> bool:
    """Tell whether a job of this plan gets as far as forking inside its walls."""
    job = Job(folder=view_folder(), limits=Limits(processes=16))
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull, "wb") as nothing:
        work = Work(function="raksha.sandbox.isolation:can_fork")
        child, scratch = start(plan, job, work, Ends(theirs.fileno(), nothing.fileno()))
        theirs.close()
        with suppress(OSError):  # it may have ended before it read anything
            ours.sendall(b"{}")
            ours.shutdown(socket.SHUT_WR)
        _, status = os.waitpid(child, 0)
        answer = ours.recv(100)
    sweep(scratch)
    return os.waitstatus_to_exitcode(status) == 0 and b"true" in answer


def view_folder() -> str:
    """Return a folder that every system has and that holds nothing of interest."""
    return os.path.dirname(os.path.abspath(__file__))


def _may_change_user() -> bool:
    child = os.fork()
    if not child:
        try:
            os.setresuid(walls.NOBODY, walls.NOBODY, walls.NOBODY)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def can_fork(request: dict[str, Any]) -> bool:
    """Fork once; runs inside the walls."""
    child = os.fork()
    if not child:
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
