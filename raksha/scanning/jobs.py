"""Have engines look at files: side by side, in jobs of some files each, with what went wrong narrowed down to single files."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from raksha import sandbox
from raksha.coverage import Skip, Why
from raksha.engines.results import EngineResult, FileNote
from raksha.engines.strict import Malformed
from raksha.intake.trees import SourceFile
from raksha.sandbox import Limits
from raksha.scanning.caching import Answer
from raksha.scanning.engines import Engine, plain, request_of
from raksha.scanning.progress import Progress

log = structlog.get_logger(__name__)

T = TypeVar("T")
SIDE_BY_SIDE = 2
LOOKED_EVERY_SECONDS = 0.2
JOB_SECONDS = 300.0
MOST_FAILURES = 24
SAYS: Mapping[str, tuple[Why, str]] = {
    "timed_out": ("timed_out", "The engine ran out of time on it."),
    "too_much_output": ("limit", "The engine said more about it than is taken."),
    "failed": (
        "engine_failed",
        "The engine ended without an answer; it may need more memory than it is given.",
    ),
    "malformed": ("engine_failed", "The engine's answer was not understood."),
    "no_time": ("timed_out", "The time of the whole scan was used up."),
}


class Runner(Protocol):
    """What runs a job: `sandbox.Host.call`."""

    def __call__(
        self,
        function: str,
        request: Mapping[str, Any],
        *,
        folder: str,
        limits: Limits,
        watch: sandbox.Watch,
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class Work:
    """An engine, all files that it looks at, and those of which no result is kept."""

    engine: Engine
    files: list[SourceFile]
    missing: list[SourceFile]


@dataclass(slots=True)
class Done:
    """What an engine said: by path, and what concerns no single file."""

    answers: dict[str, Answer] = field(default_factory=dict)
    skipped: list[Skip] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work
    only: list[SourceFile]


class Jobs:
    """The jobs of one scan.

    folder: where the files lie. seconds: for all jobs together; what is left then is reported as left out.
    """

    def __init__(self, folder: str, runner: Runner, progress: Progress, *, seconds: float) -> None:
        self._folder, self._runner, self._progress = folder, runner, progress
        self._ends_at = time.monotonic() + seconds
        self._is_over = threading.Event()
        self._failures = 0
        self._done: dict[str, Done] = {}
        self._left: dict[str, int] = {}

    def run(self, works: Sequence[Work]) -> dict[str, Done]:
        """Return what each engine said.

        Raises LeaseLost, sandbox.Broken, sandbox.Walless; no job runs any more after it.
        """
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="scan") as pool:
            try:
                self._run(pool, works)
            finally:
                self._is_over.set()
                pool.shutdown(wait=True, cancel_futures=True)
        return self._done

    def ask(self, function: str, files: Sequence[SourceFile], question: Mapping[str, Any]) -> Any:
        """Return the answer to one more question about files; None when it failed or no time is left."""
        seconds = min(JOB_SECONDS, self._ends_at - time.monotonic())
        if seconds <= 0:
            return None
        request = {"folder": self._folder, "files": [plain(file) for file in files], "only": [], **question}
        limits = Limits(wall_seconds=seconds, cpu_seconds=int(seconds) + 1)
        try:
            return self._runner(function, request, folder=self._folder, limits=limits, watch=lambda: "")
        except sandbox.Failed as exc:
            log.warning("engine_question_failed", function=function, files=len(files), ended=exc.ended)
            return None

    def _run(self, pool: ThreadPoolExecutor, works: Sequence[Work]) -> None:
        pending: dict[Future[EngineResult], _Job] = {}
        for work in works:
            self._begin(work)
        for job in _in_turn([list(_jobs(work)) for work in works]):
            pending[pool.submit(self._perform, job)] = job
        while pending:
            ended, _ = wait(pending, timeout=LOOKED_EVERY_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                job = pending.pop(future)
                for smaller in self._take(job, future):
                    pending[pool.submit(self._perform, smaller)] = smaller
            self._progress.keep()

    def _begin(self, work: Work) -> None:
        stage, name = work.engine.stage, work.engine.name
        self._done[name] = Done()
        self._left[name] = len(work.files)
        self._progress.begin(stage, total=len(work.files))
        self._count(work.engine, len(work.files) - len(work.missing))

    def _perform(self, job: _Job) -> EngineResult:
        """Run one job; called in a thread of the pool, without the database."""
        seconds = min(JOB_SECONDS, self._ends_at - time.monotonic())
        if seconds <= 0:
            raise sandbox.Failed("no time", ended="no_time")
        request = request_of(job.work.engine, self._folder, job.work.files, job.only)
        answer = self._runner(
            job.work.engine.function,
            request,
            folder=self._folder,
            limits=Limits(wall_seconds=seconds, cpu_seconds=int(seconds) + 1),
            watch=lambda: "cancelled" if self._is_over.is_set() else "",
        )
        return EngineResult.from_json(answer, files={file["path"] for file in request["files"]})

    def _take(self, job: _Job, future: Future[EngineResult]) -> Iterator[_Job]:
        """Note what a job said; return smaller jobs where it failed."""
        try:
            self._note(job, future.result())
        except sandbox.Failed as exc:
            yield from self._narrow(job, exc.ended, str(exc))
        except Malformed as exc:
            yield from self._narrow(job, "malformed", str(exc))

    def _note(self, job: _Job, result: EngineResult) -> None:
        done = self._done[job.work.engine.name]
        done.answers |= split(result, [file.path for file in job.only])
        done.skipped += [skip for skip in result.skipped if not skip.path]
        done.versions |= result.versions
        self._count(job.work.engine, len(job.only))

    def _narrow(self, job: _Job, ended: str, detail: str) -> Iterator[_Job]:
        """Halve a job that failed, so that one bad file costs no other its result; in the end name that file."""
        self._failures += 1
        log.warning("engine_job_failed", engine=job.work.engine.name, files=len(job.only), ended=ended)
        if len(job.only) > 1 and self._failures < MOST_FAILURES and time.monotonic() < self._ends_at:
            middle = len(job.only) // 2
            yield _Job(job.work, job.only[:middle])
            yield _Job(job.work, job.only[middle:])
            return
        why, says = SAYS.get(ended, SAYS["failed"])
        done = self._done[job.work.engine.name]
        for file in job.only:
            done.answers[file.path] = Answer(skipped=(Skip(file.path, why, says),))
        self._count(job.work.engine, len(job.only))

    def _count(self, engine: Engine, files: int) -> None:
        self._progress.advance(engine.stage, files)
        self._left[engine.name] -= files
        if not self._left[engine.name]:
            self._progress.finish(engine.stage)


def split(result: EngineResult, paths: Sequence[str]) -> dict[str, Answer]:
    """Return an engine's result by file; a file about which nothing is said has an empty answer."""
    detections, skipped, packages = defaultdict(list), defaultdict(list), defaultdict(list)
    for found in result.detections:
        detections[found.place.path].append(found)
    for skip in result.skipped:
        skipped[skip.path].append(skip)
    for package in result.packages:
        packages[package.path].append(package)
    nothing = FileNote()
    answers = {}
    for path in paths:
        note = result.per_file.get(path, nothing)
        answers[path] = Answer(
            detections=_chosen(result.detections, note.detections, detections.get(path, ())),
            skipped=_chosen(result.skipped, note.skipped, skipped.get(path, ())),
            packages=tuple(packages.get(path, ())),
            consulted=note.consulted,
        )
    return answers


def _chosen(
    everything: Sequence[T], numbers: Sequence[int] | None, of_the_file: Sequence[T]
) -> tuple[T, ...]:
    return tuple(of_the_file) if numbers is None else tuple(everything[number] for number in numbers)


def _jobs(work: Work) -> Iterator[_Job]:
    size = work.engine.files_a_job
    for start in range(0, len(work.missing), size):
        yield _Job(work, work.missing[start : start + size])


def _in_turn(queues: list[list[_Job]]) -> Iterator[_Job]:
    """Return one job of each engine, then the next of each, so that none waits for all of another."""
    for number in range(max(map(len, queues), default=0)):
        yield from (queue[number] for queue in queues if number < len(queue))
