"""The gateway's fault rows at their full counts: a table of row, count, result and seconds.

python -m benchmarks.faults [--only M-03 M-06] [--scale 0.1]

The checks are those of marga/gateway/tests/test_faults_*.py, where each also runs against a gateway without the defence
and must fail; here they run longer, and what is a time is measured. Everything stays on loopback, in a folder of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any

from avyay_site.keys.format import generate
from benchmarks.common import earlier_rows, machine, write
from marga.gateway.tests import test_faults_many as many
from marga.gateway.tests import test_faults_money as money
from marga.gateway.tests import test_faults_parts as parts
from marga.gateway.tests import test_faults_streams as streams
from marga.gateway.tests.fuzzing import fuzz
from marga.gateway.tests.golden import reports
from marga.gateway.tests.harness import Stage, Upstream, key_row, piece, until
from marga.gateway.tests.leaving import Pool, cancel_twice, endless, leave
from marga.gateway.tests.speaking import (
    PAIRS,
    PROTOCOLS,
    asking,
    events,
    model,
    polyglot,
    post,
    provider,
    says,
    words,
)
from marga.pricing import cost_usd

Row = Callable[[Path, float], Coroutine[Any, Any, tuple[int, str]]]
LIMIT_SECONDS = 1.0
FALLBACKS, STALLS, FUZZ, SPLICES, CANCELS, LEAVES = 300, 50, 1_000_000, 1_000, 10_000, 2_000
KILLS, KNOWN, NEAR_DUPLICATES, FAIR_KEYS = 300, 10_000, 10_000, 100


async def _add(s: Stage, providers: list[dict[str, object]], models: list[dict[str, object]]) -> None:
    """Put providers and models before those that are there."""
    document = s.web.document
    changed = {"providers": providers + document["providers"], "models": models + document["models"]}
    s.web.change({**document, **changed})
    await s.fetched()


async def hangs(folder: Path, scale: float) -> tuple[int, str]:
    """M-01: how long after its limit a silent provider has given way."""
    count, late = max(20, int(FALLBACKS * scale)), list[float]()
    async with polyglot(folder, says()) as s, Upstream(streams.black_hole).serving() as hole:
        names = [f"hole-{n}" for n in range(count)]
        rows = [provider("chat", hole.base_url, name, timeout_seconds=LIMIT_SECONDS) for name in names]
        holes = [{**model("chat", name), "name": name} for name in names]
        stands_in = [{**model("chat"), "id": f"mdl_in_{name}", "name": name} for name in names]
        await _add(s, rows, [*holes, *stands_in])

        async def one(name: str) -> None:
            await _answered(s, "chat")  # four others to each: second tries are a fifth at most
            began = time.perf_counter()
            async with post(s, "chat", asking("chat", name, f"Hello {name}")) as answer:
                await answer.read()
                assert (answer.status, answer.headers["x-marga-provider"]) == (200, "chat")
            late.append(time.perf_counter() - began - LIMIT_SECONDS)

        for begin in range(0, count, 5):
            await asyncio.gather(*(one(name) for name in names[begin : begin + 5]))
    late.sort()
    said = f"p50 {_ms(late, 0.5)}, p99 {_ms(late, 0.99)}, most {_ms(late, 1)} ms after the limit of 1 s"
    assert late[-1] <= 0.1, said
    return count, said


async def _answered(s: Stage, name: str, times: int = 5) -> None:
    for number in range(times):
        async with post(s, "chat", asking("chat", name, f"{number}", stream=False)) as answer:
            await answer.read()


def _ms(values: list[float], part: float) -> str:
    return f"{values[min(len(values) - 1, int(len(values) * part))] * 1000:.0f}"


async def stalls(folder: Path, scale: float) -> tuple[int, str]:
    """M-02: every position."""
    counts = range(1, max(5, int(STALLS * scale)) + 1)
    async with polyglot(
        folder, streams.stalls, row={"timeout_seconds": 5.0}, MARGA_IDLE_TIMEOUT_SECONDS="5"
    ) as s:
        tokens = await streams.check_stalls(s, PAIRS, counts, patience=60)
        await until(lambda: len(s.web.records) == len(tokens))
        assert sorted(record["output_tokens"] for record in s.web.records) == sorted(tokens)
    return len(tokens), "all ended by an error event; tokens booked = tokens forwarded"


async def cuts(folder: Path, scale: float) -> tuple[int, str]:
    """M-03: every byte offset of a stream, in every pair."""
    done = 0
    async with polyglot(folder, streams.breaks_off) as s:
        for spoken, asked in PAIRS:
            size = sum(len(piece(event)) for event in events(spoken, words(6)))
            offsets = range(0, size, max(1, int(1 / scale)))
            await streams.check_cuts(s, spoken, asked, offsets)
            done += len(offsets)
        assert "Traceback" not in s.gateway.log.read_text()
    return done, "every stream valid to its end, none whole that was cut, 0 tracebacks"


async def senseless(folder: Path, scale: float) -> tuple[int, str]:
    """M-04: inputs of the stream reader, a fresh seed for each chunk."""
    count, refused, chunk = int(FUZZ * scale), 0, 10_000
    for seed in range(max(1, count // chunk)):
        refused += await asyncio.to_thread(fuzz, min(chunk, count), 1_000 + seed)
    return count, f"0 errors but the named ones; {refused:,} refused"


async def splices(folder: Path, scale: float) -> tuple[int, str]:
    """M-05: the first provider dies after k events."""
    rounds = max(1, int(SPLICES * scale) // (11 * len(PAIRS)) + 1)

    async with polyglot(folder, streams.dies) as s, Upstream(says("other")).serving() as second:
        for number in range(rounds):
            # Fresh deployments each time: one that fails so often would not be asked any more.
            names = {p: f"{p}-{number}" for p in PROTOCOLS}
            firsts = [{**model(p, names[p]), "name": p} for p in PROTOCOLS]
            rows = [provider(p, s.upstream.base_url, names[p]) for p in PROTOCOLS]
            rows += [provider(p, second.base_url, f"two-{names[p]}") for p in PROTOCOLS]
            seconds = [model(p, f"two-{names[p]}") for p in PROTOCOLS]
            s.web.change({**s.web.document, "providers": rows, "models": firsts + seconds})
            await s.fetched()
            await streams.check_never_spliced(s, PAIRS, range(1, 12))
    return rounds * 11 * len(PAIRS), "0 streams with the words of two providers"


async def cancels(folder: Path, scale: float) -> tuple[int, str]:
    """M-06: calls that are cancelled twice, and clients that leave the real gateway."""
    count, leaves = int(CANCELS * scale), int(LEAVES * scale)
    random = Random(606)  # noqa: S311 - moments, not secrets
    async with Upstream(endless).serving() as upstream:
        pool = Pool(upstream.base_url, most=8)
        await cancel_twice(pool, count, random, at_once=8)
        assert pool.in_use == 0
        await until(lambda: upstream.open_connections == 0)
        upstream.script = says()
        await asyncio.gather(*(pool.call({"model": "chat"}) for _ in range(50)))
        await pool.upstream.close()
    took = []
    async with polyglot(folder, endless, MARGA_UPSTREAM_CONNECTIONS="60") as s:
        for _ in range(max(1, leaves // 45)):
            await asyncio.gather(*(leave(s, spoken, asked, random) for spoken, asked in PAIRS * 5))
            began = time.perf_counter()
            await until(lambda: s.upstream.open_connections == 0)
            took.append(time.perf_counter() - began)
    took.sort()
    assert took[int(len(took) * 0.99)] <= 1.0
    most = took[-1] * 1000
    return (
        count + leaves,
        f"0 connections left, pool usable; upstream closed within {most:.0f} ms of the last to leave",
    )


async def fairness(folder: Path, scale: float) -> tuple[int, str]:
    """M-09: a hundred keys, and one more that floods."""
    flood, keys = generate(), [generate() for _ in range(FAIR_KEYS)]
    rows = [key_row(flood, requests_per_minute=many.ALLOWED), *(key_row(key) for key in keys)]
    served: list[int] = []

    async with polyglot(folder, many.Busy(0.02), keys=rows) as s:

        async def ask(key: str) -> None:
            async with post(s, "chat", asking("chat", "chat", "Hello", stream=False), key=key) as answer:
                await answer.read()
                if key != flood:
                    assert answer.status == 200
                    served.append(1)

        async def turns() -> None:
            for _ in range(max(2, int(10 * scale))):
                for begin in range(0, len(keys), 10):
                    await asyncio.gather(*(ask(key) for key in keys[begin : begin + 10]))

        async def flooding() -> None:
            while True:
                await asyncio.gather(*(ask(flood) for _ in range(10)))

        task = asyncio.create_task(flooding())
        await turns()
        task.cancel()
    return len(served), f"all of {FAIR_KEYS} keys served while another one floods"


async def kills(folder: Path, scale: float) -> tuple[int, str]:
    """M-11: kill -9 under load, with the web process away every other time."""
    rounds, ids = max(2, int(KILLS * scale)), set[str]()
    async with polyglot(folder, says()) as s:
        for number in range(rounds):
            s.web.usage_status = 503 if number % 2 else 200
            ids |= await parts.answered(s, 500)
            await parts.restart(s)
        s.web.usage_status = 200
        await parts.check_recorded(s, ids, seconds=30)
    return rounds, f"{len(ids):,} answers, 0 lost, 0 twice"


async def without_web(folder: Path, scale: float) -> tuple[int, str]:
    """M-12: known and unknown keys while the web process is away."""
    rounds = max(1, int(KNOWN * scale) // parts.KNOWN)
    async with polyglot(folder, says()) as s:
        await parts.without_web(s)
        for _ in range(rounds):
            await parts.check_without_web(s)
    return rounds * parts.KNOWN, f"all known keys served; 0 of {rounds * parts.UNKNOWN:,} unknown ones let in"


async def strangers(folder: Path, scale: float) -> tuple[int, str]:
    """M-19: near-duplicates in two workspaces."""
    count = int(NEAR_DUPLICATES * scale) // (2 * len(PROTOCOLS))
    ours, theirs = generate(), generate()
    rows = [key_row(ours, rules=many.RULES), key_row(theirs, workspace_id="ws_2", rules=many.RULES)]
    async with polyglot(folder, says(), keys=rows) as s:
        for begin in range(0, count, 20):
            numbers = range(begin, min(begin + 20, count))
            plain = [f"How do I reset the router number {n} at home?" for n in numbers]
            await many.hits(s, ours, plain)
            assert await many.hits(s, theirs, plain) == 0
            assert await many.hits(s, ours, plain) == len(plain) * len(PROTOCOLS)
    return 2 * count * len(PROTOCOLS), "0 answers crossed from one workspace to another"


async def charges(folder: Path, scale: float) -> tuple[int, str]:
    """M-22: the golden set at every price."""
    done = 0
    for price in money.PRICES:
        for report in reports(price):
            money.check_charge(report, price, cost_usd)
            done += 1
    return done, "equal to the provider's formula to 1e-9; every estimate flagged"


ROWS: dict[str, Row] = {
    "M-01": hangs,
    "M-02": stalls,
    "M-03": cuts,
    "M-04": senseless,
    "M-05": splices,
    "M-06": cancels,
    "M-09": fairness,
    "M-11": kills,
    "M-12": without_web,
    "M-19": strangers,
    "M-22": charges,
}


def main() -> None:
    """Run the rows, print the table, keep it; exit 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--scale", type=float, default=1.0)
    asked = parser.parse_args()
    table, has_failed = earlier_rows("faults"), False
    print("| row | count | result | seconds |\n|---|---|---|---|")
    for name in asked.only:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="avyay-faults-") as folder:
            try:
                count, result = asyncio.run(ROWS[name](Path(folder), asked.scale))
            except AssertionError as failure:
                count, result, has_failed = 0, f"FAILED: {str(failure)[:200]}", True
        seconds = round(time.perf_counter() - began, 1)
        table[name] = {"count": count, "result": result, "seconds": seconds, "scale": asked.scale}
        print(f"| {name} | {count:,} | {result} | {seconds} |", flush=True)
    write("faults", {"machine": machine(), "rows": dict(sorted(table.items()))})
    if has_failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
