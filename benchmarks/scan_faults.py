"""The scanner's fault rows R-01 to R-12 at their full counts: a table of row, count, result and seconds.

python -m benchmarks.scan_faults [--only R-01 R-06] [--scale 0.1]

The corpora are those of raksha/intake/tests, raksha/sandbox/tests and raksha/tests, where each check
also has a control that must fail; here they have their full sizes, and times, memory and disk are measured. Everything
stays on loopback, in a folder of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avyay_site.settings")
django.setup()

from avyay_site.addresses import Address  # noqa: E402
from benchmarks.common import earlier_rows, machine, write  # noqa: E402
from raksha.engines.results import EngineResult  # noqa: E402
from raksha.intake import git, urls  # noqa: E402
from raksha.intake.archives import unpack_archive  # noqa: E402
from raksha.intake.tests import git_server, hostile_archives, test_urls  # noqa: E402
from raksha.intake.tests.test_git import crafted  # noqa: E402
from raksha.intake.trees import MEGABYTE, Limits, Refused, Tree, UnableToTake, Unavailable  # noqa: E402
from raksha.sandbox import Host  # noqa: E402
from raksha.sandbox import Limits as JobLimits  # noqa: E402
from raksha.sandbox.tests.test_walls import Canary, check  # noqa: E402
from raksha.tests import hostile_sources  # noqa: E402

Row = Callable[[Path, float], tuple[int, str]]
PROBE = "raksha.sandbox.tests.probe:run"
ENGINE = "raksha.engines.semgrep:run"
REFUSED_IN_SECONDS, MOST_MEMORY_MB = 2.0, 200
WALL_SECONDS, GRACE_SECONDS = 300.0, 5.0


def bombs(folder: Path, scale: float) -> tuple[int, str]:
    """R-01: each in a process of its own, so that its memory can be seen."""
    slowest, largest, most = 0.0, 0.0, 0.0
    base = _alone("nothing", folder)["memory_mb"]
    makers = hostile_archives.bombs(scale)
    for number, (name, make) in enumerate(makers.items()):
        path = folder / f"{number}.bomb"
        make(path)
        told = _alone(str(path), folder)
        path.unlink()
        allowed = name in hostile_archives.HARMLESS
        assert bool(told["refused"]) != allowed, f"{name}: {told}"
        assert told["seconds"] <= REFUSED_IN_SECONDS, f"{name}: {told}"
        assert told["written"] <= Limits().bytes, f"{name}: {told}"
        assert told["memory_mb"] - base <= MOST_MEMORY_MB, f"{name}: {told}"
        slowest, most = max(slowest, told["seconds"]), max(most, told["written"])
        largest = max(largest, told["memory_mb"] - base)
    says = f"none goes off; at most {slowest:.2f} s, {most / MEGABYTE:.0f} MB written, {largest:.0f} MB of memory more"
    return len(makers), says


def _alone(path: str, folder: Path) -> dict[str, float]:
    argv = [sys.executable, "-m", "benchmarks.scan_faults", "--take", path, tempfile.mkdtemp(dir=folder)]
    done = subprocess.run(argv, capture_output=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def take_one(path: str, into: str) -> None:
    """Unpack one archive and print what that took."""
    began, refused = time.perf_counter(), ""
    with suppress(FileNotFoundError):
        try:
            unpack_archive(Path(path), Path(into), Limits())
        except Refused as exc:
            refused = str(exc)
    seconds = time.perf_counter() - began
    written = sum(file.stat().st_size for file in Path(into).iterdir())
    # Not getrusage: its maximum is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    memory = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "refused": refused, "written": written, "memory_mb": memory}))


def names(folder: Path, scale: float) -> tuple[int, str]:
    """R-02 and R-03: a sentinel tree is the same before and after."""
    outside = folder / "outside"
    outside.mkdir()
    (outside / "sentinel").write_text("here before")
    makers = hostile_archives.named() | hostile_archives.kinds(outside)
    for number, (name, make) in enumerate(makers.items()):
        path, into = folder / "archive", folder / f"into-{number}"
        make(path)
        into.mkdir()
        before = _snapshot(outside)
        tree = unpack_archive(path, into, Limits())
        assert _snapshot(outside) == before, name
        assert {file.name for file in into.iterdir()} == {file.stored for file in tree.files}, name
        assert all(file.is_file() and not file.is_symlink() for file in into.iterdir()), name
    return len(makers), "0 changes outside, 0 links made"


def _snapshot(root: Path) -> list[tuple[str, int, int, int]]:
    found = []
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        found.append((str(path), status.st_mode, status.st_mtime_ns, status.st_nlink))
    return found


def addresses(folder: Path, scale: float) -> tuple[int, str]:
    """R-04: every address refused, before anything is started or looked up."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        return []

    with Host() as host:
        for url in test_urls.HOSTILE:
            with suppress(Refused):
                git.fetch_repository(url, "", folder / "x", Limits(), sandbox=host, resolve=resolve)
                raise AssertionError(f"{url!r} was taken")
        assert (asked, host.pid) == ([], None)
    assert urls.read_url("https://github.com/owner/name").host == "github.com"
    return len(test_urls.HOSTILE), "0 looked up, 0 connected, 0 executed"


