"""Kill every child of a running platform under load; count what was answered and what was recorded.

python -m benchmarks.heal [--seconds 60] [--clients 16]

Starts a platform of its own with an instant upstream, sends chat calls (every fourth one streamed) for the given time,
and meanwhile kills postgres, redis, web, gateway, worker and beat with SIGKILL, one after the other, two rounds at most.
Every answer that reached its client whole must be in the usage records, once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psycopg

from avyay_site import places
from avyay_site.embedded import Layout
from benchmarks.common import ROOT, machine, start, stop, write

CHILDREN = ("postgres", "redis", "web", "gateway", "worker", "beat")
SETTLE_SECONDS = 60
BODY = {"model": "bench", "messages": [{"role": "user", "content": "How are you?"}]}


@dataclass
class Tally:
    """What the clients saw. answered: request ids of whole answers with status 200."""

    answered: list[str] = field(default_factory=list)
    refused: int = 0
    broken: int = 0
    healed_seconds: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Platform:
    """A platform of this run."""

    layout: Layout
    web: str
    gateway: str
    key: str


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def platform() -> Iterator[Platform]:
    """Run an instant upstream and a platform that knows it, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="avyay-heal-") as folder:
        var = Path(folder)
        upstream_port = free_port()
        upstream = start([sys.executable, "-m", "benchmarks.stub_upstream", str(upstream_port)], cores={1})
        config = var / "marga.yaml"
        config.write_text(
            "providers:\n"
            f"  - name: stub\n    kind: openai\n    base_url: http://127.0.0.1:{upstream_port}/v1\n    api_key: stub\n"
            "    models:\n      - name: bench\n        tier: mid\n"
        )
        ready = var / "ready.json"
        supervisor = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--ready-file", str(ready)],
            cwd=ROOT,
            env=os.environ
            | {
                "AVYAY_VAR": str(var / "var"),
                "AVYAY_HTTP_PORT": str(free_port()),
                "MARGA_PORT": str(free_port()),
                "MARGA_CONFIG": str(config),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _wait(ready, supervisor, Layout(var / "var"))
        finally:
            stop(supervisor)
            stop(upstream)


def _wait(ready: Path, supervisor: subprocess.Popen[bytes], layout: Layout) -> Platform:
    until = time.monotonic() + 60
    while not ready.exists():
        if supervisor.poll() is not None or time.monotonic() > until:
            raise SystemExit("The platform did not start; run `manage.py up` to see why.")
        time.sleep(0.1)
    said = json.loads(ready.read_text())
    return Platform(layout=layout, web=said["web"], gateway=said["gateway"], key=said["api_key"])


async def call(session: aiohttp.ClientSession, target: Platform, tally: Tally, *, stream: bool) -> None:
    """Send one call and put its outcome into the tally."""
    try:
        async with session.post(
            f"{target.gateway}/v1/chat/completions",
            json=BODY | {"stream": stream},
            headers={"authorization": f"Bearer {target.key}"},
        ) as answer:
            await answer.read()
            if answer.status == 200:
                tally.answered.append(answer.headers["x-request-id"])
            else:
                tally.refused += 1
    except (TimeoutError, aiohttp.ClientError, OSError):
        tally.broken += 1
        await asyncio.sleep(0.05)


async def client(target: Platform, tally: Tally, until: float) -> None:
    """Send calls one after the other until the time is over."""
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        count = 0
        while time.monotonic() < until:
            count += 1
            await call(session, target, tally, stream=count % 4 == 0)
            await asyncio.sleep(0.01)


async def nemesis(target: Platform, tally: Tally, until: float) -> None:
    """Kill each child in turn, and wait until the platform is whole again before the next."""
    pause = 1.5
    for name in CHILDREN * 2:
        await asyncio.sleep(pause)
        if time.monotonic() + 10 > until:
            return
        pid = places.pid_of(target.layout, name)
        if pid is None:
            raise SystemExit(f"No process is known for {name}.")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        await asyncio.to_thread(_wait_until_whole, target, name, pid)
        tally.healed_seconds.setdefault(name, []).append(round(time.monotonic() - began, 2))


def _wait_until_whole(target: Platform, name: str, old_pid: int) -> None:
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        pid = places.pid_of(target.layout, name)
        whole = all(
            places.answers(f"{url}/readyz", timeout_seconds=3) for url in (target.web, target.gateway)
        )
        if whole and pid not in (None, old_pid):
            return
        time.sleep(0.1)
    raise SystemExit(f"{name} did not come back within {SETTLE_SECONDS} s.")


def recorded(target: Platform, wanted: int) -> list[str]:
    """Return the request ids in the usage records, once they are at least wanted or the time to settle is over."""
    database = target.layout.postgres_url
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        with psycopg.connect(
            host=database["HOST"], dbname=database["NAME"], user=database["USER"]
        ) as connection:
            rows = connection.execute(
                "SELECT request_id FROM usage_usagerecord WHERE status = 200"
            ).fetchall()
        if len(rows) >= wanted or time.monotonic() > until:
            return [row[0] for row in rows]
        time.sleep(0.5)


async def run(target: Platform, seconds: int, clients: int) -> Tally:
    """Load and kill for the given time."""
    tally = Tally()
    until = time.monotonic() + seconds
    await asyncio.gather(
        nemesis(target, tally, until), *(client(target, tally, until) for _ in range(clients))
    )
    return tally


def main() -> None:
    """Run, compare, print and keep the result; exit 1 if an answer is not recorded exactly once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--clients", type=int, default=16)
    asked = parser.parse_args()
    with platform() as target:
        tally = asyncio.run(run(target, asked.seconds, asked.clients))
        ids = recorded(target, len(tally.answered))
    missing = set(tally.answered) - set(ids)
    extra = set(ids) - set(tally.answered)
    result = {
        "machine": machine(),
        "seconds": asked.seconds,
        "clients": asked.clients,
        "answered": len(tally.answered),
        "refused_with_an_answer": tally.refused,
        "broken_connections": tally.broken,
        "records": len(ids),
        "answered_without_record": len(missing),
        "doubled": len(ids) - len(set(ids)),
        "recorded_but_cut_before_the_client_had_it_all": len(extra),
        "healed_seconds": tally.healed_seconds,
    }
    write("heal", result)
    print(json.dumps({name: value for name, value in result.items() if name != "machine"}, indent=2))
    if missing or result["doubled"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
