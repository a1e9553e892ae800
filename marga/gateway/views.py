"""The small pages of the gateway: models, readiness, metrics, and what is not there."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from marga.gateway import standing
from marga.gateway.auth import CONFIRMED_WITHIN_SECONDS
from marga.gateway.core import Core
from marga.gateway.errors import NO_RETRY, Headers, Refusal
from marga.gateway.requests import header, request_id_of
from marga.gateway.snapshot import EMPTY, Catalogue, Deployment, Key
from marga.gateway.surfaces import canonical
from marga.routing import ALL_WELL, Needs, NoRoute

Page = Callable[[Core, dict[str, Any], Any], Awaitable[None]]
LOOPBACK = frozenset({"127.0.0.1", "::1"})
JSON = b"application/json"


async def _answer(
    scope: dict[str, Any], send: Any, status: int, kind: bytes, body: bytes, extra: Headers
) -> None:
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    shown = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": shown, "more_body": False})


async def _refuse(core: Core, scope: dict[str, Any], send: Any, refusal: Refusal) -> None:
    own = core.ids.new()
    shown = request_id_of(scope["headers"], own)
    core.metrics.count("other", "", refusal.status)
    extra = [(b"x-request-id", shown.encode()), (b"x-marga-request-id", own.encode()), *refusal.headers]
    await _answer(scope, send, refusal.status, JSON, refusal.body(own), extra)


async def not_found(core: Core, scope: dict[str, Any], send: Any) -> None:
    """Answer 404 for a path that does not exist."""
    message = (
        "There is nothing at this path. Calls go to POST /v1/chat/completions, /v1/responses, /v1/messages or "
        "/v1/embeddings; GET /v1/models lists models."
    )
    await _refuse(core, scope, send, Refusal(404, "unknown_path", message))


async def not_supported(core: Core, scope: dict[str, Any], send: Any) -> None:
    """Answer 404 for what would need state that the gateway does not keep; clients then do without it."""
    message = (
        "Responses are not stored here: send the whole conversation as input. Compaction and stored responses "
        "are left to the client."
    )
    await _refuse(core, scope, send, Refusal(404, "not_supported", message, headers=[NO_RETRY]))


async def wrong_method(core: Core, scope: dict[str, Any], send: Any, allowed: bytes) -> None:
    """Answer 405."""
    message = f"This path takes {allowed.decode()} only."
    await _refuse(
        core, scope, send, Refusal(405, "method_not_allowed", message, headers=[(b"allow", allowed)])
    )


async def models(core: Core, scope: dict[str, Any], send: Any) -> None:
    """List the models that the key may call, or show one."""
    try:
        client = scope["client"]
        key = core.keys.authenticate(scope["headers"], client[0] if client else "", core.loop.time())
        rows = _rows(core, key)
        wanted = canonical(scope["path"]).removeprefix("/v1").removeprefix("/models").strip("/")
        if not wanted:
            listed = list(rows.values())
            # Both forms in one: Anthropic's clients read data, has_more and the ids, OpenAI's read object and data.
            body: Any = {
                "object": "list",
                "data": listed,
                "has_more": False,
                "first_id": listed[0]["id"] if listed else None,
                "last_id": listed[-1]["id"] if listed else None,
            }
        elif wanted in rows:
            body = rows[wanted]
        else:
            raise Refusal(404, "model_not_found", "This key cannot call such a model.", param="model")
    except Refusal as refusal:
        await _refuse(core, scope, send, refusal)
        return
    own = core.ids.new()
    shown = request_id_of(scope["headers"], own).encode()
    core.metrics.count("/v1/models", "", 200)
    extra = [(b"x-request-id", shown), (b"x-marga-request-id", own.encode())]
    await _answer(scope, send, 200, JSON, orjson.dumps(body), extra)


def _rows(core: Core, key: Key) -> dict[str, dict[str, object]]:
    """Return each callable model under one name, and the policies: `auto` first among them."""
    snapshot = core.keys.snapshot
    catalogue = snapshot.catalogue(key.workspace_id)
    rows = {
        name: _row(name, deployment.provider.name, snapshot.built_at)
        for name, deployment in catalogue.listed.items()
        if _may_call(catalogue, name, deployment, key)
    }
    for policy in catalogue.policies:
        name = "auto" if policy == "auto" else f"auto:{policy}"
        rows[name] = _row(name, "avyay", snapshot.built_at)
    return rows


def _may_call(catalogue: Catalogue, name: str, deployment: Deployment, key: Key) -> bool:
    for protocol in deployment.candidate.protocols[:1]:
        with suppress(NoRoute):
            catalogue.router.decide(Needs(model=name, protocol=protocol), key.rules, ALL_WELL)
            return True
    return False


def _row(name: str, owner: str, built_at: float) -> dict[str, object]:
    return {
        "id": name,
        "object": "model",
        "type": "model",
        "display_name": name,
        "created": int(built_at),
        "created_at": datetime.fromtimestamp(built_at, UTC).isoformat().replace("+00:00", "Z"),
        "owned_by": owner,
    }


async def ready(core: Core, scope: dict[str, Any], send: Any) -> None:
    """Tell whether calls can be served: yes, yes but the web process is away, or no."""
    age = time.time() - core.keys.confirmed_at
    has_snapshot = core.keys.snapshot is not EMPTY
    is_fresh = age <= CONFIRMED_WITHIN_SECONDS
    can_serve = has_snapshot and age <= CONFIRMED_WITHIN_SECONDS + core.settings.grace_seconds
    state = "starting" if not has_snapshot else "ok" if is_fresh else "degraded" if can_serve else "stale"
    body = {
        "status": state,
        "snapshot_age_seconds": round(age, 1) if has_snapshot else None,
        "spool_pending": core.spool.pending,
        "control_link": "up" if core.control.works["snapshot"] and is_fresh else "down",
        "usage_link": "up" if core.control.works["usage"] else "down",
    }
    await _answer(scope, send, 200 if can_serve else 503, JSON, orjson.dumps(body), [])


async def metrics(core: Core, scope: dict[str, Any], send: Any) -> None:
    """Show Prometheus metrics to this machine, or to whoever holds AVYAY_METRICS_TOKEN."""
    if not _may_see_metrics(core, scope):
        message = "Metrics are shown on the loopback address, or with 'Authorization: Bearer' and AVYAY_METRICS_TOKEN."
        await _refuse(core, scope, send, Refusal(403, "metrics_refused", message))
        return
    core.metrics.log_dropped, core.metrics.shed = core.log.dropped, core.door.shed
    gauges = {
        "spool_pending": core.spool.pending,
        "calls_open": core.open_calls,
        "tasks": len(asyncio.all_tasks()),
        "snapshot_age_seconds": round(time.time() - core.keys.confirmed_at, 1),
        "shared_state_up": int(core.shared.is_up),
        "control_link_up": int(core.control.works["snapshot"]),
    }
    text = core.metrics.text(gauges) + standing.text(core)
    await _answer(scope, send, 200, b"text/plain; version=0.0.4; charset=utf-8", text.encode(), [])


def _may_see_metrics(core: Core, scope: dict[str, Any]) -> bool:
    token = core.settings.metrics_token
    if token:
        given = header(scope["headers"], b"authorization").removeprefix(b"Bearer ")
        return hmac.compare_digest(given, token.encode())
    # Behind a reverse proxy everybody comes from loopback; such requests say so.
    if header(scope["headers"], b"x-forwarded-for") or header(scope["headers"], b"forwarded"):
        return False
    client = scope["client"]
    return bool(client) and client[0] in LOOPBACK


PAGES: dict[str, Page] = {
    "/v1/models": models,
    "/models": models,
    "/readyz": ready,
    "/metrics": metrics,
}
