"""Usage as providers report it, written down in their documented shapes, with what each of them charges for it.

OpenAI: https://platform.openai.com/docs/api-reference; Anthropic: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching;
DeepSeek: https://api-docs.deepseek.com/guides/kv_cache; Ollama: https://github.com/ollama/ollama/blob/main/docs/openai.md.
The charges are computed in fractions from the provider's own formula, not with the gateway's code.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import orjson

from marga.gateway.tests.harness import chunk
from marga.pricing import Price
from marga.protocols import sse

ASKED = 80
"""Characters of the request that every report answers: 20 tokens where they must be estimated."""

WRITTEN = "An answer of forty characters, so to say"
ESTIMATE = (ASKED // 4, len(WRITTEN) // 4)


class Report(NamedTuple):
    """What a provider sent. payloads: one whole answer, or the events of a stream; charged: in USD."""

    name: str
    protocol: str
    is_stream: bool
    payloads: list[dict[str, Any]]
    charged: Fraction
    is_estimated: bool = False


def reports(price: Price) -> Iterator[Report]:
    """Give every report, with the charge at these prices."""
    for group in (_openai_chat, _deepseek, _ollama, _responses, _anthropic, _silent):
        yield from group(_Rates(price))


class _Rates:
    """Fractions of a dollar for each token."""

    def __init__(self, price: Price) -> None:
        def rate(value: Any, default: Fraction = Fraction(0)) -> Fraction:
            return default if value is None else Fraction(value) / 1_000_000

        self.fresh = rate(price.input_usd_per_mtok)
        self.out = rate(price.output_usd_per_mtok)
        self.cached = rate(price.cached_input_usd_per_mtok, self.fresh)
        self.written = rate(price.cache_write_usd_per_mtok, self.fresh)
        self.thought = rate(price.reasoning_usd_per_mtok, self.out)


COUNTS = [(9, 12), (1_024, 1), (1_117, 46), (128_000, 4_096), (2, 16_384)]
"""Tokens in and out."""


def _openai_chat(rates: _Rates) -> Iterator[Report]:
    for tokens_in, tokens_out in COUNTS:
        for cached, thought in ((0, 0), (tokens_in // 2, 0), (tokens_in, tokens_out // 2), (0, tokens_out)):
            usage = {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
                "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
                "completion_tokens_details": {
                    "reasoning_tokens": thought,
                    "audio_tokens": 0,
                    "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            }
            charge = (tokens_in - cached) * rates.fresh + cached * rates.cached
            charge += (tokens_out - thought) * rates.out + thought * rates.thought
            yield from _chat("openai", usage, charge)


def _deepseek(rates: _Rates) -> Iterator[Report]:
    for tokens_in, tokens_out in COUNTS:
        for hit in (0, tokens_in // 3, tokens_in):
            usage = {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
                "prompt_cache_hit_tokens": hit,
                "prompt_cache_miss_tokens": tokens_in - hit,
            }
            charge = hit * rates.cached + (tokens_in - hit) * rates.fresh + tokens_out * rates.out
            yield from _chat("deepseek", usage, charge)


def _ollama(rates: _Rates) -> Iterator[Report]:
    for tokens_in, tokens_out in COUNTS:
        usage = {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        }
        yield from _chat("ollama", usage, tokens_in * rates.fresh + tokens_out * rates.out)
        nulls = {**usage, "prompt_tokens_details": None, "completion_tokens_details": None}
        yield from _chat("vllm", nulls, tokens_in * rates.fresh + tokens_out * rates.out)


TOOL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"city": "Pune"}'}}


def _chat(name: str, usage: dict[str, Any], charge: Fraction) -> Iterator[Report]:
    """Give a whole answer, one with a tool call, and a stream with its usage in the last chunk."""
    size = f"{usage['prompt_tokens']}-{usage['completion_tokens']}"
    for finish, message in (
        ("stop", {"role": "assistant", "content": WRITTEN}),
        ("tool_calls", {"role": "assistant", "content": None, "tool_calls": [TOOL]}),
    ):
        body = {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}
        yield Report(f"{name}-{finish}-{size}", "chat", False, [body], charge)
    parts = [chunk({"content": WRITTEN}, usage=None), chunk({}, "stop", usage=None), chunk(None, usage=usage)]
    yield Report(f"{name}-stream-{size}", "chat", True, list(map(_payload, parts)), charge)


def _payload(event: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(sse.data_of(event) or b"")
    return found


def _responses(rates: _Rates) -> Iterator[Report]:
    for tokens_in, tokens_out in COUNTS:
        for cached, thought in ((0, 0), (tokens_in // 4, tokens_out // 4)):
            usage = {
                "input_tokens": tokens_in,
                "input_tokens_details": {"cached_tokens": cached},
                "output_tokens": tokens_out,
                "output_tokens_details": {"reasoning_tokens": thought},
                "total_tokens": tokens_in + tokens_out,
            }
            charge = (tokens_in - cached) * rates.fresh + cached * rates.cached
            charge += (tokens_out - thought) * rates.out + thought * rates.thought
            content = [{"type": "output_text", "text": WRITTEN, "annotations": []}]
            item = {"type": "message", "role": "assistant", "content": content}
            call = {"type": "function_call", "name": "look_up", "arguments": "{}", "call_id": "call_1"}
            for kind, output in (("text", [item]), ("tool", [call])):
                whole: dict[str, Any] = {
                    "object": "response",
                    "status": "completed",
                    "output": output,
                    "usage": usage,
                }
                yield Report(f"responses-{kind}-{tokens_in}-{cached}", "responses", False, [whole], charge)
            events: list[dict[str, Any]] = [
                {"type": "response.created", "response": {"status": "in_progress", "usage": None}},
                {"type": "response.output_text.delta", "delta": WRITTEN},
                {"type": "response.completed", "response": {"status": "completed", "usage": usage}},
            ]
            yield Report(f"responses-stream-{tokens_in}-{cached}", "responses", True, events, charge)


def _anthropic(rates: _Rates) -> Iterator[Report]:
    """Fresh input, cache reads and cache writes are counted apart, and add up."""
    for fresh, tokens_out in COUNTS:
        for read, written in ((0, 0), (1_024, 0), (0, 2_048), (18_000, 512)):
            usage = {
                "input_tokens": fresh,
                "cache_read_input_tokens": read,
                "cache_creation_input_tokens": written,
                "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
                "output_tokens": tokens_out,
                "service_tier": "standard",
            }
            charge = fresh * rates.fresh + read * rates.cached + written * rates.written
            charge += tokens_out * rates.out
            name = f"{fresh}-{read}-{written}"
            text = {"type": "text", "text": WRITTEN}
            tool = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"city": "Pune"}}
            for kind, block in (("end_turn", text), ("tool_use", tool)):
                whole = {"type": "message", "content": [block], "stop_reason": kind, "usage": usage}
                yield Report(f"anthropic-{kind}-{name}", "messages", False, [whole], charge)
            events: list[dict[str, Any]] = [
                {"type": "message_start", "message": {"content": [], "usage": {**usage, "output_tokens": 1}}},
                {"type": "content_block_delta", "delta": {"type": "text_delta", "text": WRITTEN}},
                {
                    "type": "message_delta",
                    "delta": {"stop_reason": "end_turn"},
                    "usage": {"output_tokens": tokens_out},
                },
                {"type": "message_stop"},
            ]
            yield Report(f"anthropic-stream-{name}", "messages", True, events, charge)


def _silent(rates: _Rates) -> Iterator[Report]:
    """Reports that are missing, cut off or unbelievable: the tokens are estimated, and said to be."""
    charge = ESTIMATE[0] * rates.fresh + ESTIMATE[1] * rates.out
    message = {"role": "assistant", "content": WRITTEN}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    for number, usage in enumerate((None, {}, {"prompt_tokens": None}, {"prompt_tokens": -1}, "12", [1])):
        body = {"choices": [choice], "usage": usage}
        yield Report(f"silent-chat-{number}", "chat", False, [body], charge, is_estimated=True)
        parts = [_payload(chunk({"content": WRITTEN})), {**_payload(chunk({}, "stop")), "usage": usage}]
        yield Report(f"silent-stream-{number}", "chat", True, parts, charge, is_estimated=True)
    content = [{"type": "output_text", "text": WRITTEN}]
    whole = {"status": "completed", "output": [{"type": "message", "content": content}], "usage": None}
    yield Report("silent-responses", "responses", False, [whole], charge, is_estimated=True)
    cut = [{"type": "response.output_text.delta", "delta": WRITTEN}]
    yield Report("cut-responses", "responses", True, cut, charge, is_estimated=True)
    text = {"type": "text", "text": WRITTEN}
    yield Report("silent-messages", "messages", False, [{"content": [text]}], charge, is_estimated=True)
    begun: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 777, "output_tokens": 1}}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": WRITTEN}},
    ]
    known = 777 * rates.fresh + ESTIMATE[1] * rates.out
    yield Report("cut-messages", "messages", True, begun, known, is_estimated=True)
