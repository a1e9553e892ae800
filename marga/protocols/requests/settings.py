"""Sampling, limits and labels: one table says how each protocol calls them. Pure.

Not in the table: what needs more than another name (tools, formats, reasoning, Anthropic's `metadata`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from marga.protocols.neutral import Conversation, Json
from marga.protocols.request import Unreadable
from marga.protocols.requests.fields import flag_at, number_at, object_at, text_at, whole_at
from marga.protocols.requests.notes import Notes


class _Names(NamedTuple):
    chat: str | None
    responses: str | None
    messages: str | None


_NUMBER = {"temperature", "top_p", "presence_penalty", "frequency_penalty"}
_WHOLE = {"top_k", "seed", "n", "top_logprobs", "max_tokens"}
_FLAG = {"logprobs", "store"}
_OBJECT = {"metadata", "logit_bias"}

NAMES: dict[str, _Names] = {
    "max_tokens": _Names("max_completion_tokens", "max_output_tokens", "max_tokens"),
    "temperature": _Names("temperature", "temperature", "temperature"),
    "top_p": _Names("top_p", "top_p", "top_p"),
    "top_k": _Names(None, None, "top_k"),
    "stop": _Names("stop", None, "stop_sequences"),
    "seed": _Names("seed", None, None),
    "n": _Names("n", None, None),
    "presence_penalty": _Names("presence_penalty", None, None),
    "frequency_penalty": _Names("frequency_penalty", None, None),
    "logit_bias": _Names("logit_bias", None, None),
    "logprobs": _Names("logprobs", None, None),
    "top_logprobs": _Names("top_logprobs", None, None),
    "verbosity": _Names("verbosity", None, None),
    "user": _Names("user", "user", None),
    "safety_identifier": _Names("safety_identifier", "safety_identifier", None),
    "prompt_cache_key": _Names("prompt_cache_key", "prompt_cache_key", None),
    "prompt_cache_retention": _Names("prompt_cache_retention", "prompt_cache_retention", None),
    "metadata": _Names("metadata", "metadata", None),
    "store": _Names("store", "store", None),
    "service_tier": _Names("service_tier", "service_tier", "service_tier"),
}
"""Neutral name: name in chat, responses, messages; None where the protocol cannot say it in one field."""

_SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "presence_penalty": (0, 0.0),
    "frequency_penalty": (0, 0.0),
    "store": (False,),
    "truncation": ("disabled",),
    "background": (False,),
    "service_tier": ("auto", "default"),
    "modalities": (["text"],),
    "speed": ("standard",),
}
"""Values that are the default: dropping them loses nothing."""


def known_names(protocol: str) -> frozenset[str]:
    """Return the fields of protocol that read takes."""
    names = {getattr(row, protocol) for row in NAMES.values()} - {None}
    return frozenset(names | ({"max_tokens"} if protocol == "chat" else set()))


def read(payload: Json, protocol: str) -> Json:
    """Return the settings of a request under their neutral names.

    Raises Unreadable.
    """
    found: Json = {}
    for neutral, row in NAMES.items():
        name = getattr(row, protocol)
        if name is not None and payload.get(name) is not None:
            found[neutral] = _value(payload, neutral, name)
    if protocol == "chat" and "max_tokens" not in found and payload.get("max_tokens") is not None:
        found["max_tokens"] = _value(payload, "max_tokens", "max_tokens")
    return found


def _value(payload: Json, neutral: str, name: str) -> Any:
    if neutral in _NUMBER:
        return number_at(payload, name)
    if neutral in _WHOLE:
        return whole_at(payload, name)
    if neutral in _FLAG:
        return flag_at(payload, name)
    if neutral in _OBJECT:
        return object_at(payload, name)
    if neutral == "stop":
        return _stops(payload[name], name)
    return text_at(payload, name)


def _stops(value: Any, name: str) -> list[str]:
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise Unreadable(f"{name} must be a string or a list of strings.", name)
    return stops


def write(conversation: Conversation, protocol: str, settings: Json, notes: Notes) -> Json:
    """Return settings under protocol's names, and note those that it lacks.

    settings: the conversation's, without what the writer says itself.
    """
    payload: Json = {}
    for neutral, value in settings.items():
        name = getattr(NAMES[neutral], protocol)
        if name is not None:
            payload[name] = value
        elif not says_nothing(neutral, value):
            notes.add(neutral)
    if conversation.source == protocol:
        payload.update(conversation.extras)
        return payload
    for name, value in conversation.extras.items():
        if not says_nothing(name, value):
            notes.add(name)
    return payload


def says_nothing(name: str, value: Any) -> bool:
    """Tell whether a setting only repeats the default."""
    return value is None or value in ([], {}, "", ()) or value in _SAYS_NOTHING.get(name, ())
