"""From what passed through to a usage record: tokens reported by the provider, or estimated and flagged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from marga.gateway.snapshot import Deployment, Key
from marga.pricing import Usage, cost_usd
from marga.protocols import chat, reading
from marga.protocols.request import Request

LONGEST_NAME = 200
CLIENT_LEFT = 499
"""The status recorded for a call whose client went away; nobody receives it."""


class Meter:
    """Watches one answer. Reported usage wins; without it the characters that passed are turned into tokens."""

    __slots__ = ("_characters", "_request", "reported", "saw_finish")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._characters = 0
        self.reported: Usage | None = None
        self.saw_finish = False

    def see(self, payload: dict[str, Any]) -> None:
        """Count one chunk of a stream, or a whole answer."""
        usage = chat.usage_of(payload)
        if usage is not None:
            self.reported = usage  # counts are cumulative: the last one stands
        self._characters += chat.written_characters(payload)
        self.saw_finish = self.saw_finish or chat.has_finished(payload)

    def usage(self) -> tuple[Usage, bool]:
        """Return the usage so far, and whether it is an estimate."""
        if self.reported is not None:
            return self.reported, False
        if not self._characters:
            return Usage(), False
        return Usage(
            reading.estimated_tokens(chat.read_characters(self._request.payload)),
            reading.estimated_tokens(self._characters),
        ), True


def reserved_tokens(request: Request) -> Usage:
    """Return an estimate of the most that a call will use: its input, and the output it allows."""
    payload = request.payload
    allowed = payload.get("max_completion_tokens") or payload.get("max_tokens") or 0
    if type(allowed) is not int or not 0 <= allowed <= reading.LARGEST_COUNT:
        allowed = 0
    return Usage(reading.estimated_tokens(chat.read_characters(payload)), allowed)


def record(
    *,
    request_id: str,
    occurred_at: str,
    key: Key,
    request: Request,
    deployment: Deployment,
    status: int,
    usage: Usage,
    is_estimated: bool,
    is_cancelled: bool,
    duration_ms: int,
    ttft_ms: int | None,
    error_type: str,
) -> tuple[bytes, Decimal]:
    """Return one usage record as JSON, and its cost in USD."""
    cost = cost_usd(usage, deployment.price)
    text = orjson.dumps(
        {
            "request_id": request_id,
            "occurred_at": occurred_at,
            "workspace_id": key.workspace_id,
            "key_id": key.id,
            "product": "marga",
            "action": "chat.completions",
            "model_requested": request.model[:LONGEST_NAME],
            "model_used": deployment.name,
            "provider": deployment.provider.name,
            "status": status,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_input_tokens": usage.cached_input_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cost_usd": format(cost, "f"),
            "is_estimated": is_estimated,
            "is_stream": request.is_stream,
            "is_cancelled": is_cancelled,
            "duration_ms": duration_ms,
            "ttft_ms": ttft_ms,
            "error_type": error_type,
        }
    )
    return text, cost
