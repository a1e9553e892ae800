"""Ten thousand mixed calls through a whole platform: is what it wrote down what the provider billed?

python -m benchmarks.ledger [--requests 10000] [--at-once 16]

The provider counts for itself (books.py); the ledger is read from the platform's database. Compared call by call where
the provider reported what it used, and in sum over everything, left, cut and unreported calls included.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import psycopg
import uvloop

from benchmarks import books, common, mix
from benchmarks.books import Books
from benchmarks.calls import Reply
from benchmarks.stand import free_port
from marga.pricing import Usage
from tests.platform import Platform, running_platform

SUM_BAR = 0.005
SETTLE_SECONDS = 60
PRICES = {
    "books-chat": ("0.15", "0.6", "0.075", None, None),
    "books-messages": ("3", "15", "0.3", "3.75", None),
    "books-responses": ("1.25", "10", "0.125", None, "12"),
}
"""USD per million tokens: input, output, cached input, cache writes, reasoning."""
PRICE_NAMES = ("input", "output", "cached_input", "cache_write", "reasoning")
TIERS = {"books-chat": "local", "books-messages": "frontier", "books-responses": "mid"}
QUERY = """
    SELECT request_id, model_used, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens,
           cache_write_tokens, cost_usd, is_estimated, status
    FROM usage_usagerecord WHERE product = 'marga'
"""


class Row(NamedTuple):
    """One record of the ledger."""

    request_id: str
    model: str
    usage: Usage
    cost_usd: Decimal
    is_estimated: bool
    status: int


@dataclass
class Heard:
    """What the clients heard. numbers: of the calls, by the gateway's request id; kept: ids answered from the cache."""

    numbers: dict[str, int] = field(default_factory=dict)
    kinds: dict[int, mix.Kind] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    recorded: int = 0
    """Calls that came as far as a record; what is not JSON does not."""

    def heard(self, call: mix.Call, reply: Reply) -> None:
        """Keep what names a call."""
        request_id = reply.headers.get(b"x-marga-request-id", b"").decode()
        self.statuses[reply.status] += 1
        self.recorded += not call.kind.is_garbled
        self.numbers[request_id] = call.number
        self.kinds[call.number] = call.kind
        if reply.headers.get(b"x-marga-cache") in (b"hit", b"exact", b"semantic"):
            self.kept.add(request_id)


@dataclass
class Sums:
    """Tokens and money of both sides."""

    calls: int = 0
    billed: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    """Calls that differ though the provider told what it used."""
    zero: int = 0
    """Calls written down with no tokens or no cost though the provider billed some."""
    unflagged: int = 0
    """Calls that differ and are not flagged as estimates."""


def main() -> None:
    """Run, compare, print, keep the result; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=16)
    options = parser.parse_args()
    port, kept_books, heard = free_port(), Books(), Heard()
    with tempfile.TemporaryDirectory(prefix="avyay-ledger-") as text:
        folder = Path(text)
        folder.chmod(0o755)  # the database's own user passes through it
        config = folder / "marga.yaml"
        config.write_text(json.dumps(configuration(port)))  # JSON is YAML
        variables = {"MARGA_CONFIG": str(config), "AVYAY_OUTBOUND_ALLOW": "127.0.0.0/8"}
        with running_platform(folder, environment=variables) as platform:
            caching_key = issue_caching_key(platform)
            uvloop.run(replay(platform, port, kept_books, heard, caching_key, options))
            rows = records(platform, heard.recorded)
    sums = compare(rows, kept_books, heard)
    result = show(sums, heard, len(rows))
    print(
        f"kept in {common.write('ledger', {'machine': common.machine(), **result}).relative_to(common.ROOT)}"
    )
    if not result["met"]:
        raise SystemExit(1)


def configuration(port: int) -> dict[str, Any]:
    """Return a MARGA_CONFIG with a provider for each protocol."""
    return {
        "providers": [
            {
                "name": protocol,
                "kind": "anthropic" if protocol == "messages" else "openai",
                "base_url": f"http://127.0.0.1:{port}/v1",
                "api_key": "stub",
                "protocols": [protocol],
                "models": [_model(name)],
            }
            for protocol, name in mix.MODELS.items()
        ]
    }


def _model(name: str) -> dict[str, Any]:
    prices = zip(PRICE_NAMES, PRICES[name], strict=True)
    return {
        "name": name,
        "tier": TIERS[name],
        "capabilities": ["tools", "json_schema"],
        **{f"{kind}_usd_per_mtok": float(price) for kind, price in prices if price is not None},
    }


def issue_caching_key(platform: Platform) -> str:
    """Make a second key, whose answers are kept."""
    headers = {"Authorization": f"Bearer {platform.api_key}"}
    with httpx.Client(base_url=f"{platform.web}/api/v1", headers=headers, timeout=30) as api:
        made = api.post("/keys", json={"name": "caching", "scopes": ["marga:call"]}).raise_for_status().json()
        rules = {"cache": "exact", "cache_ttl_seconds": 86_400}
        api.put(f"/marga/rules/{made['id']}", json=rules).raise_for_status()
    time.sleep(3)  # until the gateway has the snapshot with it
    return str(made["secret"])


async def replay(
    platform: Platform,
    port: int,
    kept_books: Books,
    heard: Heard,
    caching_key: str,
    options: argparse.Namespace,
) -> None:
    """Send the whole mix."""
    address = urlsplit(platform.gateway)
    async with books.keeping(kept_books, port):
        traffic = mix.calls(options.requests, platform.api_key, caching_key)
        await mix.send(str(address.hostname), int(address.port or 80), traffic, options.at_once, heard.heard)


def records(platform: Platform, wanted: int) -> list[Row]:
    """Return the ledger once it holds as many records as are wanted, or the time to settle is over."""
    database = platform.layout.postgres_url
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        with psycopg.connect(host=database["HOST"], dbname=database["NAME"], user=database["USER"]) as link:
            found = link.execute(QUERY).fetchall()
        if len(found) >= wanted or time.monotonic() > until:
            return [Row(row[0], row[1], Usage(*row[2:7]), *row[7:]) for row in found]
        time.sleep(1)


def cost_of(model: str, usage: Usage) -> Decimal:
    """Return what a provider with these prices asks; written apart from the platform's own reckoning."""
    fresh, output, cached, stored, thought = (None if p is None else Decimal(p) for p in PRICES[model])
    if fresh is None or output is None:
        raise AssertionError("input and output have prices")
    plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    spoken = usage.output_tokens - usage.reasoning_tokens
    total = plain * fresh + spoken * output
    total += usage.cached_input_tokens * (fresh if cached is None else cached)
    total += usage.cache_write_tokens * (fresh if stored is None else stored)
    total += usage.reasoning_tokens * (output if thought is None else thought)
    return total / 1_000_000


