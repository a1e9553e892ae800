"""A web process for benchmarks: one snapshot from a file, and usage taken without looking.

python -m benchmarks.fake_web PORT SNAPSHOT
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from avyay_site.keys.format import digest

PEPPER = "pepper-of-the-benchmarks"
CAPABILITIES = ["tools", "json_schema", "thinking"]


def key_row(name: str, text: str, **rules: object) -> dict[str, Any]:
    """Return a key without limits."""
    return {
        "id": f"key_{name}",
        "digest": digest(text, PEPPER),
        "workspace_id": "ws_bench",
        "name": name,
        "scopes": ["marga:call"],
        "spent_usd": "0",
        "rules": rules,
    }


def provider_row(name: str, port: int, protocols: Sequence[str] = ("chat",)) -> dict[str, Any]:
    """Return a provider on loopback."""
    return {
        "id": f"prv_{name}",
        "name": name,
        "kind": "anthropic" if "messages" in protocols else "openai",
        "base_url": f"http://127.0.0.1:{port}/v1",
        "api_key": None,
        "protocols": list(protocols),
        "credentials": [],
        "workspace_id": None,
        "is_shared": True,
        "is_trusted": True,
        "timeout_seconds": 30,
    }


def model_row(name: str, provider: str, tier: str, input_usd: str, output_usd: str) -> dict[str, Any]:
    """Return a model with a price."""
    return {
        "id": f"mdl_{name}",
        "name": name,
        "provider_id": f"prv_{provider}",
        "upstream_name": name,
        "tier": tier,
        "capabilities": CAPABILITIES,
        "context_window": 200_000,
        "max_output_tokens": 16_000,
        "input_usd_per_mtok": input_usd,
        "output_usd_per_mtok": output_usd,
        "cached_input_usd_per_mtok": None,
    }


def document(
    keys: list[dict[str, Any]], providers: list[dict[str, Any]], models: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a snapshot."""
    return {
        "format": 2,
        "built_at": "2026-11-01T00:00:00+00:00",
        "baseline": None,
        "policies": [],
        "sampling": {},
        "keys": keys,
        "providers": providers,
        "models": models,
    }


def one_provider(upstream_port: int, key: str, caching_key: str) -> dict[str, Any]:
    """Return a snapshot with a model in each tier, all of one provider, and a key whose answers are kept."""
    return document(
        [
            key_row("bench", key),
            key_row("caching", caching_key, cache="exact", cache_ttl_seconds=86_400),
        ],
        [provider_row("instant", upstream_port)],
        [
            model_row("small", "instant", "local", "0.1", "0.5"),
            model_row("bench", "instant", "mid", "1", "5"),
            model_row("large", "instant", "frontier", "4", "20"),
        ],
    )


def serve(port: int, snapshot_file: Path) -> None:
    """Serve until killed."""
    held = json.loads(snapshot_file.read_text())

    async def snapshot(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.json_response(held, headers={"ETag": '"1"'})

    async def usage(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"inserted": 0, "duplicate": 0, "spent_usd": {}})

    async def report(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({})

    application = web.Application(client_max_size=64 << 20)
    application.router.add_get("/internal/gateway/snapshot", snapshot)
    application.router.add_post("/internal/gateway/usage", usage)
    application.router.add_post("/internal/gateway/report", report)
    web.run_app(application, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
