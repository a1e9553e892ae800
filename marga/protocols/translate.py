"""Say in one protocol what was said in another: the one door to the translators. Pure.

There are three readers and three writers with a neutral form between them, not six translators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from marga.protocols.answering import AnswerCollector, StreamTranslator, stream_answer, translate_answer
from marga.protocols.request import Unreadable
from marga.protocols.requests import (
    chat_reader,
    chat_writer,
    messages_reader,
    messages_writer,
    responses_reader,
    responses_writer,
)
from marga.protocols.requests.crossing import cross
from marga.protocols.requests.fields import DEEPEST, is_deeper
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.target import Target

__all__ = [
    "AnswerCollector",
    "StreamTranslator",
    "Translation",
    "stream_answer",
    "translate_answer",
    "translate_request",
]

_WRITERS = {
    "chat": chat_writer.write,
    "messages": messages_writer.write,
    "responses": responses_writer.write,
}


class Translation(NamedTuple):
    """A request in the target's words.

    warnings: short stable names of what the target cannot carry and was dropped, each once, in order.
    """

    payload: dict[str, Any]
    warnings: tuple[str, ...]


def translate_request(
    payload: dict[str, Any],
    source: str,
    target: str,
    *,
    model: str,
    is_stream: bool,
    capabilities: frozenset[str] | None = None,
    most_output_tokens: int | None = None,
    stored_items: Mapping[str, dict[str, Any]] | None = None,
) -> Translation:
    """Return a client's request as the target protocol says it, for the model that the provider calls model.

    Within one protocol only the name changes; upstream_body keeps even the bytes.
    capabilities: what the model can do, None = unknown; reasoning is not asked of a model that cannot.
    most_output_tokens: the model's limit, None = unknown; Messages must name one when the client did not.
    stored_items: Responses items by id, to put in the place of an `item_reference`.
    Raises Unreadable, also for state that only the source's provider holds (`previous_response_id`).
    """
    if source == target:
        return Translation({**payload, "model": model}, ())
    if is_deeper(payload, DEEPEST):
        raise Unreadable(f"The request nests deeper than {DEEPEST} levels.")
    if source == "chat":
        conversation = chat_reader.read(payload)
    elif source == "messages":
        conversation = messages_reader.read(payload)
    else:
        conversation = responses_reader.read(payload, stored_items)
    notes = Notes()
    goal = Target(target, model, is_stream, capabilities, most_output_tokens)
    written = _WRITERS[target](cross(conversation, goal, notes), goal, notes)
    return Translation(written, notes.names())
