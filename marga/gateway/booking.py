"""The record of a call: what it used and cost, who answered, and why it went there."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from marga.pricing import ZERO, Usage, cost_usd
from marga.traces import WARNINGS_MOST

if TYPE_CHECKING:
    from marga.gateway.caching.entry import Entry
    from marga.gateway.call import Call
    from marga.gateway.snapshot import Deployment

LONGEST_NAME = 200
UNSAID_OUTPUT_TOKENS = 4_096
"""What a call is taken to write when neither it nor its model says how much it may."""
CLIENT_LEFT = 499
"""The status recorded for a call whose client went away; nobody receives it."""


def price(call: Call, usage: Usage) -> Decimal:
    """Return what usage costs at the deployment that answered."""
    if call.deployment is None:
        return ZERO
    return cost_usd(usage, call.deployment.price, call.attempts[-1].seconds if call.attempts else 0.0)


def most_usd(usage: Usage, deployment: Deployment) -> Decimal:
    """Return the most that a call can cost; usage: what it reads, and what it may write, 0 when it does not say."""
    if not usage.output_tokens:
        most = deployment.candidate.max_output_tokens or UNSAID_OUTPUT_TOKENS
        usage = usage._replace(output_tokens=min(most, 4 * UNSAID_OUTPUT_TOKENS))
    return cost_usd(usage, deployment.price)


def counterfactual(call: Call, usage: Usage, cost: Decimal) -> Decimal:
    """Return what the same usage would have cost at the baseline: the best model that the caller could have had."""
    baseline = call.baseline
    if baseline is None or baseline is call.deployment:
        return cost
    # Another model would not have found this one's prompt cache.
    return cost_usd(Usage(usage.input_tokens, usage.output_tokens), baseline.price)


def record(
    call: Call,
    *,
    status: int,
    usage: Usage,
    is_estimated: bool,
    is_cancelled: bool,
    seconds: float,
    cost: Decimal,
    would_cost: Decimal,
    error_type: str,
) -> bytes:
    """Return one usage record as JSON; would_cost: at the baseline."""
    key, request, deployment = call.key, call.request, call.deployment
    return orjson.dumps(
        {
            "request_id": call.id,
            "occurred_at": datetime.now(UTC).isoformat(),
            "workspace_id": key.workspace_id if key else "",
            "key_id": key.id if key else None,
            "product": "marga",
            "action": call.surface.action,
            "model_requested": request.model[:LONGEST_NAME],
            "model_used": deployment.name if deployment else "",
            "provider": deployment.provider.name if deployment else "",
            "status": status,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_input_tokens": usage.cached_input_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "cost_usd": format(cost, "f"),
            "is_estimated": is_estimated,
            "is_stream": request.is_stream,
            "is_cancelled": is_cancelled,
            "duration_ms": int(seconds * 1000),
            "ttft_ms": call.ttft_ms,
            "error_type": error_type,
            "trace": _trace(call, cost, would_cost, seconds),
        }
    )


def kept(
    call: Call, rest: bytes, *, status: int, is_cancelled: bool, seconds: float, error_type: str
) -> bytes:
    """Return the usage record of an answer from a cache; rest: what `kept_rest` wrote, the same for each such hit."""
    first_byte = b"null" if call.ttft_ms is None else b"%d" % call.ttft_ms
    return (
        b'{"request_id":"%b","occurred_at":"%b","status":%d,"is_cancelled":%b,"error_type":"%b","duration_ms":%d,'
        b'"ttft_ms":%b,"trace":{"overhead_ms":%.3f,"first_byte_ms":%b,%b'
        % (
            call.id.encode(),
            datetime.now(UTC).isoformat().encode(),
            status,
            b"true" if is_cancelled else b"false",
            error_type.encode(),
            int(seconds * 1000),
            first_byte,
            max(0.0, seconds - call.waited) * 1000,
            first_byte,
            rest,
        )
    )


def kept_rest(call: Call, entry: Entry) -> bytes:
    """Return the rest of such a record: its trace from the third field on, then the record's own fields.

    Nothing was decided for it, and the whole price was saved.
    """
    key, request, usage = call.key, call.request, entry.usage
    saved = format(entry.cost_usd, "f")
    trace = {
        "protocol": call.surface.protocol,
        "policy": "",
        "tier": "",
        "task": "",
        "need": 0.0,
        "doubt": 0.0,
        "reason": "cache",
        "explain": f"A kept answer of {entry.model} served it ({call.cached}).",
        "cache": call.cached,
        "cache_identity": call.cache_identity,
        "attempts": [],
        "baseline_model": entry.model,
        "baseline_usd": saved,
        "saved_usd": saved,
        "input_tokens_estimated": 0,
        "capabilities": [],
        "session": "",
        "warnings": [],
        "bucket": key.bucket if key else "",
    }
    own = {
        "workspace_id": key.workspace_id if key else "",
        "key_id": key.id if key else None,
        "product": "marga",
        "action": call.surface.action,
        "model_requested": request.model[:LONGEST_NAME],
        "model_used": entry.model,
        "provider": entry.provider,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": "0",
        "is_estimated": False,
        "is_stream": request.is_stream,
    }
    return orjson.dumps(trace)[1:] + b"," + orjson.dumps(own)[1:]


def _trace(call: Call, cost: Decimal, would_cost: Decimal, seconds: float) -> dict[str, Any] | None:
    decision, needs, key = call.decision, call.needs, call.key
    if decision is None or needs is None:
        return None
    baseline = call.baseline
    return {
        "protocol": call.surface.protocol,
        "policy": decision.policy,
        "tier": call.deployment.tier if call.deployment else "",
        "task": needs.task,
        "need": round(call.need, 4),
        "doubt": round(needs.doubt, 4),
        "reason": decision.reason,
        "explain": decision.explain,
        "cache": call.cached,
        "cache_identity": call.cache_identity,
        "attempts": [attempt.shown(call.began) for attempt in call.attempts],
        "baseline_model": baseline.name if baseline else "",
        "baseline_usd": format(would_cost, "f"),
        "saved_usd": format(would_cost - cost, "f") if baseline else "0",
        "overhead_ms": round(max(0.0, seconds - call.waited) * 1000, 3),
        "first_byte_ms": call.ttft_ms,
        "input_tokens_estimated": needs.input_tokens,
        "capabilities": sorted(needs.capabilities),
        "session": call.session,
        "warnings": list(call.warnings)[:WARNINGS_MOST],
        "bucket": key.bucket if key else "",
        "price_id": call.deployment.price_id if call.deployment else "",
    }
