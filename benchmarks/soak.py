"""A million mixed calls through one worker: does its memory grow, do descriptors, tasks or threads pile up?

python -m benchmarks.soak [--requests 1000000] [--at-once 32]

Plain, streamed, left midway, refused, retried, kept, with tools, in all three protocols and between them.
The first tenth is warm-up; the slope is that of a straight line through the means of twenty equal parts of the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import re
import statistics
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from avyay_site.keys.format import generate
from benchmarks import books, common, fake_web, mix
from benchmarks.calls import Reply
from benchmarks.stand import HOST, OTHER_CORE, Stand, free_port, standing

PARTS = 20
WARM_SHARE = 0.1
REST_SECONDS = 30
STUDENT = 2.101
"""The 97.5 % point of Student's t with PARTS - 2 degrees of freedom."""
SLOPE_BAR_MB, FLAT_BAR = 1.0, 5
PER = 100_000


@dataclass(frozen=True)
class Sample:
    """The worker at one moment. done: calls answered until then."""

    done: int
    memory_mb: float
    descriptors: int
    threads: int
    tasks: int


@dataclass
class Progress:
    """What the clients saw so far. broken: connections that ended by themselves, by kind."""

    done: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    def heard(self, call: mix.Call, reply: Reply) -> None:
        """Count a reply."""
        self.done += 1
        self.statuses[reply.status] += 1
        if not reply.status:
            self.broken[call.kind.name] += 1


def main() -> None:
    """Run, print, keep the result; exit 1 if something grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--at-once", type=int, default=32)
    options = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    keys, port = (generate(), generate()), free_port()
    began = time.monotonic()
    with standing(port, document(port, *keys), keys) as stand:
        before, progress, after = uvloop.run(soak(stand, options.requests, options.at_once))
    result = judge(before, progress, after)
    result |= {"requests": progress.done, "seconds": round(time.monotonic() - began)}
    print(f"kept in {common.write('soak', {'machine': common.machine(), **result}).relative_to(common.ROOT)}")
    if not result["met"]:
        raise SystemExit(1)


def document(port: int, key: str, caching_key: str) -> dict[str, object]:
    """Return a snapshot with one model of the provider in each protocol."""
    kept = fake_web.key_row("caching", caching_key, cache="exact", cache_ttl_seconds=86_400)
    return fake_web.document(
        [fake_web.key_row("bench", key), kept],
        [fake_web.provider_row(protocol, port, [protocol]) for protocol in mix.MODELS],
        [
            fake_web.model_row(name, protocol, tier, "1", "5")
            for (protocol, name), tier in zip(mix.MODELS.items(), ("local", "mid", "frontier"), strict=True)
        ],
    )


async def soak(stand: Stand, requests: int, at_once: int) -> tuple[Sample, Progress, Sample]:
    """Send everything; return the worker before, on the way, and after a rest."""
    progress = Progress()
    async with books.keeping(books.Books(keeps=False), stand.upstream_port):
        before = await asyncio.to_thread(look, stand, progress)
        watching = asyncio.create_task(_watch(stand, progress, requests))
        traffic = mix.calls(requests, stand.key, stand.caching_key)
        await mix.send(HOST, stand.port, traffic, at_once, progress.heard)
        watching.cancel()
        await asyncio.sleep(REST_SECONDS)
        return before, progress, await asyncio.to_thread(look, stand, progress)


async def _watch(stand: Stand, progress: Progress, requests: int) -> None:
    told = 0
    while True:
        await asyncio.sleep(0.5)
        progress.samples.append(sample := await asyncio.to_thread(look, stand, progress))
        if progress.done * 10 // requests > told:
            told = progress.done * 10 // requests
            print(
                f"{progress.done:>9,} calls  {sample.memory_mb:6.1f} MB  {sample.descriptors} descriptors",
                flush=True,
            )


def look(stand: Stand, progress: Progress) -> Sample:
    """Look at the worker."""
    (worker,) = stand.workers
    place = Path(f"/proc/{worker}")
    with urllib.request.urlopen(f"{stand.url}/metrics", timeout=30) as answer:  # noqa: S310 (loopback)
        tasks = re.search(r"^avyay_gateway_tasks (\d+)", answer.read().decode(), re.MULTILINE)
    return Sample(
        done=progress.done,
        memory_mb=common.own_resident_mb(worker),
        descriptors=len(list((place / "fd").iterdir())),
        threads=len(list((place / "task").iterdir())),
        tasks=int(tasks[1]) if tasks else -1,
    )


def judge(before: Sample, progress: Progress, after: Sample) -> dict[str, object]:
    """Print and return the slope with its interval, and what is left over after the rest."""
    slope, half = slope_of(progress.samples, progress.done)
    left = {
        name: getattr(after, name) - getattr(before, name) for name in ("descriptors", "threads", "tasks")
    }
    is_flat = all(more <= FLAT_BAR for more in left.values())
    met = slope <= SLOPE_BAR_MB and is_flat and not progress.broken
    print(
        f"answers by status: {dict(sorted(progress.statuses.items()))}, broken: {dict(progress.broken) or 'none'}"
    )
    print(
        f"memory: {before.memory_mb:.1f} MB at first, {after.memory_mb:.1f} MB after {REST_SECONDS} s of rest"
    )
    print(
        f"slope: {slope:+.2f} MB per {PER:,} calls, 95 % interval {slope - half:+.2f} … {slope + half:+.2f} (bar {SLOPE_BAR_MB})"
    )
    print(f"more than at first, after the rest: {left} (bar {FLAT_BAR})")
    return {
        "slope_mb_per_100k": round(slope, 3),
        "slope_interval": [round(slope - half, 3), round(slope + half, 3)],
        "memory_mb": {"first": before.memory_mb, "after": after.memory_mb},
        "left_over": left,
        "statuses": dict(progress.statuses),
        "broken": dict(progress.broken),
        "met": met,
    }


def slope_of(samples: list[Sample], calls: int) -> tuple[float, float]:
    """Return the slope in MB per 100,000 calls and half the width of its 95 % interval.

    Neighbouring samples are alike, so the means of PARTS parts are taken, not the samples themselves.
    """
    first = calls * WARM_SHARE
    width = (calls - first) / PARTS
    parts: list[list[Sample]] = [[] for _ in range(PARTS)]
    for sample in samples:
        if sample.done >= first:
            parts[min(PARTS - 1, int((sample.done - first) / width))].append(sample)
    means = [
        (statistics.mean(s.done for s in part) / PER, statistics.mean(s.memory_mb for s in part))
        for part in parts
        if part
    ]
    if len(means) < PARTS // 2:
        return math.nan, math.nan
    line = statistics.linear_regression(*zip(*means, strict=True))
    middle = statistics.mean(x for x, _ in means)
    spread = sum((x - middle) ** 2 for x, _ in means)
    rest = sum((y - line.intercept - line.slope * x) ** 2 for x, y in means)
    return line.slope, STUDENT * math.sqrt(rest / (len(means) - 2) / spread)


if __name__ == "__main__":
    main()
