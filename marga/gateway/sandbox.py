"""A provider inside the gateway: the first request works before any real one is configured. Pure.

Its answers say what they are and what to do next. They are the same for the same question.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import orjson

from marga.pricing import Usage
from marga.protocols import chat, reading
from marga.protocols.request import Request

TEXT = (
    "This is the Avyay sandbox, not a language model. Your request came through: the key is good and its usage is "
    "counted. To get real answers, set OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST and start again, name "
    "providers in the YAML file that MARGA_CONFIG points to, or add one in the admin under Providers."
)


def answer(request: Request, model: str) -> bytes:
    """Return a plain answer."""
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    return orjson.dumps(
        {
            **_head(request, model, "chat.completion"),
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": _usage(request),
        }
    )


def events(request: Request, model: str) -> Iterator[bytes]:
    """Return the same answer as a stream, usage included, one event after the other."""
    head = _head(request, model, "chat.completion.chunk")
    words = TEXT.split(" ")
    for index, word in enumerate(words):
        delta: dict[str, str] = {"content": word if index == len(words) - 1 else f"{word} "}
        if index == 0:
            delta["role"] = "assistant"
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield _event({**head, "choices": [], "usage": _usage(request)})
    yield b"data: [DONE]\n\n"


def _head(request: Request, model: str, kind: str) -> dict[str, object]:
    number = hashlib.sha256(request.body).hexdigest()[:24]
    return {"id": f"chatcmpl-sandbox-{number}", "object": kind, "created": int(time.time()), "model": model}


def _usage(request: Request) -> dict[str, int]:
    usage = Usage(
        reading.estimated_tokens(chat.read_characters(request.payload)), reading.estimated_tokens(len(TEXT))
    )
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _event(payload: dict[str, object]) -> bytes:
    return b"data: " + orjson.dumps(payload) + b"\n\n"
