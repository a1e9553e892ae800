"""What was asked and what is answered, whatever the wire form."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

DIRECTIVE = re.compile(r"\[\[(\w+)(?: ([^\]]*))?\]\]")
"""`[[fail 429 times=2 run=a1]]` in a user's text tells the stub what to do; it passes every gateway unharmed."""


class Refused(Exception):
    """The request is answered with an error. kind: Anthropic's or OpenAI's `type`."""

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.headers: dict[str, str] = {}


@dataclass(frozen=True)
class Tool:
    """kind: function, or custom (free text instead of arguments)."""

    name: str
    schema: dict[str, Any]
    kind: str = "function"


@dataclass(frozen=True)
class Call:
    """arguments: an object for functions, text for custom tools."""

    id: str
    name: str
    arguments: dict[str, Any] | str
    kind: str = "function"


@dataclass
class Asked:
    """One request. texts: what the user said, turn by turn; results: what tools said after the last of them."""

    model: str
    is_stream: bool = False
    wants_usage: bool = True
    system: str = ""
    texts: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    images: int = 0
    files: int = 0
    sounds: int = 0
    tools: list[Tool] = field(default_factory=list)
    choice: str = "auto"
    is_parallel: bool = True
    schema: dict[str, Any] | None = None
    wants_json: bool = False
    thinks: bool = False
    most: int | None = None
    stops: list[str] = field(default_factory=list)
    characters: int = 0

    @property
    def text(self) -> str:
        return self.texts[-1] if self.texts else ""

    def user_says(self, text: str) -> None:
        """Note one turn of the user; results of earlier tools are answered by then."""
        self.texts.append(text)
        self.results.clear()

    def directives(self) -> dict[str, str]:
        """Return what the latest turn tells the stub, or the latest before it that tells something."""
        for text in reversed(self.texts):
            if found := DIRECTIVE.findall(text):
                return dict(found)
        return {}


@dataclass(frozen=True)
class Usage:
    """input: all of it, cached too; output: all of it, reasoning too."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Answer:
    """finish: stop, length, tools, or sequence (a stop sequence was met, see stop)."""

    id: str
    model: str
    usage: Usage
    finish: str
    text: str = ""
    thought: str = ""
    calls: tuple[Call, ...] = ()
    stop: str | None = None
    pause_seconds: float = 0.0

    @property
    def pieces(self) -> list[str]:
        return split(self.text)


def split(text: str) -> list[str]:
    """Split into words that keep the space before them; each counts as one token."""
    return re.findall(r"\s*\S+|\s+$", text)


THOUGHT = "Let me weigh this: "


def seal(thought: str) -> str:
    """Return the signature of a thought, which must come back unchanged."""
    return "stub-" + hashlib.sha256(thought.encode()).hexdigest()


def is_genuine(thought: str, signature: str) -> bool:
    """Tell whether a thought of ours came back with its own signature; others are not ours to judge."""
    return not thought.startswith(THOUGHT) or signature == seal(thought)


def names(text: str) -> frozenset[str]:
    """Return the words of a list written as one text."""
    return frozenset(text.split())


def only_known(body: dict[str, Any], known: frozenset[str], message: str) -> None:
    """Raise Refused for the first field that the provider does not know."""
    for name in body:
        if name not in known:
            raise Refused(400, "invalid_request_error", message.format(name=name), param=name)


def need(body: dict[str, Any], *names: str) -> None:
    """Raise Refused for the first field that is missing."""
    for name in names:
        if body.get(name) is None:
            raise Refused(400, "invalid_request_error", f"{name}: Field required", param=name)
