"""Clients leave in the middle of a stream: how long until the provider's connection is closed.

python -m benchmarks.leaving [--rounds 200]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import machine, write
from marga.gateway.tests.harness import question, stage

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n'
MOST_SECONDS = 30.0


async def _endless(reader: Any, writer: Any, body: Any) -> None:
    writer.write(HEAD + EVENT)
    await writer.drain()
    await reader.read(1)  # returns when the gateway hangs up
    writer.close()


async def measure(folder: Path, rounds: int) -> list[float]:
    """Return the seconds from each client's leaving to the closing of its provider connection."""
    took = []
    async with stage(folder, _endless) as here:
        for _ in range(rounds):
            async with here.post(question(stream=True)) as answer:
                await answer.content.readany()
                left_at = time.perf_counter()
                answer.close()
            # The fake provider only counts, so there is nothing to wait for but the count.
            while here.upstream.open_connections and time.perf_counter() - left_at < MOST_SECONDS:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            took.append(time.perf_counter() - left_at)
    return sorted(took)


def main() -> None:
    """Run, print, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        took = asyncio.run(measure(Path(folder), rounds))
    result = {
        "rounds": rounds,
        "p50_ms": round(statistics.median(took) * 1000, 2),
        "p99_ms": round(took[int(len(took) * 0.99) - 1] * 1000, 2),
        "most_ms": round(took[-1] * 1000, 2),
    }
    print(result)
    write("leaving", {"machine": machine(), **result})


if __name__ == "__main__":
    main()
