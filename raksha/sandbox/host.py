"""A warm process that forks one sandboxed child for each job: `python -m raksha.sandbox.host FD MODULE…`.

It has one thread, so that forking is safe, and has imported the engines, so that a job starts in milliseconds.
Over the socket FD its owner sends one message per job with the ends of three channels; what a job is asked and
answers goes over these, past this process, which only starts, ends and reports. It ends all jobs and itself when
the socket closes, so it does not outlive its owner.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from raksha.sandbox import children, isolation
from raksha.sandbox.walls import Job, Plan

MOST_MESSAGE = 1024 * 1024
CHANNELS = 3


@dataclass(slots=True)
class Running:
    """One job under way. status: where its end is reported; its other side closes when nobody waits any more."""

    child: int
    status: int
    scratch: str
    began: float
    ends_at: float
    ended: str = ""


@dataclass(slots=True)
class Server:
    """Starts jobs, ends those that take too long or are no longer wanted, and reports how each ended."""

    control: socket.socket
    plan: Plan
    running: dict[int, Running] = field(default_factory=dict)

    def serve(self) -> None:
        """Work until the owner closes its side."""
        woken, waker = socket.socketpair()
        for end in (woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        try:
            while self._turn(woken):
                self._reap()
        finally:
            signal.set_wakeup_fd(-1)
            for job in self.running.values():
                children.kill(job.child)
                children.sweep(job.scratch)

    def _turn(self, woken: socket.socket) -> bool:
        """Wait for something to happen, and do it; False when the owner is gone."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(woken, select.POLLIN)
        for job in self.running.values():
            poll.register(job.status, 0)  # tells when the other side closes
        for number, _ in poll.poll(self._patience_ms()):
            if number == self.control.fileno():
                if not self._accept():
                    return False
            elif number == woken.fileno():
                with contextlib.suppress(BlockingIOError):
                    woken.recv(4096)
            else:
                self._end(number, "cancelled")
        for job in list(self.running.values()):
            if time.monotonic() >= job.ends_at:
                self._end(job.status, "timed_out")
        return True

    def _patience_ms(self) -> int | None:
        waiting = [job.ends_at for job in self.running.values() if not job.ended]
        return max(0, int((min(waiting) - time.monotonic()) * 1000) + 1) if waiting else None

    def _end(self, status: int, why: str) -> None:
        for job in self.running.values():
            if job.status == status and not job.ended:
                job.ended, job.ends_at = why, float("inf")
                children.kill(job.child)

    def _accept(self) -> bool:
        message, numbers, _, _ = socket.recv_fds(self.control, MOST_MESSAGE, CHANNELS)
        if not message:
            return False
        data, errors, status = numbers
        asked: dict[str, Any] = json.loads(message)
        job = Job.from_json(asked["job"])
        work = children.Work(
            function=asked["function"],
            argv=tuple(asked["argv"]),
            environment=tuple(asked["environment"].items()),
        )
        began = time.monotonic()
        child, scratch = children.start(self.plan, job, work, children.Ends(data, errors))
        os.close(data)
        os.close(errors)
        self.running[child] = Running(child, status, scratch, began, began + job.limits.wall_seconds)
        return True

    def _reap(self) -> None:
        while True:
            try:
                child, code = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not child:
                return
            job = self.running.pop(child)
            children.kill(child)  # where there are no namespaces: what is left of its group
            children.sweep(job.scratch)
            told = {
                "code": os.waitstatus_to_exitcode(code),
                "ended": job.ended,
                "seconds": time.monotonic() - job.began,
            }
            with contextlib.suppress(BrokenPipeError):
                os.write(job.status, json.dumps(told).encode())
            os.close(job.status)


def main(arguments: list[str]) -> None:
    """Import the modules, find out which walls stand, say so, and serve."""
    # A forked child inherits this one's handlers, and a terminal's Ctrl-C is for the owner.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(arguments[0]))
    control.set_inheritable(False)
    for name in arguments[1:]:
        module = importlib.import_module(name)
        getattr(module, "warm", int)()  # what every job would otherwise read anew
    # What is there now is shared with all jobs; their collectors are not to touch, and so copy, its pages.
    gc.collect()
    gc.freeze()
    stands = isolation.examine()
    control.sendall(json.dumps(stands.to_json()).encode() + b"\n")
    Server(control, stands.plan).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
