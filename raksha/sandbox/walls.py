"""The walls between a job and everything else: which of them this system can have, and raising them.

Called in a process of its own that does nothing else afterwards; none of it can be taken back.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from raksha.sandbox import filters, kernel, view
from raksha.sandbox.limits import Limits

NOBODY = 65534
FIRST_OWN_ID = 2_000_000_000
"""Above every range that systems hand out; each job as root runs as this plus its process id."""
NAMESPACES = (
    kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET
)
Namespaces = Literal["as_root", "as_user", "none"]


class UnableToWall(Exception):
    """A wall that this system can have does not stand; the message says which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The walls that every job here gets. A job whose walls do not all stand is not run."""

    namespaces: Namespaces = "none"
    call_filter: bool = False
    counts_processes: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What one job may see and use. folder is readable, writes are writable; paths are absolute."""

    folder: str
    limits: Limits
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    network: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Job:
        tuples = {name: tuple(value[name]) for name in ("reads", "writes")}
        return cls(**{**value, **tuples, "limits": Limits(**value["limits"])})


def leave(plan: Plan, job: Job) -> None:
    """Leave the namespaces of the system; the next process that is forked lives in the new ones.

    Raises UnableToWall.
    """
    if plan.namespaces == "none":
        return
    flags = NAMESPACES & ~(kernel.CLONE_NEWNET if job.network else 0)
    with _wall("namespaces"):
        if plan.namespaces == "as_root":
            kernel.unshare(flags)
            return
        user, group = os.getuid(), os.getgid()
        kernel.unshare(flags | kernel.CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{NOBODY} {user} 1")
        _write("/proc/self/gid_map", f"{NOBODY} {group} 1")


def enter(plan: Plan, job: Job, *, own_id: int) -> None:
    """Raise the remaining walls around this process and go into the job's folder.

    own_id: a number that no other job has now.
    Raises UnableToWall.
    """
    # Opened from here, the folder is reachable even when those above it are closed to the job's user.
    with _wall("its folder"):
        place = os.open(job.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    if plan.namespaces != "none":
        with _wall("files"):
            reads = (*job.reads, *(() if job.folder in job.writes else (job.folder,)))
            view.build(reads=reads, writes=job.writes, network=job.network, scratch_mb=job.limits.scratch_mb)
            os.chdir(job.folder)
    else:
        os.fchdir(place)
    os.close(place)
    job.limits.apply(counts_processes=plan.counts_processes)
    with _wall("privileges"):
        _drop_user(own_id)
        _drop_rest(plan)
    if plan.call_filter:
        with _wall("system calls"):
            kernel.filter_calls(filters.program(platform.machine(), network=job.network))


def user_for(own_id: int) -> int:
    """Return the user id under which a job of root runs."""
    return FIRST_OWN_ID + own_id


def _drop_user(own_id: int) -> None:
    if os.geteuid() != 0:
        return
    os.setgroups([])
    try:
        os.setresgid(*[user_for(own_id)] * 3)
        os.setresuid(*[user_for(own_id)] * 3)
    except OSError:  # a container whose user ids end earlier
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _drop_rest(plan: Plan) -> None:
    if not sys.platform.startswith("linux"):
        return
    kernel.die_with_parent(signal.SIGKILL)  # anew: the change of user forgot it
    kernel.forbid_new_privileges()
    kernel.forbid_inspection()
    kernel.drop_capabilities()


def _write(path: str, text: str) -> None:
    number = os.open(path, os.O_WRONLY)
    try:
        os.write(number, text.encode())
    finally:
        os.close(number)


@contextmanager
def _wall(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise UnableToWall(f"The wall around {name} does not stand: {exc}") from exc
