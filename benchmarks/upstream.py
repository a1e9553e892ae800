"""What one call costs on the way to a provider and back, without the rest of the gateway, in CPU time of this process.

python -m benchmarks.upstream [--calls 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time

import uvloop

from avyay_site.addresses import Allowance
from benchmarks.common import machine, start, stop, wait_for, write
from marga.gateway.providers import Endpoint, parse_provider
from marga.gateway.upstream import Upstream

PORT = 18_931
BODY = b'{"model":"bench","messages":[{"role":"user","content":"%b"}]}' % (b"What is the answer? " * 15)
ROUNDS = 5


async def call(upstream: Upstream, endpoint: Endpoint) -> int:
    """Send one request and read its whole answer; return its length."""
    answer = await upstream.send(endpoint, BODY)
    size = 0
    while part := await answer.content.readany():
        size += len(part)
    answer.close()
    return size


async def measure(calls: int, connections: int) -> float:
    """Return the least CPU microseconds of one call in any round."""
    row = {
        "id": "p",
        "name": "p",
        "kind": "openai",
        "base_url": f"http://127.0.0.1:{PORT}/v1",
        "is_trusted": True,
    }
    provider = parse_provider(row, [])
    endpoint = provider.endpoint("chat", provider.credentials[0])
    upstream = Upstream(max_connections=1000, allowance=Allowance())

    async def worker(count: int) -> None:
        for _ in range(count):
            await call(upstream, endpoint)

    best = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        await asyncio.gather(*(worker(calls // connections) for _ in range(connections)))
        best = min(best, (time.process_time() - before) / calls * 1e6)
    await upstream.close()
    return best


def main() -> None:
    """Run, print, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=19_200)
    calls = parser.parse_args().calls
    os.sched_setaffinity(0, {0})
    stub = start([sys.executable, "-m", "benchmarks.stub_upstream", str(PORT)], cores={1})
    try:
        wait_for(f"http://127.0.0.1:{PORT}/")
        found = {n: round(uvloop.run(measure(calls, n)), 1) for n in (1, 8, 64)}
    finally:
        stop(stub)
    for connections, cost in found.items():
        print(f"{connections:3} at a time: {cost:6.1f} µs of CPU a call")
    write("upstream", {"machine": machine(), "cpu_us_per_call": found})


if __name__ == "__main__":
    main()
