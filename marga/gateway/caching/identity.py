"""Which requests are the same request. Pure.

The identity of a request is a digest of everything that shapes its answer: the workspace, the wire form, every field of
the body that is not known to be without influence, and a mark for what stands outside the body. Unknown fields count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from math import isfinite
from typing import Any

import orjson

DIGEST_BYTES = 20
WITHOUT_INFLUENCE = frozenset(
    {"stream", "stream_options", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"}
)
"""Fields that change how an answer travels, or who is told about it, but not what it says."""

SAMPLING = (
    "temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty",
    "n", "seed", "max_tokens", "max_completion_tokens", "max_output_tokens", "top_logprobs",
)  # fmt: skip
"""Numbers of which 1 and 1.0 mean the same to every provider; anywhere else they stay apart."""

PROVIDER_STATE = (
    "previous_response_id",
    "conversation",
    "background",
    "container",
    "mcp_servers",
    "web_search_options",
)
"""Fields by which an answer depends on, or changes, what a provider keeps."""

HINTS = ("task_type", "labels")
PLAIN_TOOLS = frozenset({"function", "custom"})
LONGEST_CHECKED = 1 << 20
MOST_DIGITS = 15
"""Every number of so many digits survives being read as a double; longer ones may fall together."""

_SORTED = orjson.OPT_SORT_KEYS


class _Ambiguous(ValueError):
    """Two readers could understand the body differently."""


def workspace_mark(workspace_id: str) -> bytes:
    """Return the first bytes of every identity of a workspace, by which it is purged."""
    return blake2b(workspace_id.encode(), digest_size=8).digest()


def identity(workspace_id: str, protocol: str, payload: Mapping[str, Any], policy_mark: str) -> bytes:
    """Return the identity of a request.

    policy_mark: everything outside the body that shapes the answer: the key's policy and rules, the routing hints and
    provider options (such as `anthropic-beta`) among the headers.
    """
    shaping = {name: value for name, value in payload.items() if name not in WITHOUT_INFLUENCE}
    _level_numbers(shaping)
    _keep_hints(shaping)
    return _digest(workspace_id, protocol, policy_mark, b"payload", orjson.dumps(shaping, option=_SORTED))


def body_digest(workspace_id: str, protocol: str, body: bytes, policy_mark: str) -> bytes:
    """Return a digest by which a byte-identical repeat is known without reading it."""
    return _digest(workspace_id, protocol, policy_mark, b"body", body)


def is_cacheable(payload: Mapping[str, Any]) -> bool:
    """Return whether the answer depends on the request alone: not on state or tools that a provider keeps."""
    # An empty object turns a feature on as well ("web_search_options": {}).
    if any(payload.get(name) not in (None, False, "", []) for name in PROVIDER_STATE):
        return False
    tools = payload.get("tools")
    return not tools or (isinstance(tools, list) and all(_is_plain_tool(tool) for tool in tools))


def asks_for_the_same(payload: Mapping[str, Any], protocol: str) -> bool:
    """Return whether the request asks for the same answer each time: vectors, temperature 0, or a seed."""
    temperature, seed = payload.get("temperature"), payload.get("seed")
    is_cold = isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature == 0
    return protocol == "embeddings" or is_cold or (isinstance(seed, int) and not isinstance(seed, bool))


def is_unambiguous(body: bytes) -> bool:
    """Return whether every JSON reader understands body alike.

    Names that occur twice, and numbers that a double cannot hold, are where readers differ: what a provider answered
    to one reading must never be kept under another one's identity.
    """
    if len(body) > LONGEST_CHECKED:
        return False
    try:
        json.loads(
            body, object_pairs_hook=_unique, parse_int=_short, parse_float=_short, parse_constant=_short
        )
    except (ValueError, RecursionError):
        return False
    return True


def _digest(workspace_id: str, protocol: str, policy_mark: str, kind: bytes, content: bytes) -> bytes:
    # No name holds a NUL and no JSON text does, so the parts cannot be shifted into each other.
    frame = "\0".join((workspace_id, protocol, policy_mark)).encode()
    hashed = blake2b(frame + b"\0" + kind + b"\0", digest_size=DIGEST_BYTES)
    hashed.update(content)
    return workspace_mark(workspace_id) + hashed.digest()


def _level_numbers(shaping: dict[str, Any]) -> None:
    for name in SAMPLING:
        value = shaping.get(name)
        if type(value) is float and value.is_integer():
            shaping[name] = int(value)


def _keep_hints(shaping: dict[str, Any]) -> None:
    """Of metadata, keep only the hints by which a model is chosen and its answer checked."""
    metadata = shaping.pop("metadata", None)
    if isinstance(metadata, dict) and (hints := {name: metadata[name] for name in HINTS if name in metadata}):
        shaping["metadata"] = hints


def _is_plain_tool(tool: Any) -> bool:
    """Return whether the client itself carries the tool out; others are run by the provider, and see the world."""
    if not isinstance(tool, dict):
        return False
    kind = tool.get("type")
    return kind in PLAIN_TOOLS or (kind is None and "input_schema" in tool)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Ambiguous
    return found


def _short(text: str) -> None:
    if sum(map(str.isdigit, text)) > MOST_DIGITS or not isfinite(float(text)):
        raise _Ambiguous
