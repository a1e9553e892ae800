"""Bring the wish for reasoning, and the limits and sampling that go with it, to another protocol. Pure.

Sources: https://docs.claude.com/en/docs/build-with-claude/extended-thinking,
https://platform.openai.com/docs/guides/reasoning
"""

from __future__ import annotations

from marga.protocols.neutral import Choice, Conversation, Json, Reasoning, Thinking, ToolCall, Turn
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.settings import says_nothing
from marga.protocols.requests.target import Target

SMALLEST_BUDGET = 1024
ROOM_FOR_ANSWER = 1024
"""Output tokens left for the answer when the client's limit and the thinking budget collide."""

_BUDGETS = {"minimal": 1024, "low": 4096, "medium": 10_000, "high": 24_000}
_LEAST_RESPONSES_TOKENS = 16
_OPENAI_ONLY = (
    "store", "metadata", "verbosity", "safety_identifier", "service_tier", "prompt_cache_key",
    "prompt_cache_retention",
)  # fmt: skip
"""Servers that only resemble OpenAI's refuse fields that they do not know."""


def cross_settings(conversation: Conversation, target: Target, notes: Notes) -> Json:
    """Return the settings within what target takes; reasoning is not in them."""
    settings = dict(conversation.settings)
    limit = settings.get("max_tokens")
    if limit is not None and target.most_output_tokens is not None and limit > target.most_output_tokens:
        settings["max_tokens"] = target.most_output_tokens
        notes.add("max_tokens")
    if target.protocol == "messages":
        _for_messages(settings, target, notes)
    else:
        _for_openai(settings, target, notes)
    return settings


def _for_openai(settings: Json, target: Target, notes: Notes) -> None:
    _shared_user(settings, notes)
    if settings.get("service_tier") == "standard_only":
        settings["service_tier"] = "default"
    if target.protocol == "responses":
        settings["store"] = bool(settings.get("store"))  # left out, it would mean true
        if "max_tokens" in settings:
            settings["max_tokens"] = max(settings["max_tokens"], _LEAST_RESPONSES_TOKENS)
        return
    if not settings.get("store"):
        _drop(settings, ("metadata",), notes)  # OpenAI takes it only with what it stores
    if not target.is_openai:
        _drop(settings, _OPENAI_ONLY, notes)


def _shared_user(settings: Json, notes: Notes) -> None:
    """Drop an identifier that is longer than OpenAI takes; Claude Code's is."""
    if len(settings.get("user", "")) > 64:
        del settings["user"]
        notes.add("metadata.user_id")


def _for_messages(settings: Json, target: Target, notes: Notes) -> None:
    tier = settings.pop("service_tier", None)
    if tier in ("auto", "standard_only"):
        settings["service_tier"] = tier
    elif tier == "default":
        settings["service_tier"] = "standard_only"
    elif tier is not None:
        notes.add("service_tier")
    if not target.takes_sampling:
        _drop(settings, ("temperature", "top_p", "top_k"), notes)
    temperature = settings.get("temperature")
    if temperature is not None and temperature > 1:
        settings["temperature"] = 1
        notes.add("temperature")
    if temperature is not None and target.claude is not None and target.claude >= (4, 5):
        _drop(settings, ("top_p",), notes)  # these models refuse both at once
    settings.setdefault("max_tokens", target.default_limit)


def _drop(settings: Json, names: tuple[str, ...], notes: Notes) -> None:
    for name in names:
        if not says_nothing(name, settings.pop(name, None)):
            notes.add(name)


def cross_reasoning(
    wish: Reasoning, turns: tuple[Turn, ...], choice: Choice, settings: Json, target: Target, notes: Notes
) -> Reasoning:
    """Return the wish for reasoning as target understands it; settings (already crossed) are fitted to it."""
    if wish == Reasoning() or wish.mode == "disabled" or wish.effort == "none":
        return _no_reasoning(wish, target)
    if not target.can_think:
        notes.add("thinking")
        return Reasoning()
    if target.protocol != "messages":
        return _effort(wish, notes)
    if choice.mode in ("required", "named"):
        notes.add("thinking")  # Anthropic refuses to think before a forced tool
        return Reasoning()
    thinking = _adaptive(wish, notes) if target.thinks_adaptively else _budget(wish, turns, settings, notes)
    if thinking.mode:
        _drop_beside_thinking(settings, notes)
    return thinking


def _no_reasoning(wish: Reasoning, target: Target) -> Reasoning:
    if wish.effort == "none" and wish.mode == "" and target.protocol != "messages":
        return Reasoning(effort="none")
    return Reasoning()


def _effort(wish: Reasoning, notes: Notes) -> Reasoning:
    effort, summary = wish.effort, wish.summary
    if wish.mode:
        summary = "auto" if wish.summary == "summarized" else ""
        if not effort and wish.mode == "enabled":
            budget = wish.budget_tokens or 0
            effort = (
                "low" if budget <= _BUDGETS["low"] else "medium" if budget <= _BUDGETS["medium"] else "high"
            )
        elif not effort:
            notes.add(f"thinking.{wish.mode}")
    if wish.mode and effort in ("xhigh", "max"):
        notes.add("output_config.effort")
        effort = "high"
    return Reasoning(effort=effort, summary=summary)


def _adaptive(wish: Reasoning, notes: Notes) -> Reasoning:
    effort = {"minimal": "low"}.get(wish.effort, wish.effort)
    if effort in ("xhigh", "max"):
        notes.add("reasoning_effort")
        effort = "high"
    shown = "summarized" if wish.summary in ("auto", "concise", "detailed") else ""
    return Reasoning("adaptive", effort=effort, summary=shown)


def _budget(wish: Reasoning, turns: tuple[Turn, ...], settings: Json, notes: Notes) -> Reasoning:
    if _loop_without_thinking(turns):
        notes.add("thinking")
        return Reasoning()
    budget = _BUDGETS.get(wish.effort, _BUDGETS["high"])
    budget = min(budget, settings["max_tokens"] - ROOM_FOR_ANSWER)
    if budget < SMALLEST_BUDGET:
        notes.add("thinking")
        return Reasoning()
    return Reasoning("enabled", budget)


def _loop_without_thinking(turns: tuple[Turn, ...]) -> bool:
    """Tell whether the latest assistant turn calls tools without the thinking that Anthropic wants before it."""
    for turn in reversed(turns):
        if turn.role == "assistant":
            calls = any(isinstance(part, ToolCall) for part in turn.parts)
            return calls and not isinstance(turn.parts[0], Thinking)
    return False


def _drop_beside_thinking(settings: Json, notes: Notes) -> None:
    if settings.get("temperature") not in (None, 1):
        _drop(settings, ("temperature",), notes)
    top_p = settings.get("top_p")
    if top_p is not None and top_p < 0.95:
        _drop(settings, ("top_p",), notes)
    _drop(settings, ("top_k",), notes)
