"""What every benchmark needs: processes on chosen cores, wrk, and results that say where they come from."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import time
import urllib.request
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Load:
    """One run of wrk."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    errors: int
    requests: int = 0


def start(
    argv: Sequence[str],
    *,
    cores: Collection[int],
    environment: dict[str, str] | None = None,
    folder: Path = ROOT,
) -> subprocess.Popen[bytes]:
    """Start a process in folder, its threads and children on the given cores."""
    return subprocess.Popen(
        argv,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that start() started."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_for(url: str, seconds: float = 15) -> None:
    """Return once url answers 200."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 (loopback)
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{url} does not answer")


def wrk(
    url: str, *, connections: int, seconds: int, cores: Collection[int], script: Path | None = None
) -> Load:
    """Run wrk on some cores; errors are answers that are not 2xx or 3xx, and broken connections."""
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    argv += ["-s", str(script)] if script else []
    done = subprocess.run(
        ["taskset", "-c", ",".join(map(str, cores)), *argv, url], capture_output=True, text=True, check=True
    )
    return _read(done.stdout)


def _read(text: str) -> Load:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    count = re.search(r"(\d+) requests in", text)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    if rate is None or count is None:
        raise SystemExit(f"wrk said something unexpected:\n{text}")
    errors = int(refused[1]) if refused else 0
    errors += sum(map(int, broken.groups())) if broken else 0
    return Load(float(rate[1]), _percentile(text, 50), _percentile(text, 99), errors, int(count[1]))


def _percentile(text: str, which: int) -> float:
    found = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)", text)
    if found is None:
        return float("nan")
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, in MB."""
    return sum(own_resident_mb(process) for process in (pid, *children(pid)))


def own_resident_mb(pid: int) -> float:
    """Return the resident memory of one process, 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and its children have used."""
    return sum(own_cpu_seconds(process) for process in (pid, *children(pid)))


def own_cpu_seconds(pid: int) -> float:
    """Return the processor time that one process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the processes below one, of all generations."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    direct = [int(child) for child in text.split()]
    return direct + [grandchild for child in direct for grandchild in children(child)]


def machine() -> dict[str, object]:
    """Say where and with what a result was measured."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return {
        "cpu": cpu[1] if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("granian", "aiohttp", "uvloop", "orjson")},
        "commit": commit.stdout.strip(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": os.getloadavg()[0],
    }


def write(name: str, result: dict[str, object]) -> Path:
    """Keep a result beside the benchmark."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, default=str) + "\n", encoding="utf-8")
    return path


def earlier_rows(name: str) -> dict[str, dict[str, object]]:
    """Return the rows that earlier runs kept: a run of some rows leaves the others as they were."""
    path = RESULTS / f"{name}.json"
    found: dict[str, dict[str, object]] = json.loads(path.read_text())["rows"] if path.exists() else {}
    return found
