"""How many answers a second each path gives, as a share of a bare Granian answer in the same run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks import common, scripts
from benchmarks.stand import CHAT, GATEWAY_CORE, HOST, OTHER_CORE, Stand, free_port
from marga.gateway.command import gateway_command

CONNECTIONS = 64
DRY = {"x-marga-dry-run": "true"}


@dataclass(frozen=True)
class Row:
    """One path. rate, share: the bars, 0 where there is none."""

    name: str
    path: str
    script: Path | None
    rate: int = 0
    share: float = 0.0


def rows(stand: Stand) -> list[Row]:
    """Return the paths through a gateway."""
    folder, key = stand.folder, stand.key
    return [
        Row("/healthz", "/healthz", None, 45_000, 0.80),
        Row("cache hit", CHAT, scripts.same(folder, stand.caching_key, "auto"), 20_000, 0.35),
        Row("dry run, one prompt", CHAT, scripts.same(folder, key, "auto", DRY), 10_000, 0.18),
        Row("dry run, every prompt new", CHAT, scripts.unique(folder, key, "auto", DRY), 10_000, 0.18),
        Row("full path, one prompt", CHAT, scripts.same(folder, key, "auto"), 7_000, 0.12),
        Row("full path, every prompt new", CHAT, scripts.unique(folder, key, "auto"), 7_000, 0.12),
    ]


def measure(stand: Stand, seconds: int) -> dict[str, dict[str, object]]:
    """Measure bare answers and every path; print a table."""
    print(
        f"\n{CONNECTIONS} connections, one worker {'req/s':>13} {'bar':>7} {'of bare':>8} {'bar':>5}"
        f" {'p50 ms':>8} {'p99 ms':>8} {'µs CPU':>7} {'errors':>7}"
    )
    found: dict[str, dict[str, object]] = {}
    bare = 0.0
    for interface in ("rsgi", "asgi"):
        load = measure_bare(interface, seconds)
        bare = max(bare, load.requests_per_second)
        found[f"bare Granian, {interface.upper()}"] = _shown(f"bare Granian, {interface.upper()}", load, bare)
    for row in rows(stand):
        before = common.cpu_seconds(stand.process.pid)
        load = run(stand.url + row.path, seconds, row.script)
        used = common.cpu_seconds(stand.process.pid) - before
        found[row.name] = _shown(row.name, load, bare, row, used)
    return found


def run(url: str, seconds: int, script: Path | None, connections: int = CONNECTIONS) -> common.Load:
    """Load one address from the other core."""
    return common.wrk(url, connections=connections, seconds=seconds, cores={OTHER_CORE}, script=script)


def measure_bare(interface: str, seconds: int) -> common.Load:
    """Measure the server without anything behind it. interface: rsgi or asgi."""
    port = free_port()
    argv = gateway_command(host=HOST, port=port)
    argv[argv.index("--interface") + 1] = {"asgi": "asginl", "rsgi": "rsgi"}[interface]
    process = common.start([*argv[:-1], f"benchmarks.bare:{interface}"], cores={GATEWAY_CORE})
    try:
        common.wait_for(f"http://{HOST}:{port}/")
        return run(f"http://{HOST}:{port}/", seconds, None)
    finally:
        common.stop(process)


def _shown(
    name: str, load: common.Load, bare: float, row: Row | None = None, cpu_seconds: float = 0.0
) -> dict[str, object]:
    share = load.requests_per_second / bare
    cpu_us = cpu_seconds / max(1, load.requests) * 1e6
    bars = (f"{row.rate:7,}", f"{row.share:5.2f}") if row else (" " * 7, " " * 5)
    cost = f"{cpu_us:7.0f}" if cpu_us else " " * 7
    print(
        f"{name:28} {load.requests_per_second:13,.0f} {bars[0]} {share:8.2f} {bars[1]}"
        f" {load.p50_ms:8.2f} {load.p99_ms:8.2f} {cost} {load.errors:7}"
    )
    result: dict[str, object] = {**vars(load), "share_of_bare": round(share, 3)}
    if row is not None:
        met = load.requests_per_second >= row.rate and share >= row.share and not load.errors
        result |= {"cpu_us": round(cpu_us, 1), "bar_rate": row.rate, "bar_share": row.share, "met": met}
    return result