def repositories(folder: Path, scale: float) -> tuple[int, str]:
    """R-05: crafted repositories, and no canary."""
    folder.chmod(0o777)
    canary, into = folder / "canary", folder / "scan" / "code"
    into.mkdir(parents=True)
    crafted(folder, canary)
    with git_server.serving(folder) as server, Host() as host:
        tree = git.fetch(server.remote("/repository"), "HEAD", into, Limits(), sandbox=host)
        assert {path.partition("?")[0] for path, _ in server.asked} <= {
            "/repository.git/info/refs",
            "/repository.git/git-upload-pack",
        }
    assert not canary.exists()
    return len(tree.files) + len(tree.skipped), f"0 canaries; {len(tree.skipped)} things listed as left out"


def git_bombs(folder: Path, scale: float) -> tuple[int, str]:
    """R-06: a pack without end, a byte a second, and a tree that doubles."""
    limits = Limits(seconds=max(5.0, 120 * scale), bytes=int(512 * MEGABYTE * min(1.0, scale * 4)))
    git_server.commit(folder / "repository", {"a.py": b"x"})
    said = []
    for name, answer in {
        "a pack without end": git_server.pack_without_end(20 * 1024 * MEGABYTE),
        "a byte a second": git_server.drips,
    }.items():
        seconds, most = _until_it_stops(folder, name, answer, limits)
        said.append(f"{name}: {seconds:.1f} s, {most / MEGABYTE:.0f} MB")
    inner = git_server.git(folder / "repository", "mktree", given=b"")
    for _ in range(10):
        lines = "\n".join(f"040000 tree {inner}\t{letter}" for letter in "abcdefghij")
        blob = git_server.blob(folder / "repository", b"x")
        inner = git_server.git(
            folder / "repository", "mktree", given=f"{lines}\n100644 blob {blob}\tf".encode()
        )
    commit = git_server.git(folder / "repository", "commit-tree", "-m", "x", inner)
    git_server.git(folder / "repository", "update-ref", "refs/heads/main", commit)
    seconds, most = _until_it_stops(folder, "10^10 files", lambda _: False, limits)
    said.append(f"a tree of 10^10 files: {seconds:.1f} s, {most / MEGABYTE:.0f} MB")
    return 3, "; ".join(said)


