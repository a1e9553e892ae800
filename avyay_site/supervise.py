"""Run child processes: start them in order, restart the dead ones, stop all and leave none behind. No Django here.

One thread, woken by signals and by the next thing due. Each child leads a process group of its own, so that
Ctrl-C reaches only us, and what a dead child leaves in its group is killed before it is started again.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from avyay_site import logfiles

FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 10.0
HEALTHY_SECONDS = 30.0
"""A child that was ready for so long starts its backoff anew."""
PROBE_SECONDS = 0.05
ROTATE_SECONDS = 10.0
MARK = "AVYAY_CHILD_OF"
"""Variable that every child carries: the folder of the platform it belongs to."""


class UnableToStart(Exception):
    """A child does not come up; the message names it and shows the end of its log."""


class WrongSetting(UnableToStart):
    """A child refuses a variable; the message is its sentence."""


@dataclass(frozen=True)
class Child:
    """One process to keep running.

    needs: names of children that must be ready before the first start.
    is_task: runs once; being ready means having ended with 0.
    before_start: called before each start, to clear what the previous one left.
    stop_stage, stop_seconds: lower stages stop first; a stage that takes longer is killed.
    """

    name: str
    argv: Sequence[str]
    is_ready: Callable[[], bool] = lambda: True
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    needs: tuple[str, ...] = ()
    is_task: bool = False
    before_start: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_stage: int = 0
    stop_seconds: float = 2.0


@dataclass
class _State:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    is_ready: bool = False
    ready_at: float = 0.0
    due_at: float = 0.0
    failures: int = 0
    log_start: int = 0


class Supervisor:
    """Keeps children running until a signal or `stop`.

    logs: folder of one file a child, or None to share our own output.
    run: folder of `<name>.pid`, the latest process of each child, for `doctor` and scripts.
    mark: value of AVYAY_CHILD_OF in every child.
    tries: how often a child may die before it was ever ready, until the start is given up.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        logs: Path | None,
        run: Path,
        mark: str,
        say: Callable[[str], None],
        tries: int = 3,
    ) -> None:
        self._states = {child.name: _State(child) for child in children}
        self._logs = logs
        self._run = run
        self._mark = mark
        self._say = say
        self._tries = tries
        self._stops = 0
        self._is_announced = False
        self._rotate_at = 0.0

    @property
    def pids(self) -> dict[str, int]:
        """Process numbers of the children that run."""
        return {name: state.process.pid for name, state in self._states.items() if state.process is not None}

    def is_ready(self, name: str) -> bool:
        """Say whether a child is up."""
        return self._states[name].is_ready

    def stop(self) -> None:
        """End `run` soon; a second call makes it kill instead of asking."""
        self._stops += 1

    def run(self, when_ready: Callable[[], None] = lambda: None) -> None:
        """Start everything, call when_ready once all are, keep it running until stopped; then stop it all.

        Raises UnableToStart when a child keeps dying before it was ever ready.
        """
        with _signals(self.stop) as wake:
            try:
                while not self._stops:
                    for state in self._states.values():
                        self._step(state)
                    self._announce(when_ready)
                    self._rotate()
                    _sleep(wake, self._pause())
            finally:
                self._stop_all(wake)

    def _step(self, state: _State) -> None:
        """Do the next thing for one child: start, notice readiness, notice death."""
        now = time.monotonic()
        if state.process is None:
            if (
                now >= state.due_at
                and not (state.child.is_task and state.is_ready)
                and self._may_start(state.child)
            ):
                self._start(state)
            return
        code = state.process.poll()
        if code is not None:
            self._bury(state, code, now)
        elif not state.is_ready and not state.child.is_task and state.child.is_ready():
            state.is_ready, state.ready_at = True, time.monotonic()
            if self._is_announced:
                self._say(f"{state.child.name} is back")

    def _may_start(self, child: Child) -> bool:
        return all(self._states[name].is_ready for name in child.needs) or self._is_announced

    def _start(self, state: _State) -> None:
        child = state.child
        try:
            state.log_start = 0 if self._logs is None else logfiles.size(self._logs, child.name)
            state.process = self._spawn(child)
            (self._run / f"{child.name}.pid").write_text(str(state.process.pid), encoding="ascii")
        except OSError as exc:
            if not self._is_announced:
                raise UnableToStart(f"{child.name} cannot be started: {exc}.") from exc
            self._retry_later(state, f"cannot be started ({exc})", time.monotonic())

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        child.before_start()
        output: IO[bytes] | int = (
            sys.stderr.fileno() if self._logs is None else logfiles.open_log(self._logs, child.name)
        )
        try:
            return subprocess.Popen(  # noqa: S603
                child.argv,
                env={**child.environment, MARK: self._mark},
                user=child.user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            if not isinstance(output, int):
                output.close()

    def _bury(self, state: _State, code: int, now: float) -> None:
        """Note a death, clear its group and set the time of the next start."""
        child, process = state.child, state.process
        state.process = None
        if process is not None:
            _kill_group(process.pid)
        if child.is_task and code == 0:
            state.is_ready = True
            return
        if state.is_ready and now - state.ready_at >= HEALTHY_SECONDS:
            state.failures = 0
        state.is_ready = False
        if not self._is_announced and (child.is_task or state.failures + 1 >= self._tries):
            raise self._failure(state, code)
        self._retry_later(state, _ending(code), now)

    def _retry_later(self, state: _State, why: str, now: float) -> None:
        wait = backoff_seconds(state.failures)
        state.failures += 1
        state.due_at = now + wait
        self._say(f"{state.child.name} {why}; starting it again in {wait:.1f} s")

    def _failure(self, state: _State, code: int) -> UnableToStart:
        name, excerpt = state.child.name, ""
        if self._logs is not None:
            complaint = logfiles.complaint(self._logs, name, since=state.log_start)
            if complaint:
                return WrongSetting(complaint)
            excerpt = logfiles.excerpt(self._logs, name, since=state.log_start)
        return UnableToStart(f"{name} {_ending(code)} at the start.{excerpt}")

    def _announce(self, when_ready: Callable[[], None]) -> None:
        if not self._is_announced and all(state.is_ready for state in self._states.values()):
            self._is_announced = True
            when_ready()

    def _pause(self) -> float:
        """Seconds until something may be due; signals (a death, a stop) wake us earlier."""
        if self._stops:
            return 0
        now = time.monotonic()
        waits = [ROTATE_SECONDS]
        for state in self._states.values():
            if state.child.is_task and state.is_ready:
                continue
            if state.process is None:
                waits.append(max(state.due_at - now, PROBE_SECONDS))
            elif not state.is_ready:
                waits.append(PROBE_SECONDS)
        return min(waits)

    def _rotate(self) -> None:
        if self._logs is not None and time.monotonic() >= self._rotate_at:
            self._rotate_at = time.monotonic() + ROTATE_SECONDS
            for name in self._states:
                logfiles.rotate(self._logs, name)

    def _stop_all(self, wake: int) -> None:
        """Stop stage after stage; then kill whatever is left of any group."""
        states = list(self._states.values())
        groups = [state.process.pid for state in states if state.process is not None]
        for stage in sorted({state.child.stop_stage for state in states}):
            self._stop_stage(
                [state for state in states if state.child.stop_stage == stage and state.process], wake
            )
        for group in groups:
            _kill_group(group)

    def _stop_stage(self, states: list[_State], wake: int) -> None:
        for state in states:
            if state.process is not None:
                with suppress(ProcessLookupError):
                    state.process.send_signal(state.child.stop_signal)
        for state in states:
            deadline = time.monotonic() + state.child.stop_seconds
            while state.process is not None and state.process.poll() is None:
                if self._stops > 1 or time.monotonic() > deadline:
                    _kill_group(state.process.pid)
                _sleep(wake, PROBE_SECONDS)
            if state.process is not None:
                _kill_group(state.process.pid)
                state.process = None


def backoff_seconds(failures: int) -> float:
    """Return how long to wait before the next start, after so many failures before this one."""
    return min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures, 16), LONGEST_BACKOFF_SECONDS)


def _ending(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"ended with {code}"
    with suppress(ValueError):
        return f"was killed ({signal.Signals(-code).name})"
    return f"was killed (signal {-code})"


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _sleep(wake: int, seconds: float) -> None:
    """Wait until a signal arrives or the time is over."""
    readable, _, _ = select.select([wake], [], [], seconds)
    if readable:
        os.read(wake, 1024)


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[int]:
    """Let SIGTERM, SIGINT and SIGHUP stop us, and any signal (a child's death too) wake `_sleep`."""
    receiver, sender = os.pipe()
    os.set_blocking(receiver, False)
    os.set_blocking(sender, False)
    handlers: dict[signal.Signals, object] = {}
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        handlers[number] = signal.signal(number, lambda *_: stop())
    handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
    previous = signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
    try:
        yield receiver
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(receiver)
        os.close(sender)
