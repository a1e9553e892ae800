"""A conversation in no protocol's words: what readers make and writers take. Pure.

Texts, arguments and their order are kept exactly. What only one protocol knows is kept whole under its name, so that
a writer of the same protocol can give it back and another can say that it dropped it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
MediaKind = Literal["image", "file"]


@dataclass(frozen=True, slots=True)
class Text:
    """cache: Anthropic's `cache_control`, as given."""

    text: str
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the assistant said when it refused; only OpenAI tells it from text."""

    text: str


@dataclass(frozen=True, slots=True)
class Media:
    """An image or a document: exactly one of data (base64), text, url and file_id is set.

    media_type: known for data, as `image/png`. detail: OpenAI's, `auto`, `low` or `high`.
    name: a document's file name or title.
    """

    kind: MediaKind
    data: str = ""
    text: str = ""
    url: str = ""
    file_id: str = ""
    media_type: str = ""
    detail: str = ""
    name: str = ""
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """data: base64. format: `wav` or `mp3`."""

    data: str
    format: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning given back by the client.

    protocol: whose; only its providers can read signature and data.
    texts: as many as it had summary parts. signature: of a thinking block.
    data: of a redacted block, or a reasoning item's encrypted content. item_id: of a reasoning item.
    """

    protocol: str
    texts: tuple[str, ...] = ()
    signature: str = ""
    data: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """arguments: the exact text, JSON for a function, free for a custom tool.

    kind: as ClientTool.kind.
    """

    id: str
    name: str
    arguments: str
    kind: str = "function"
    namespace: str = ""
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """kind: of the call it answers, as ClientTool.kind. extras: an item's fields that only its protocol knows."""

    id: str
    parts: tuple[Part, ...]
    is_error: bool = False
    kind: str = "function"
    cache: Json | None = None
    extras: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A part or item that only protocol knows; name: how a warning calls it."""

    protocol: str
    name: str
    value: Json


Part = Text | Refusal | Media | Audio | Thinking | ToolCall | ToolResult | Foreign


@dataclass(frozen=True, slots=True)
class Turn:
    """One message or item; tool results stand in the user's turns.

    role: `system` and `developer` only for instructions after the conversation began.
    name: of the speaker, as chat has it.
    """

    role: Literal["user", "assistant", "system", "developer"]
    parts: tuple[Part, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """A text that stands before the conversation; role: `system`, `developer`, or "" for Responses' `instructions`."""

    text: str
    role: str = "system"
    cache: Json | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """kind: as ClientTool.kind, or a provider's own type, such as `web_search`, which raw holds whole.

    schema: JSON schema of the arguments. format: a custom tool's, in Responses' words.
    raw: fields that only the source knows.
    """

    name: str
    description: str = ""
    schema: Json | None = None
    strict: bool | None = None
    kind: str = "function"
    format: Json | None = None
    namespace: str = ""
    cache: Json | None = None
    raw: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tool to call.

    allowed: the only tools to use, None = all. parallel: whether several at once, None = not said.
    """

    mode: Literal["", "auto", "none", "required", "named"] = ""
    name: str = ""
    kind: str = "function"
    parallel: bool | None = None
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """How the answer's text shall look."""

    kind: Literal["text", "json_object", "json_schema"]
    name: str = ""
    schema: Json = field(default_factory=dict)
    strict: bool | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much to think.

    mode: Anthropic's `enabled` (with budget_tokens), `adaptive` or `disabled`; "" = not said.
    effort: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`; "" = not said. summary: Responses', or
    Anthropic's `display`.
    """

    mode: str = ""
    budget_tokens: int | None = None
    effort: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole request.

    settings: sampling and limits under the names of requests/settings.py. extras: fields that only source knows.
    """

    source: str
    turns: tuple[Turn, ...]
    instructions: tuple[Instruction, ...] = ()
    tools: tuple[Tool, ...] = ()
    choice: Choice = Choice()
    format: Format | None = None
    reasoning: Reasoning = Reasoning()
    settings: Json = field(default_factory=dict)
    extras: Json = field(default_factory=dict)