def _until_it_stops(folder: Path, name: str, answer: git_server.Answer, limits: Limits) -> tuple[float, int]:
    into = folder / name.replace(" ", "-") / "code"
    into.mkdir(parents=True)
    most, is_over = 0, threading.Event()

    def measure() -> None:
        nonlocal most
        while not is_over.wait(0.1):
            with suppress(OSError):
                most = max(most, git._size(into.parent))

    thread = threading.Thread(target=measure)
    thread.start()
    began = time.perf_counter()
    with git_server.serving(folder, answer) as server, Host() as host:
        try:
            git.fetch(server.remote("/repository"), "HEAD", into, limits, sandbox=host)
            raise AssertionError(f"{name} was taken")
        except (Refused, Unavailable):
            seconds = time.perf_counter() - began
        finally:
            is_over.set()
            thread.join()
    assert seconds <= limits.seconds + GRACE_SECONDS, f"{name}: {seconds:.1f} s"
    assert most <= limits.bytes * 1.02, f"{name}: {most:,} bytes"
    assert list(into.parent.iterdir()) == [into], f"{name}: something is left"
    return seconds, most


def sources(folder: Path, scale: float) -> tuple[int, str]:
    """R-08 and R-09: hostile sources, nested deeply and 500,000 tiny files."""
    made = dict(hostile_sources.sources(int(100_000 * scale), int(4_000_000 * scale)))
    made["50 MB.js"] = b"a(1);" * int(10_000_000 * scale) + b"planted(1);\n"
    tree = _take(folder, made, Limits(file_bytes=60 * MEGABYTE, ratio=10_000))
    with Host(imports=["raksha.engines.semgrep"]) as host:
        began = time.perf_counter()
        result = _scan(host, tree, seconds=WALL_SECONDS - 20)
        seconds = time.perf_counter() - began
        assert host.run(["/bin/true"], folder=str(tree.folder), limits=JobLimits()).code == 0
    assert seconds <= WALL_SECONDS + GRACE_SECONDS
    found, listed = {one.place.path for one in result.detections}, {skip.path for skip in result.skipped}
    assert found | listed == made.keys(), made.keys() - found - listed
    return len(
        made
    ), f"{seconds:.0f} s of {WALL_SECONDS:.0f}; {len(found)} read, {len(listed)} listed, 0 neither"


def tiny_files(folder: Path, scale: float) -> tuple[int, str]:
    """R-08: 500,000 tiny files are refused at the door."""
    count = int(500_000 * scale)
    path, into = folder / "many.zip", folder / "into"
    into.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.py", "x = 1\n")
    began = time.perf_counter()
    try:
        unpack_archive(path, into, Limits())
    except UnableToTake:
        return (
            count,
            f"refused after {time.perf_counter() - began:.2f} s, {len(list(into.iterdir()))} files written",
        )
    assert count <= Limits().files, "they were taken"
    return count, f"taken in {time.perf_counter() - began:.1f} s: no more than the limit"


def hiding(folder: Path, scale: float) -> tuple[int, str]:
    """R-10: 20 planted bugs under ten tricks."""
    hidden = hostile_sources.hidden()
    tree = _take(folder, {**dict(hidden.values()), **hostile_sources.IGNORE_FILES}, Limits(ratio=10_000))
    with Host(imports=["raksha.engines.semgrep"]) as host:
        result = _scan(host, tree)
    found = {one.place.path for one in result.detections}
    assert len(found) == len(hidden), sorted(found)
    return len(hidden), f"{len(found)} of {len(hidden)} reported"


def traps(folder: Path, scale: float) -> tuple[int, str]:
    """R-11: 15 traps; every program that is started is seen by strace where there is one."""
    folder.chmod(0o777)
    canary = folder / "canary"
    tree = _take(folder, {**hostile_sources.traps(str(canary)), "a.py": b"planted(1)\n"}, Limits())
    with Host(imports=["raksha.engines.semgrep"]) as host:
        assert host.isolation
        log = folder / "strace.log"
        with ExitStack() as stack:
            watched = _watch(stack, host.pid or 0, log)
            result = _scan(host, tree)
    assert not canary.exists()
    assert [one.place.path for one in result.detections] == ["a.py"]
    programs = (
        {Path(name).name for name in re.findall(r'execve\("([^"]+)"', log.read_text())} if watched else set()
    )
    assert programs <= {"semgrep-core"}, programs
    return len(
        hostile_sources.traps("")
    ), f"0 canaries; programs started: {', '.join(sorted(programs)) or 'not watched'}"


