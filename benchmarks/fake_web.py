"""A web process for benchmarks: one snapshot, and usage taken without looking.

python -m benchmarks.fake_web PORT UPSTREAM_PORT KEY
"""

from __future__ import annotations

import sys

from aiohttp import web

from avyay_site.keys.format import digest

PEPPER = "pepper-of-the-benchmarks"


def document(upstream_port: int, key: str) -> dict[str, object]:
    """Return a snapshot with one key without limits and one model."""
    return {
        "format": 1,
        "built_at": "2026-11-01T00:00:00+00:00",
        "baseline": None,
        "keys": [
            {
                "id": "key_bench",
                "digest": digest(key, PEPPER),
                "workspace_id": "ws_bench",
                "name": "bench",
                "scopes": ["marga:call"],
                "spent_usd": "0",
            }
        ],
        "providers": [
            {
                "id": "prv_bench",
                "name": "instant",
                "kind": "openai",
                "base_url": f"http://127.0.0.1:{upstream_port}/v1",
                "api_key": None,
                "workspace_id": None,
                "is_shared": True,
                "is_trusted": True,
                "timeout_seconds": 30,
            }
        ],
        "models": [
            {
                "id": "mdl_bench",
                "name": "bench",
                "provider_id": "prv_bench",
                "upstream_name": "bench",
                "tier": "mid",
                "input_usd_per_mtok": "2.5",
                "output_usd_per_mtok": "10",
                "cached_input_usd_per_mtok": "1.25",
            }
        ],
    }


def serve(port: int, upstream_port: int, key: str) -> None:
    """Serve until killed."""

    async def snapshot(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.json_response(document(upstream_port, key), headers={"ETag": '"1"'})

    async def usage(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"inserted": 0, "duplicate": 0, "spent_usd": {}})

    application = web.Application(client_max_size=64 << 20)
    application.router.add_get("/internal/gateway/snapshot", snapshot)
    application.router.add_post("/internal/gateway/usage", usage)
    web.run_app(application, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
