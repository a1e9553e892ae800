"""The gateway and its peers in one run: same provider, same load, one core each in turn."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import common, scripts
from benchmarks.calls import chat
from benchmarks.peers.install import FOLDER, install
from benchmarks.stand import CHAT, GATEWAY_CORE, HOST, Stand, free_port
from benchmarks.stub_upstream import SENTENCE
from benchmarks.throughput import CONNECTIONS, run

WARM_SECONDS = 5
WARM_CALLS = 20
"""One after the other before the load: the first ones load what was put off until then."""
LEAST_SECONDS = 8
"""A slow peer answers few requests; a shorter run would count mostly those under way."""
START_SECONDS = 90


@dataclass(frozen=True)
class Peer:
    """How one is started and asked. environment: what it needs installed; bar: how many times its rate we should reach.

    start: port and provider's address in, command and variables out; it may write files into the given folder.
    """

    name: str
    environment: str
    bar: float
    start: Callable[[int, str, Path, str], tuple[list[str], dict[str, str]]]
    headers: Callable[[str], dict[str, str]] = lambda upstream: {}
    model: str = "bench"
    ready: str = "/"


def _litellm(port: int, upstream: str, folder: Path, key: str) -> tuple[list[str], dict[str, str]]:
    model = {
        "model_name": "bench",
        "litellm_params": {"model": "openai/bench", "api_base": f"{upstream}/v1", "api_key": "stub"},
    }
    config = folder / "litellm.yaml"  # JSON is YAML
    config.write_text(json.dumps({"model_list": [model], "general_settings": {"master_key": key}}))
    command = str(FOLDER / "litellm" / "bin" / "litellm")
    argv = [command, "--config", str(config), "--host", HOST, "--port", str(port), "--num_workers", "1"]
    quiet = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    return argv, quiet


def _portkey(port: int, upstream: str, folder: Path, key: str) -> tuple[list[str], dict[str, str]]:
    program = FOLDER / "node" / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    return ["node", str(program), f"--port={port}", "--headless"], {"NODE_ENV": "production"}


def _portkey_headers(upstream: str) -> dict[str, str]:
    return {"x-portkey-provider": "openai", "x-portkey-custom-host": f"{upstream}/v1"}


def _go(port: int, upstream: str, folder: Path, key: str) -> tuple[list[str], dict[str, str]]:
    return [str(FOLDER / "go" / "relay"), f"{HOST}:{port}", upstream], {"GOMAXPROCS": "1"}


PEERS = (
    Peer("Go httputil.ReverseProxy", "go", 0.35, _go),
    Peer("Portkey gateway", "node", 5, _portkey, headers=_portkey_headers),
    Peer("LiteLLM proxy", "litellm", 80, _litellm, ready="/health/liveliness"),
)


def measure(stand: Stand, seconds: int) -> dict[str, dict[str, object]]:
    """Install what is missing, measure all, print how many times each peer's rate the gateway reaches."""
    faults = install()
    print(
        f"\npeers, {CONNECTIONS} connections {'req/s':>16} {'ours':>8} {'bar':>6} {'p50 ms':>8} {'p99 ms':>9} {'MB':>6}"
    )
    script = scripts.same(stand.folder, stand.key, "auto")
    ours = run(stand.url + CHAT, seconds, script)
    print(
        f"{'this gateway, one prompt':28} {ours.requests_per_second:12,.0f} {'':15} {ours.p50_ms:8.2f} {ours.p99_ms:9.2f}"
    )
    found: dict[str, dict[str, object]] = {"this gateway": vars(ours)}
    for peer in PEERS:
        if fault := faults.get(peer.environment):
            print(f"{peer.name:28} {'not installed':>12}   {fault}")
            found[peer.name] = {"not_installed": fault}
            continue
        found[peer.name] = _compared(stand, peer, seconds, ours)
    return found


def _compared(stand: Stand, peer: Peer, seconds: int, ours: common.Load) -> dict[str, object]:
    headers = peer.headers(stand.upstream_url)
    script = scripts.same(stand.folder, stand.key, peer.model, headers)
    with _running(stand, peer) as (process, url):
        for _ in range(WARM_CALLS):
            _prove(peer, url + CHAT, stand.key, headers)
        run(url + CHAT, WARM_SECONDS, script)
        load = run(url + CHAT, max(seconds, LEAST_SECONDS), script)
        memory = common.resident_mb(process.pid)
    rate = load.requests_per_second
    times = ours.requests_per_second / rate if rate else float("inf")
    print(
        f"{peer.name:28} {rate:12,.0f} {times:7.2f}x {peer.bar:5.2f}x {load.p50_ms:8.2f} {load.p99_ms:9.2f} {memory:6.0f}"
        + (f"  {load.errors} errors" if load.errors else "")
    )
    return {**vars(load), "ours_over_it": round(times, 3), "bar": peer.bar, "memory_mb": round(memory, 1)}


def _prove(peer: Peer, url: str, key: str, headers: dict[str, str]) -> None:
    """Make one call, and stop where its answer is not the provider's."""
    asked = urllib.request.Request(  # noqa: S310 (loopback)
        url,
        data=json.dumps(chat(peer.model, scripts.PROMPT)).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json", **headers},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 (loopback)
        if SENTENCE.encode() not in answer.read():
            raise SystemExit(f"{peer.name} answers with something else")


@contextmanager
def _running(stand: Stand, peer: Peer) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    argv, variables = peer.start(port, stand.upstream_url, stand.folder, stand.key)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "LITELLM_"))}
    process = common.start(argv, cores={GATEWAY_CORE}, environment=kept | variables, folder=stand.folder)
    url = f"http://{HOST}:{port}"
    try:
        common.wait_for(url + peer.ready, START_SECONDS)
        yield process, url
    finally:
        common.stop(process)
