"""Dry runs: everything up to the decision, and no provider. For rules that are being tried out, and for measurements."""

from __future__ import annotations

import orjson

from marga.gateway import accepting
from marga.gateway.call import JSON_TYPE, Call

HEADER = b"x-marga-dry-run"
YES = frozenset({b"1", b"true", b"yes"})


def is_asked(call: Call) -> bool:
    """Tell whether the client wants the decision only."""
    return call.asked.get(HEADER, b"").lower() in YES


async def answer(call: Call) -> None:
    """Say where the call would go, and why. It counts as a request, and costs nothing."""
    await accepting.admit(call, is_free=True)
    decision, needs = call.decision, call.needs
    if decision is None or needs is None:
        raise AssertionError("a dry run is answered before its decision")
    body = orjson.dumps(
        {
            "dry_run": True,
            "request_id": call.id,
            "decision": {
                "model": call.order[0].name,
                "provider": call.order[0].provider.name,
                "tier": call.order[0].tier,
                "policy": decision.policy,
                "reason": decision.reason,
                "explain": decision.explain,
                "need": round(needs.need, 4),
                "doubt": round(needs.doubt, 4),
                "task": needs.task,
                "order": [deployment.name for deployment in call.order],
                "baseline": call.baseline.name if call.baseline else None,
                "input_tokens": needs.input_tokens,
            },
        }
    )
    call.core.metrics.count(call.surface.route, "dry_run", 200)
    await call.answer(200, [JSON_TYPE], body)
