"""What a request is translated for, and what its model's name tells about it. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_CLAUDE = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2})(?!\d))?")
_CLAUDE_NAME = re.compile(r"(^|[/.])claude")
_OPENAI = re.compile(r"(^|/)(gpt-(?!oss)|o\d|chatgpt|codex)")
_RETURNS_REASONING = re.compile(r"deepseek|kimi|glm|minimax", re.IGNORECASE)

_NEWEST = (99, 0)
_UNKNOWN_LIMIT = 8192


class Target(NamedTuple):
    """capabilities, most_output_tokens: of the model, None = unknown."""

    protocol: str
    model: str
    is_stream: bool
    capabilities: frozenset[str] | None = None
    most_output_tokens: int | None = None

    @property
    def claude(self) -> tuple[int, int] | None:
        """The version of a Claude model, None for any other; a name that does not tell is the newest."""
        if not _CLAUDE_NAME.search(self.model):
            return None
        match = _CLAUDE.search(self.model)
        return (int(match[1]), int(match[2] or 0)) if match else _NEWEST

    @property
    def is_openai(self) -> bool:
        """Whether OpenAI itself makes the model; it alone takes `max_completion_tokens` for sure."""
        return bool(_OPENAI.search(self.model))

    @property
    def can_think(self) -> bool:
        """Whether reasoning may be asked of it."""
        if self.capabilities is not None and "thinking" not in self.capabilities:
            return False
        return self.protocol != "messages" or self.claude is None or self.claude >= (3, 7)

    @property
    def wants_its_reasoning(self) -> bool:
        """Whether a chat model takes `reasoning_content` back, which it needs within a tool loop."""
        return bool(_RETURNS_REASONING.search(self.model))

    @property
    def thinks_adaptively(self) -> bool:
        """Whether it takes `thinking.type` adaptive with an effort, instead of a budget (Claude 4.6 and later)."""
        return self.claude is not None and self.claude >= (4, 6)

    @property
    def takes_sampling(self) -> bool:
        """Whether it takes temperature, top_p and top_k; Claude after 4.6 refuses them."""
        return self.claude is None or self.claude <= (4, 6)

    @property
    def default_limit(self) -> int:
        """Output tokens to ask for where the protocol demands a number and the client gave none."""
        version = self.claude
        if version is None:
            limit = self.most_output_tokens or _UNKNOWN_LIMIT
        else:
            limit = 32_000 if version >= (3, 7) else _UNKNOWN_LIMIT if version >= (3, 5) else 4096
        return min(limit, self.most_output_tokens or limit)
