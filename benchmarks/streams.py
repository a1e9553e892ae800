"""Streams through the gateway: what it adds to the first token, and how many at once are carried to their end."""

from __future__ import annotations

import asyncio
import statistics

from benchmarks.calls import Line, Reply, ask_all, chat, lines, request
from benchmarks.scripts import PROMPT
from benchmarks.stand import CHAT, HOST, Stand
from benchmarks.stub_upstream import PACED, PACED_PIECES

AT_ONCE = 2_000
TOKEN_BAR_MS = 1.0


def measure(stand: Stand, rounds: int, at_once: int = AT_ONCE) -> dict[str, float]:
    """Print and return both."""
    direct, through = asyncio.run(_first_tokens(stand, rounds))
    added = [1000 * (after - before) for before, after in zip(sorted(direct), sorted(through), strict=True)]
    p50, p99 = statistics.median(added), added[int(len(added) * 0.99) - 1]
    print(
        f"added time to the first token: p50 {p50:.2f} ms (bar {TOKEN_BAR_MS}), p99 {p99:.2f} ms, n={rounds}"
    )
    whole = asyncio.run(_at_once(stand, at_once))
    print(f"{at_once:,} streams at once: {at_once - whole} lost (bar 0)")
    return {
        "added_token_p50_ms": round(p50, 3),
        "added_token_p99_ms": round(p99, 3),
        "streams": at_once,
        "lost": at_once - whole,
    }


async def _first_tokens(stand: Stand, rounds: int) -> tuple[list[float], list[float]]:
    """Ask both in turn; return the seconds to the first content, the first tenth left out."""
    sent = request(CHAT, stand.key, chat("auto", PROMPT, stream=True))
    direct, through = Line(HOST, stand.upstream_port), Line(HOST, stand.port)
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + rounds // 10):
        for line, times in ((direct, found[0]), (through, found[1])):
            reply = await line.ask(sent)
            if reply.status != 200 or not reply.token_seconds:
                raise SystemExit(f"a stream failed: {reply.status} {reply.body[:200]!r}")
            if number >= rounds // 10:
                times.append(reply.token_seconds)
    direct.close()
    through.close()
    return found


async def _at_once(stand: Stand, count: int) -> int:
    """Return how many of count streams came whole."""
    sent = request(CHAT, stand.key, chat("auto", f"{PACED.decode()} {PROMPT}", stream=True))
    async with lines(HOST, stand.port, count) as opened:
        return sum(map(is_whole, await ask_all(opened, sent)))


def is_whole(reply: Reply) -> bool:
    """Tell whether a paced stream came with all its pieces and its end."""
    pieces = reply.body.count(b"forty-two")
    return reply.status == 200 and pieces == PACED_PIECES and reply.body.rstrip().endswith(b"data: [DONE]")
