"""Bring a whole conversation from one protocol to another, still in the neutral form. Pure.

Everything that needs a decision is decided here, so that writers only write.
"""

from __future__ import annotations

from dataclasses import replace

from marga.protocols.neutral import Conversation, Format, Instruction, Text, ToolCall, ToolResult, Turn
from marga.protocols.request import Unreadable
from marga.protocols.requests.cross_tools import cross_choice, cross_tools
from marga.protocols.requests.cross_turns import cross_instructions, cross_turns
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.reasoning import cross_reasoning, cross_settings
from marga.protocols.requests.schemas import closed
from marga.protocols.requests.target import Target

_ELSEWHERE = {
    "previous_response_id": "Send the whole conversation in input.",
    "conversation": "Send the whole conversation in input.",
    "prompt": "Send the prompt's text in instructions or input.",
    "background": "Ask without background.",
}
"""State that only the provider of the source's protocol holds: without it the answer would be to another question."""

_CONTINUE = "Continue."
_JSON_ONLY = "Answer with one JSON object and nothing else: no code fence, no words around it."
_EPHEMERAL = {"type": "ephemeral"}


def cross(conversation: Conversation, target: Target, notes: Notes) -> Conversation:
    """Return conversation as target can carry it, and note what is lost.

    Raises Unreadable where what is missing changes the question.
    """
    for name, remedy in _ELSEWHERE.items():
        if conversation.source == "responses" and conversation.extras.get(name) not in (None, False, ""):
            raise Unreadable(
                f"{name} names state that the provider of this model does not hold. {remedy}", name
            )
    instructions = cross_instructions(conversation, target, notes)
    turns = cross_turns(conversation, target, notes)
    tools = cross_tools(conversation, target, notes)
    choice = cross_choice(conversation, tools, target, notes)
    settings = cross_settings(conversation, target, notes)
    reasoning = cross_reasoning(conversation.reasoning, turns, choice, settings, target, notes)
    crossed = replace(
        conversation,
        instructions=instructions,
        turns=turns,
        tools=tools,
        choice=choice,
        settings=settings,
        reasoning=reasoning,
        extras={name: value for name, value in conversation.extras.items() if name != "include"},
    )
    _note_includes(conversation, notes)
    if target.protocol == "messages":
        return _for_messages(crossed, target, notes)
    if conversation.source == "messages" and turns and turns[-1].role == "assistant":
        notes.add("prefill")
    return crossed


def _note_includes(conversation: Conversation, notes: Notes) -> None:
    include = conversation.extras.get("include")
    if isinstance(include, list) and any(entry != "reasoning.encrypted_content" for entry in include):
        notes.add("include")


def _for_messages(conversation: Conversation, target: Target, notes: Notes) -> Conversation:
    instructions, turns, form = list(conversation.instructions), list(conversation.turns), conversation.format
    if form is not None and form.kind == "json_object":
        instructions.append(Instruction(_JSON_ONLY))
        notes.add("response_format.json_object")
    if not turns:
        turns, instructions = [Turn("user", tuple(Text(entry.text) for entry in instructions))], []
        turns = turns if turns[0].parts else [Turn("user", (Text(_CONTINUE),))]
    if turns[0].role == "assistant":
        turns.insert(0, Turn("user", (Text(_CONTINUE),)))
        notes.add("assistant_first")
    if turns[-1].role == "assistant":
        turns.append(Turn("user", (Text(_CONTINUE),)))
        notes.add("assistant_last")
    if target.claude is not None:
        _hint_cache(instructions, turns)
    return replace(
        conversation,
        instructions=tuple(instructions),
        turns=tuple(turns),
        format=_closed_format(form, notes),
    )


def _closed_format(form: Format | None, notes: Notes) -> Format | None:
    if form is None or form.kind != "json_schema":
        return None
    schema, lost = closed(form.schema)
    if lost:
        notes.add("json_schema.bounds")
    return replace(form, schema=schema)


def _hint_cache(instructions: list[Instruction], turns: list[Turn]) -> None:
    """Mark what to cache in a conversation that goes on, as OpenAI does unasked; a first turn would only pay more."""
    given = [*instructions, *(part for turn in turns for part in turn.parts)]
    if len(turns) < 3 or any(getattr(part, "cache", None) for part in given):
        return
    if instructions:
        instructions[-1] = replace(instructions[-1], cache=_EPHEMERAL)
    last = turns[-1].parts[-1]
    if isinstance(last, Text | ToolResult | ToolCall):
        turns[-1] = replace(turns[-1], parts=(*turns[-1].parts[:-1], replace(last, cache=_EPHEMERAL)))
