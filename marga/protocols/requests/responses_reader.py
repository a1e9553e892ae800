"""Read an OpenAI responses request. Pure.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Mapping

from marga.protocols.neutral import (
    Choice,
    Conversation,
    Format,
    Instruction,
    Json,
    Reasoning,
    Text,
    Turn,
)
from marga.protocols.request import Unreadable
from marga.protocols.requests import settings
from marga.protocols.requests.fields import (
    as_object,
    flag_at,
    needed_text,
    object_at,
    objects_at,
    others,
    text_at,
)
from marga.protocols.requests.responses_items import read_item
from marga.protocols.requests.responses_tools import read_tools

_HANDLED = settings.known_names("responses") | {
    "model", "input", "instructions", "stream", "tools", "tool_choice", "parallel_tool_calls", "reasoning",
    "text",
}  # fmt: skip
_NATIVE_CHOICES = ("apply_patch", "shell", "local_shell")


def read(payload: Json, stored_items: Mapping[str, Json] | None = None) -> Conversation:
    """Return the conversation that payload holds.

    stored_items: what an `item_reference` may stand for, by id.
    Raises Unreadable.
    """
    instructions, turns = _turns(payload, stored_items or {})
    return Conversation(
        source="responses",
        turns=tuple(turns),
        instructions=tuple(instructions),
        tools=tuple(read_tools(payload)),
        choice=_choice(payload),
        format=_format(payload),
        reasoning=_reasoning(payload),
        settings=_settings(payload),
        extras=_extras(payload),
    )


def _turns(payload: Json, stored: Mapping[str, Json]) -> tuple[list[Instruction], list[Turn]]:
    opening = text_at(payload, "instructions")
    instructions = [Instruction(opening, "")] if opening else []
    if isinstance(payload.get("input"), str):
        return instructions, [Turn("user", (Text(payload["input"]),))]
    turns: list[Turn] = []
    kinds: dict[str, str] = {}
    for where, item in objects_at(payload, "input"):
        if item.get("type") == "item_reference":
            item = stored.get(text_at(item, "id", where), item)
        turn = read_item(item, where, kinds)
        if turn.role in ("system", "developer") and not turns:
            texts = [part for part in turn.parts if isinstance(part, Text)]
            instructions += [Instruction(part.text, turn.role) for part in texts]
        else:
            turns.append(turn)
    return instructions, turns


def _choice(payload: Json) -> Choice:
    parallel = flag_at(payload, "parallel_tool_calls")
    given, field = payload.get("tool_choice"), "tool_choice"
    if given is None:
        return Choice(parallel=parallel)
    if isinstance(given, str):
        if given == "auto" or given == "none" or given == "required":
            return Choice(
                "required" if given == "required" else "none" if given == "none" else "auto",
                parallel=parallel,
            )
        raise Unreadable(f"{field} must be auto, none, required or an object.", field)
    choice = as_object(given, field)
    kind = text_at(choice, "type", field)
    if kind == "allowed_tools":
        names = tuple(_allowed(tool, where) for where, tool in objects_at(choice, "tools", field))
        required = text_at(choice, "mode", field) == "required"
        return Choice("required" if required else "auto", parallel=parallel, allowed=names)
    if kind in _NATIVE_CHOICES:
        return Choice("named", kind, kind, parallel)
    if kind in ("function", "custom"):
        return Choice("named", needed_text(choice, "name", field), kind, parallel)
    return Choice("named", text_at(choice, "name", field) or kind, kind, parallel)


def _allowed(tool: Json, where: str) -> str:
    return text_at(tool, "name", where) or needed_text(tool, "type", where)


def _format(payload: Json) -> Format | None:
    given, field = object_at(object_at(payload, "text") or {}, "format", "text"), "text.format"
    if given is None:
        return None
    kind = text_at(given, "type", field)
    if kind == "json_schema":
        return Format(
            "json_schema",
            text_at(given, "name", field),
            object_at(given, "schema", field) or {},
            flag_at(given, "strict", field),
            text_at(given, "description", field),
        )
    if kind == "text" or kind == "json_object":
        return Format("text" if kind == "text" else "json_object")
    raise Unreadable(f"{field}.type must be text, json_object or json_schema.", f"{field}.type")


def _reasoning(payload: Json) -> Reasoning:
    given = object_at(payload, "reasoning") or {}
    return Reasoning(
        effort=text_at(given, "effort", "reasoning"),
        summary=text_at(given, "summary", "reasoning") or text_at(given, "generate_summary", "reasoning"),
    )


def _settings(payload: Json) -> Json:
    found = settings.read(payload, "responses")
    if verbosity := text_at(object_at(payload, "text") or {}, "verbosity", "text"):
        found["verbosity"] = verbosity
    return found


def _extras(payload: Json) -> Json:
    extras = others(payload, _HANDLED)
    left = {
        "reasoning": others(
            object_at(payload, "reasoning") or {}, frozenset({"effort", "summary", "generate_summary"})
        ),
        "text": others(object_at(payload, "text") or {}, frozenset({"format", "verbosity"})),
    }
    return extras | {name: value for name, value in left.items() if value}
