"""A provider inside the gateway: the first request works before any real one is configured. Pure.

Its answers say what they are and what to do next. They are the same for the same question.
"""

from __future__ import annotations

import hashlib
import time

import orjson

from marga.protocols.reading import estimated_tokens
from marga.protocols.request import Request

TEXT = (
    "This is the Avyay sandbox, not a language model. Your request came through: the key is good and its usage is "
    "counted. To get real answers, set OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST and start again, name "
    "providers in the YAML file that MARGA_CONFIG points to, or add one in the admin under Providers."
)


def answer(request: Request, model: str, input_characters: int) -> bytes:
    """Return a whole answer, as a chat completion."""
    read, written = estimated_tokens(input_characters), estimated_tokens(len(TEXT))
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    return orjson.dumps(
        {
            "id": f"chatcmpl-sandbox-{hashlib.sha256(request.body).hexdigest()[:24]}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": read,
                "completion_tokens": written,
                "total_tokens": read + written,
            },
        }
    )
