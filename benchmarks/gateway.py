"""The gateway on one core, provider and load on the other: throughput, added latency, memory.

python -m benchmarks.gateway [--seconds 8] [--quick]
Shares of a bare Granian answer in the same run are what counts on a noisy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from cryptography.fernet import Fernet

from avyay_site.keys.format import generate
from benchmarks import common
from benchmarks.fake_web import PEPPER
from benchmarks.load import hold_connections
from marga.gateway.command import MEMORY, gateway_command

GATEWAY_PORT, UPSTREAM_PORT, WEB_PORT, BARE_PORT = 18190, 18191, 18192, 18193
GATEWAY_CORE, OTHER_CORE = 0, 1
CONNECTIONS = 64
MANY = 10_000
RECOVERY_SECONDS = 60
PROMPT = "Summarise the following release notes in three sentences for an operator. " * 4


def main() -> None:
    """Run everything, print a table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="length of each run of wrk")
    parser.add_argument("--quick", action="store_true", help="leave out the memory arc (70 s)")
    options = parser.parse_args()
    result: dict[str, object] = {"machine": common.machine(), "connections": CONNECTIONS}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        key = generate()
        gateway = _start(stack, Path(folder), key)
        rates = _throughput(Path(folder), key, options.seconds)
        result["throughput"] = rates
        latency = result["latency"] = _latency(Path(folder), key, options.seconds)
        result["front_page"] = {
            "product": "marga",
            "figure": f"{latency['c=1']['added_p50_ms']:.1f} ms",
            "caption": "added to a call, median, one at a time",
        }
        if not options.quick:
            result["memory"] = asyncio.run(_memory_arc(gateway.pid, key))
    print(f"\nkept in {common.write('gateway', result).relative_to(common.ROOT)}")


def _start(stack: ExitStack, folder: Path, key: str) -> subprocess.Popen[bytes]:
    python = sys.executable
    for argv in (
        [python, "-m", "benchmarks.stub_upstream", str(UPSTREAM_PORT)],
        [python, "-m", "benchmarks.fake_web", str(WEB_PORT), str(UPSTREAM_PORT), key],
    ):
        stack.callback(common.stop, common.start(argv, core=OTHER_CORE))
    gateway = common.start(
        gateway_command(host="127.0.0.1", port=GATEWAY_PORT),
        core=GATEWAY_CORE,
        environment={
            **MEMORY,
            "AVYAY_VAR": str(folder / "var"),
            "AVYAY_INTERNAL_URL": f"http://127.0.0.1:{WEB_PORT}",
            "AVYAY_KEY_PEPPER": PEPPER,
            "AVYAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "SECRET_KEY": "benchmarks",
        },
    )
    stack.callback(common.stop, gateway)
    common.wait_for(f"http://127.0.0.1:{GATEWAY_PORT}/readyz")
    return gateway


def _bare(interface: str, seconds: int) -> common.Load:
    argv = gateway_command(host="127.0.0.1", port=BARE_PORT)
    argv[argv.index("--interface") + 1] = {"asgi": "asginl", "rsgi": "rsgi"}[interface]
    process = common.start([*argv[:-1], f"benchmarks.bare:{interface}"], core=GATEWAY_CORE)
    try:
        common.wait_for(f"http://127.0.0.1:{BARE_PORT}/")
        return common.wrk(
            f"http://127.0.0.1:{BARE_PORT}/", connections=CONNECTIONS, seconds=seconds, core=OTHER_CORE
        )
    finally:
        common.stop(process)


def _lua(folder: Path, key: str) -> Path:
    body = json.dumps({"model": "bench", "messages": [{"role": "user", "content": PROMPT}]})
    script = folder / "post.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = [[{body}]]\n"
        f"wrk.headers['Authorization'] = 'Bearer {key}'\nwrk.headers['Content-Type'] = 'application/json'\n",
        encoding="utf-8",
    )
    return script


def _throughput(folder: Path, key: str, seconds: int) -> dict[str, dict[str, float]]:
    script, base = _lua(folder, key), f"http://127.0.0.1:{GATEWAY_PORT}"
    chat = f"{base}/v1/chat/completions"
    runs = {
        "bare Granian, RSGI": _bare("rsgi", seconds),
        "bare Granian, ASGI": _bare("asgi", seconds),
        "/healthz": common.wrk(f"{base}/healthz", connections=CONNECTIONS, seconds=seconds, core=OTHER_CORE),
        "chat completions": common.wrk(
            chat, connections=CONNECTIONS, seconds=seconds, core=OTHER_CORE, script=script
        ),
    }
    bare = max(runs["bare Granian, RSGI"].requests_per_second, runs["bare Granian, ASGI"].requests_per_second)
    print(
        f"{CONNECTIONS} connections     {'req/s':>9} {'of bare':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>7}"
    )
    rows = {}
    for name, load in runs.items():
        share = load.requests_per_second / bare
        print(
            f"{name:20} {load.requests_per_second:9,.0f} {share:8.2f} {load.p50_ms:8.2f} {load.p99_ms:8.2f} {load.errors:7}"
        )
        rows[name] = {**vars(load), "share_of_bare": round(share, 3)}
    return rows


def _latency(folder: Path, key: str, seconds: int) -> dict[str, dict[str, float]]:
    """Compare the way through the gateway with the way straight to the provider."""
    script = _lua(folder, key)
    rows = {}
    for connections in (1, 8):
        direct, through = (
            common.wrk(
                f"http://127.0.0.1:{port}/v1/chat/completions",
                connections=connections,
                seconds=max(2, seconds // 2),
                core=OTHER_CORE,
                script=script,
            )
            for port in (UPSTREAM_PORT, GATEWAY_PORT)
        )
        added = {
            "added_p50_ms": round(through.p50_ms - direct.p50_ms, 3),
            "added_p99_ms": round(through.p99_ms - direct.p99_ms, 3),
            "requests_per_second": through.requests_per_second,
        }
        print(
            f"added latency, c={connections}: p50 {added['added_p50_ms']} ms, p99 {added['added_p99_ms']} ms"
        )
        rows[f"c={connections}"] = added
    return rows


async def _memory_arc(pid: int, key: str) -> dict[str, float]:
    """Measure memory idle, with many connections that all call, and after they are gone."""
    idle = common.resident_mb(pid)
    async with hold_connections("127.0.0.1", GATEWAY_PORT, MANY) as connections:
        answered = await connections.call_all(key, PROMPT)
        during = common.resident_mb(pid)
    await asyncio.sleep(RECOVERY_SECONDS)
    after = common.resident_mb(pid)
    print(
        f"memory: idle {idle:.0f} MB, with {MANY:,} connections {during:.0f} MB ({answered:,} answered), "
        f"{RECOVERY_SECONDS} s later {after:.0f} MB ({after / idle:.2f} x idle)"
    )
    return {
        "idle_mb": idle,
        "during_mb": during,
        "after_mb": after,
        "ratio": after / idle,
        "answered": answered,
    }


if __name__ == "__main__":
    main()
