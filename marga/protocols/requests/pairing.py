"""Put turns and tool results in the order that strict providers ask for. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby

from marga.protocols.client_tools import function_name
from marga.protocols.neutral import Part, Text, ToolCall, ToolResult, Turn
from marga.protocols.requests.notes import Notes

NO_RESULT = "No result was recorded."


def merged(turns: Iterable[Turn]) -> list[Turn]:
    """Join neighbours of one role; a turn that lost all its parts goes."""
    spoken = (turn for turn in turns if turn.parts)
    result: list[Turn] = []
    for _, group in groupby(spoken, key=lambda turn: turn.role):
        first, *others = group
        if others:
            first = replace(first, parts=tuple(chain(first.parts, *(turn.parts for turn in others))))
        result.append(first)
    return result


def paired(turns: list[Turn], notes: Notes, *, plain_ids: bool) -> list[Turn]:
    """Give every tool call its result in the very next turn, and only there.

    A result that came late moves up, a missing one is said to be missing, one without a call before it becomes text,
    and a call whose id was used before gets a new one.
    plain_ids: write ids with letters, digits, `_` and `-` only.
    """
    waiting: dict[str, deque[ToolResult]] = {}
    for turn in turns:
        for part in turn.parts:
            if isinstance(part, ToolResult):
                waiting.setdefault(part.id, deque()).append(part)
    used: dict[str, int] = {}
    output: list[Turn] = []
    for turn in turns:
        if turn.role == "assistant":
            output += _answered(turn, waiting, used, notes, plain_ids)
        else:
            output.append(replace(turn, parts=tuple(_without_results(turn.parts, waiting, notes))))
    return merged(output)


def _answered(
    turn: Turn, waiting: dict[str, deque[ToolResult]], used: dict[str, int], notes: Notes, plain_ids: bool
) -> list[Turn]:
    parts: list[Part] = []
    results: list[Part] = []
    for part in turn.parts:
        if isinstance(part, ToolCall):
            call_id = _unused(function_name(part.id) if plain_ids else part.id, used)
            results.append(replace(_result_of(part, waiting, notes), id=call_id))
            part = replace(part, id=call_id)
        parts.append(part)
    return [replace(turn, parts=tuple(parts)), Turn("user", tuple(results))]


def _result_of(call: ToolCall, waiting: dict[str, deque[ToolResult]], notes: Notes) -> ToolResult:
    if waiting.get(call.id):
        return waiting[call.id].popleft()
    notes.add("tool_result.missing")
    return ToolResult(call.id, (Text(NO_RESULT),), kind=call.kind)


def _without_results(
    parts: tuple[Part, ...], waiting: dict[str, deque[ToolResult]], notes: Notes
) -> Iterator[Part]:
    for part in parts:
        if not isinstance(part, ToolResult):
            yield part
        elif waiting[part.id] and waiting[part.id][0] is part:
            waiting[part.id].popleft()
            notes.add("tool_result.orphan")
            yield from part.parts


def _unused(call_id: str, used: dict[str, int]) -> str:
    """used: by id, the number that the next call of this id gets; so a thousand equal ids cost no more than others."""
    fresh = call_id
    while fresh in used:
        used[call_id] += 1
        fresh = f"{call_id}_{used[call_id]}"
    used[fresh] = 1
    return fresh