def _watch(stack: ExitStack, pid: int, log: Path) -> bool:
    with suppress(FileNotFoundError):
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(log), "-p", str(pid)],
            stderr=subprocess.DEVNULL,
        )
        stack.callback(tracer.wait, 10)
        stack.callback(tracer.terminate)
        time.sleep(0.5)
        return True
    return False


def walls(folder: Path, scale: float) -> tuple[int, str]:
    """R-12: the probe; and how long a job takes to start."""
    folder.chmod(0o755)
    own, other = folder / "scan-1", folder / "scan-2"
    for place in (own, other):
        place.mkdir()
        (place / "000001.py").write_text("secret")
    rounds = max(3, int(100 * scale))
    times = []
    with ExitStack() as stack, Host(imports=["raksha.engines.semgrep"]) as host:
        canary = Canary(stack, str(folder))
        request = {
            "port": canary.port,
            "abstract": str(folder),
            "secrets": [str(other / "000001.py"), "/etc/passwd", "/etc/shadow", "/proc/1/environ"],
            "folders": [str(folder), str(other), "/etc", "/home", "/root", "/proc", "/sys"],
            "places": [str(own / "new"), str(other / "new"), "/usr/new", "/new"],
            "processes": [os.getpid()],
            "gains": True,
        }
        assert not host.isolation.missing, host.isolation.says
        for _ in range(rounds):
            check(host.call(PROBE, request, folder=str(own), limits=JobLimits()), own)
        for _ in range(rounds):
            began = time.perf_counter()
            host.call("raksha.sandbox.isolation:can_fork", {}, folder=str(own), limits=JobLimits())
            times.append((time.perf_counter() - began) * 1000)
        assert canary.heard == []
    times.sort()
    said = f"0 packets, 0 secrets, 0 other scans; a job starts and ends in p50 {statistics.median(times):.1f} ms, "
    return rounds, f"{said}p95 {times[int(len(times) * 0.95)]:.1f} ms"


def _take(folder: Path, files: dict[str, bytes], limits: Limits) -> Tree:
    archive, into = folder / "upload.zip", folder / "code"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for path, content in files.items():
            writer.writestr(path, content)
    into.mkdir()
    return unpack_archive(archive, into, limits)


def _scan(host: Host, tree: Tree, **more: object) -> EngineResult:
    files = [
        {"path": file.path, "stored": file.stored, "language": file.language, "sha256": file.sha256}
        for file in tree.files
    ]
    request = {"files": files, "rules": json.dumps({"rules": hostile_sources.RULES}), **more}
    limits = JobLimits(wall_seconds=WALL_SECONDS)
    answer = host.call(ENGINE, request, folder=str(tree.folder), limits=limits)
    return EngineResult.from_json(answer, files={file.path for file in tree.files})


ROWS: dict[str, Row] = {
    "R-01": bombs,
    "R-02/03": names,
    "R-04": addresses,
    "R-05": repositories,
    "R-06": git_bombs,
    "R-08/09": sources,
    "R-08 many": tiny_files,
    "R-10": hiding,
    "R-11": traps,
    "R-12": walls,
}


def main() -> None:
    """Run the rows, print the table, keep it; exit 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--take", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.take:
        take_one(*asked.take)
        return
    table, has_failed = dict[str, dict[str, object]](), False
    print("| row | count | result | seconds |\n|---|---|---|---|")
    for name in asked.only:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="avyay-faults-") as folder:
            try:
                count, result = ROWS[name](Path(folder), asked.scale)
            except AssertionError as failure:
                count, result, has_failed = 0, f"FAILED: {str(failure)[:300]}", True
        seconds = round(time.perf_counter() - began, 1)
        table[name] = {"count": count, "result": result, "seconds": seconds, "scale": asked.scale}
        print(f"| {name} | {count:,} | {result} | {seconds} |", flush=True)
    rows = {**earlier_rows("scan_faults"), **table}
    write("scan_faults", {"machine": machine(), "rows": dict(sorted(rows.items()))})
    if has_failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