def compare(rows: Iterable[Row], kept_books: Books, heard: Heard) -> dict[str, Sums]:
    """Return both sides by kind of call."""
    written: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.request_id in heard.numbers and row.request_id not in heard.kept:
            written[heard.numbers[row.request_id]].append(row)
    found: defaultdict[str, Sums] = defaultdict(Sums)
    for number, kind in heard.kinds.items():
        _add(found[kind.name], kind, kept_books.billed.get(number, []), written[number])
    return dict(found)


def _add(sums: Sums, kind: mix.Kind, billed: list[tuple[str, Usage]], written: list[Row]) -> None:
    theirs = _totals(billed, sum((cost_of(model, usage) for model, usage in billed), Decimal(0)))
    ours = _totals(
        ((row.model, row.usage) for row in written), sum((r.cost_usd for r in written), Decimal(0))
    )
    sums.calls += 1
    sums.billed.update(theirs)
    sums.written.update(ours)
    differs = theirs != ours
    sums.wrong += differs and not (kind.leaves or kind.word == "silent")
    sums.zero += bool(theirs["cost"]) and not (ours["cost"] and ours["input"])
    sums.unflagged += differs and not all(row.is_estimated for row in written)


def _totals(used: Iterable[tuple[str, Usage]], cost: Decimal) -> dict[str, Any]:
    listed = list(used)
    return {
        "input": sum(usage.input_tokens for _, usage in listed),
        "output": sum(usage.output_tokens for _, usage in listed),
        "cached": sum(usage.cached_input_tokens for _, usage in listed),
        "reasoning": sum(usage.reasoning_tokens for _, usage in listed),
        "cost": cost,
    }


def show(sums: dict[str, Sums], heard: Heard, records_count: int) -> dict[str, Any]:
    """Print the table; return the result."""
    print(
        f"{'calls':28} {'n':>6} {'billed USD':>12} {'ledger USD':>12} {'off %':>8} {'wrong':>6} {'zero':>5} {'unflagged':>9}"
    )
    everything = Sums()
    for name, one in sums.items():
        _print(name, one)
        everything.calls += one.calls
        everything.billed.update(one.billed)
        everything.written.update(one.written)
        everything.wrong, everything.zero = everything.wrong + one.wrong, everything.zero + one.zero
        everything.unflagged += one.unflagged
    _print("all", everything)
    off = {name: _off(everything, name) for name in ("input", "output", "cost")}
    print(
        f"all, off by: {', '.join(f'{name} {100 * share:+.3f} %' for name, share in off.items())} (bar 0.5 %)"
    )
    print(
        f"answers by status {dict(sorted(heard.statuses.items()))}, from the cache {len(heard.kept)}, records {records_count}"
    )
    met = all(abs(share) <= SUM_BAR for share in off.values())
    return {
        "calls": sum(heard.statuses.values()),
        "records_wanted": heard.recorded,
        "records": records_count,
        "from_cache": len(heard.kept),
        "statuses": dict(heard.statuses),
        "off": {name: round(share, 6) for name, share in off.items()},
        "wrong": everything.wrong,
        "zero": everything.zero,
        "unflagged": everything.unflagged,
        "by_kind": {
            name: {"calls": one.calls, "off_cost": round(_off(one, "cost"), 6)} for name, one in sums.items()
        },
        "met": met
        and records_count >= heard.recorded
        and not (everything.wrong or everything.zero or everything.unflagged),
    }


def _print(name: str, sums: Sums) -> None:
    print(
        f"{name:28} {sums.calls:6} {sums.billed['cost']:12.6f} {sums.written['cost']:12.6f}"
        f" {100 * _off(sums, 'cost'):+8.3f} {sums.wrong:6} {sums.zero:5} {sums.unflagged:9}"
    )


def _off(sums: Sums, name: str) -> float:
    billed, written = sums.billed[name], sums.written[name]
    if not billed:
        return 0.0 if not written else float("inf")
    return float((written - billed) / billed)


if __name__ == "__main__":
    main()
