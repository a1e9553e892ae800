"""One job as processes: an outer one that leaves the namespaces and waits, and an inner one behind the walls.

Only a single-threaded process may call start(): it forks.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from raksha.sandbox import kernel, view, walls
from raksha.sandbox.walls import Job, Plan

NOT_WALLED = 125
"""How a job ends whose walls did not stand; its error output says why."""
NOT_FOUND = 127
OWN_PACKAGES = ("raksha.engines.", "raksha.sandbox.")
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": view.SCRATCH,
    "TMPDIR": view.SCRATCH,
}


@dataclass(frozen=True, slots=True)
class Work:
    """What a job does: call "module:function" with the request it is sent, or become the program argv."""

    function: str = ""
    argv: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ends:
    """The job's ends of its channels, as descriptors: request and answer, and errors."""

    data: int
    errors: int


def start(plan: Plan, job: Job, work: Work, ends: Ends) -> tuple[int, str]:
    """Fork a job; return the id of its outer process, which leads the job's group, and its folder to remove.

    The folder is empty where the job's temporary folder is in memory.
    """
    scratch = "" if plan.namespaces != "none" else tempfile.mkdtemp(prefix="avyay-job-")
    parent = os.getpid()
    child = os.fork()
    if not child:
        _forever(lambda: _outer(plan, job, work, ends, scratch=scratch, parent=parent), ends)
    return child, scratch


def kill(child: int) -> None:
    """End a job: the outer process, its group, and with the inner one all of its namespace."""
    for send in (os.killpg, os.kill):  # the group is not there yet if the job has only just begun
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(child, signal.SIGKILL)


def sweep(scratch: str) -> None:
    """Remove a job's temporary folder."""
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)


def _outer(plan: Plan, job: Job, work: Work, ends: Ends, *, scratch: str, parent: int) -> int:
    own_id = os.getpid()
    signal.set_wakeup_fd(-1)  # the host's
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    _become_quiet(ends)
    _die_with(parent)
    _offer_for_oom()
    _hand_over([*job.writes, *([scratch] if scratch else [])], own_id)
    walls.leave(plan, job)
    child = os.fork()
    if not child:
        _forever(lambda: _inner(plan, job, work, ends, scratch=scratch, own_id=own_id), ends)
    os.close(ends.data)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _inner(plan: Plan, job: Job, work: Work, ends: Ends, *, scratch: str, own_id: int) -> int:
    if sys.platform.startswith("linux"):
        kernel.die_with_parent(signal.SIGKILL)
    walls.enter(plan, job, own_id=own_id)
    environment = {**ENVIRONMENT, **({"HOME": scratch, "TMPDIR": scratch} if scratch else {})}
    if work.argv:
        os.dup2(ends.data, 1)
        environment.update(work.environment)
        os.execve(work.argv[0], work.argv, environment)  # noqa: S606 (fixed by our own code)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    with socket.socket(fileno=ends.data) as channel:
        channel.sendall(json.dumps(_answer(work.function, channel)).encode())
    return 0


def _answer(function: str, channel: socket.socket) -> dict[str, Any]:
    module, _, name = function.partition(":")
    if not module.startswith(OWN_PACKAGES):
        raise ValueError(f"{module} is not one of our engines.")
    with channel.makefile("rb") as stream:
        request = json.loads(stream.read())
    call: Callable[[Any], Any] = getattr(importlib.import_module(module), name)
    return {"answer": call({**request, "folder": "."})}


def _become_quiet(ends: Ends) -> None:
    """Leave nothing open but the channels: input is empty, output goes nowhere, errors to their channel."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(ends.errors, 2)
    _close_all_but(ends.data)


def _close_all_but(kept: int) -> None:
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)


def _die_with(parent: int) -> None:
    if sys.platform.startswith("linux"):
        kernel.die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _offer_for_oom() -> None:
    """Let the kernel, when memory runs out, end jobs before the platform."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as place:
        place.write("1000")


def _hand_over(folders: Sequence[str], own_id: int) -> None:
    """Give folders and what is in them to the user of the job."""
    if os.geteuid() != 0:
        return
    for folder in folders:
        for place, _, names in os.walk(folder):
            for path in (place, *(os.path.join(place, name) for name in names)):
                try:
                    os.lchown(path, walls.user_for(own_id), walls.user_for(own_id))
                except OSError:  # a container whose user ids end earlier
                    os.lchown(path, walls.NOBODY, walls.NOBODY)


def _forever(work: Callable[[], int], ends: Ends) -> NoReturn:
    """Do the work and end this process, whatever happens: nothing of the host's may run in a fork of it."""
    code = 1
    try:
        code = work()
    except walls.UnableToWall as exc:
        _say(f"{exc}\n")
        code = NOT_WALLED
    except FileNotFoundError as exc:
        _say(f"{exc}\n")
        code = NOT_FOUND
    except BaseException as exc:  # noqa: BLE001
        _say(f"{type(exc).__name__}: {exc}\n")
    finally:
        with contextlib.suppress(OSError):
            os.close(ends.data)
        os._exit(code)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, text.encode(errors="replace")[:4000])
