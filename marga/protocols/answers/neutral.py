"""What a model answered, whole or piece by piece, in words that belong to no protocol. Pure."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from marga.pricing import Usage
from marga.protocols.opaque import Sealed

Stop = Literal["end", "length", "context", "tool", "sequence", "filter", "refusal", "pause"]
"""Why it ended: by itself, at a limit of output or of context, for a tool, at a stop sequence, cut by the provider's
filter, refused by the model, or paused by the provider to be continued."""

NO_ARGUMENTS = "{}"
_PREFIX = re.compile(r"^(chatcmpl-|msg_|resp_|gen-|cmpl-)")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_STEM = 40


class Text(NamedTuple):
    """Words for the person."""

    text: str = ""


class Refusal(NamedTuple):
    """Words that say why the model will not answer."""

    text: str = ""


class Thinking(NamedTuple):
    """Reasoning, and what its provider needs to take it back; the text may be empty where only that was given."""

    text: str = ""
    sealed: Sealed | None = None


class ToolCall(NamedTuple):
    """A call of one of the client's tools.

    arguments: the exact JSON text, or for kind `custom` the plain text. kind: `function`, `custom`, or a tool that
    OpenAI's models know without a schema: `local_shell`, `shell`, `apply_patch`.
    """

    id: str
    name: str
    arguments: str = ""
    kind: str = "function"
    namespace: str = ""


Part = Text | Refusal | Thinking | ToolCall


class Answer(NamedTuple):
    """A whole answer.

    created: seconds since the epoch, 0 where the provider does not say. usage: None where it reports none.
    """

    id: str
    model: str
    created: int
    parts: tuple[Part, ...]
    stop: Stop
    stop_sequence: str | None = None
    usage: Usage | None = None


class Started(NamedTuple):
    """The provider has begun."""

    id: str
    model: str
    created: int


class Opened(NamedTuple):
    """A part begins, still empty; key tells it from the others of this answer."""

    key: int
    part: Part


class Grew(NamedTuple):
    """A part has more text (a tool call: more of its arguments)."""

    key: int
    text: str


class Signed(NamedTuple):
    """The reasoning of a part is sealed."""

    key: int
    sealed: Sealed


class Closed(NamedTuple):
    """A part is whole."""

    key: int


class Ended(NamedTuple):
    """The answer is whole."""

    stop: Stop
    stop_sequence: str | None = None
    usage: Usage | None = None


Event = Started | Opened | Grew | Signed | Closed | Ended


def stop_with(stop: Stop, *, calls_tools: bool) -> Stop:
    """Return why an answer ended, given what is in it: some servers say `end` for an answer that calls tools."""
    if stop == "end" and calls_tools:
        return "tool"
    return "end" if stop == "tool" and not calls_tools else stop


def stem_of(answer_id: str) -> str:
    """Return the part of an answer's id that other ids can be made of, in letters that every protocol allows."""
    return _NOT_IN_IDS.sub("", _PREFIX.sub("", answer_id))[:_LONGEST_STEM] or "0"
