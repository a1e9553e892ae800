"""The owner's side of the warm process: any thread of a worker may run jobs in it, several at a time."""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from typing import Any

from raksha.sandbox.children import ENVIRONMENT, NOT_WALLED
from raksha.sandbox.exchange import GRACE_SECONDS, Exchange, Outcome, Sink, Watch
from raksha.sandbox.isolation import Isolation
from raksha.sandbox.limits import MEGABYTE, Limits
from raksha.sandbox.view import PACKAGE
from raksha.sandbox.walls import Job

START_SECONDS = 30.0


class SandboxError(Exception):
    """A job did not end as it should; the message says how."""


class Broken(SandboxError):
    """The sandbox itself failed; trying again may help."""


class Walless(SandboxError):
    """The operator requires walls that this system does not give; trying again does not help."""


class Failed(SandboxError):
    """An engine failed on what it was given. ended: "timed_out", "cancelled", "too_much_output" or "failed"."""

    def __init__(self, message: str, *, ended: str) -> None:
        super().__init__(message)
        self.ended = ended


class Host:
    """A warm process for jobs behind walls. Starts with the first job and again whenever it has died."""

    def __init__(
        self, *, imports: Sequence[str] = (), most_jobs: int = 4, require_network_wall: bool = False
    ) -> None:
        self._imports = tuple(imports)
        self._slots = threading.BoundedSemaphore(most_jobs)
        self._requires = require_network_wall
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._isolation: Isolation | None = None

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def isolation(self) -> Isolation:
        """Which walls stand; starts the process. Raises Broken."""
        with self._lock:
            self._ensure()
            assert self._isolation is not None  # noqa: S101 (set by _ensure)
            return self._isolation

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def call(
        self,
        function: str,
        request: Mapping[str, Any],
        *,
        folder: str,
        limits: Limits,
        reads: Sequence[str] = (),
        watch: Watch = lambda: "",
    ) -> Any:
        """Call "module:function" with request behind the walls, in folder; return its answer, which is not trusted.

        watch: asked several times a second; a word from it ends the job.
        Raises Failed, Broken, Walless.
        """
        job = Job(folder=folder, limits=limits, reads=tuple(reads))
        done = self._perform(job, {"function": function, "argv": [], "environment": {}}, request, watch)
        if done.ended:
            raise Failed(f"{function} was ended: {done.ended}.", ended=done.ended)
        if done.code != 0:
            raise Failed(f"{function} failed with code {done.code}: {done.stderr[-500:]}", ended="failed")
        try:
            return json.loads(done.stdout)["answer"]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise Failed(f"{function} answered no JSON.", ended="failed") from exc

    def run(
        self,
        argv: Sequence[str],
        *,
        folder: str,
        limits: Limits,
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        network: bool = False,
        environment: Mapping[str, str] | None = None,
        watch: Watch = lambda: "",
        sink: Sink | None = None,
    ) -> Outcome:
        """Run a program behind the walls, in folder, and return how it ended and what it said.

        writes: folders that it may change; they are given to the job's user.
        sink: takes the output piece by piece; what it raises ends the job and comes out here.
        Raises Broken, Walless.
        """
        program = argv[0] if "/" in argv[0] else shutil.which(argv[0], path=ENVIRONMENT["PATH"])
        if program is None:
            raise Broken(f"The program {argv[0]} is not installed.")
        job = Job(folder=folder, limits=limits, reads=tuple(reads), writes=tuple(writes), network=network)
        work = {"function": "", "argv": [program, *argv[1:]], "environment": dict(environment or {})}
        return self._perform(job, work, None, watch, sink)

    def close(self) -> None:
        """End the process and every job."""
        with self._lock:
            self._stop()

    def _perform(
        self, job: Job, work: dict[str, Any], request: Any, watch: Watch, sink: Sink | None = None
    ) -> Outcome:
        with self._slots:
            for is_last in (False, True):
                data, errors, status = self._begin(job, work)
                with data, errors, status:
                    done = Exchange((data, errors, status), job.limits, watch, sink).until_end(request)
                if done is not None:
                    break
                if is_last or job.writes or sink:
                    raise Broken("The sandbox's process ended while a job ran.")
        assert done is not None  # noqa: S101 (else raised above)
        if done.code == NOT_WALLED and not done.ended:
            raise Broken(done.stderr.strip() or "The walls around a job do not stand.")
        return done

    def _begin(self, job: Job, work: dict[str, Any]) -> tuple[socket.socket, socket.socket, socket.socket]:
        message = json.dumps({"job": job.to_json(), **work}).encode()
        with ExitStack() as on_error, ExitStack() as always:
            ours, theirs = zip(*(socket.socketpair() for _ in range(3)), strict=True)
            for our, their in zip(ours, theirs, strict=True):
                on_error.enter_context(our)
                always.enter_context(their)
            self._submit(message, theirs)
            on_error.pop_all()
        return ours

    def _submit(self, message: bytes, ends: Sequence[socket.socket]) -> None:
        """Give the host a job, once more if it died since the last one. Raises Broken, Walless."""
        try:
            with self._lock:
                self._ensure()
                try:
                    self._send(message, ends)
                except OSError:
                    self._stop()
                    self._ensure()
                    self._send(message, ends)
        except OSError as exc:
            raise Broken("The sandbox's process does not take jobs.") from exc

    def _send(self, message: bytes, ends: Sequence[socket.socket]) -> None:
        assert self._control is not None  # noqa: S101 (set by _ensure)
        sent = socket.send_fds(self._control, [message], [end.fileno() for end in ends])
        if sent != len(message):
            raise OSError("a job's description is too long")

    def _ensure(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own code)
                [sys.executable, "-m", "raksha.sandbox.host", str(theirs.fileno()), *self._imports],
                cwd=PACKAGE.parent,
                env={**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._control = ours
        ours.settimeout(START_SECONDS)
        try:
            with ours.makefile("rb") as stream:
                self._isolation = Isolation.from_json(json.loads(stream.readline(MEGABYTE)))
        except (OSError, ValueError) as exc:
            self._stop()
            raise Broken("The sandbox's process does not start.") from exc
        ours.settimeout(None)
        if self._requires and not self._isolation.network:
            self._stop()
            raise Walless(
                "RAKSHA_SANDBOX is require, and this system gives no network wall; allow user namespaces or "
                "seccomp, or set it to auto."
            )

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(timeout=GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@cache
def shared(*, imports: tuple[str, ...] = (), most_jobs: int = 4, require_network_wall: bool = False) -> Host:
    """Return this process's one host of that kind; it ends with the process."""
    host = Host(imports=imports, most_jobs=most_jobs, require_network_wall=require_network_wall)
    atexit.register(host.close)
    return host
