"""Which deployment answered a conversation, for prompt caches and for what only one deployment can read.

Bounded in entries and bytes: the least recently used go first. A session never crosses workspaces, since the
workspace is part of its mark.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

WARM_SECONDS = 300.0
"""How long providers keep a prompt cache at the least (Anthropic's and OpenAI's default is five minutes)."""
BOUND_SECONDS = 86_400.0
"""How long a conversation is remembered for its locks."""
ENTRY_BYTES = 400
"""What one entry takes in memory, all told: the mark, the deployment's id is shared, the tuple, two table slots."""
MARK_BYTES = 16


class Session(NamedTuple):
    """input_tokens: how much of the conversation the deployment has read; both times on the caller's clock."""

    deployment_id: str
    input_tokens: int
    seen_at: float


class Sessions:
    """A bounded memory of conversations."""

    def __init__(self, *, max_entries: int = 20_000, max_bytes: int = 8_000_000) -> None:
        self._most = max(1, min(max_entries, max_bytes // ENTRY_BYTES))
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, mark: bytes, now: float) -> Session | None:
        """Return the deployment that a conversation is bound to, or None when that is too long ago."""
        found = self._sessions.get(mark)
        if found is None:
            return None
        if now - found.seen_at > BOUND_SECONDS:
            del self._sessions[mark]
            return None
        self._sessions.move_to_end(mark)
        return found

    def note(self, mark: bytes, deployment_id: str, input_tokens: int, now: float) -> None:
        """Remember who answered a conversation."""
        self._sessions[mark] = Session(deployment_id, input_tokens, now)
        self._sessions.move_to_end(mark)
        if len(self._sessions) > self._most:
            self._sessions.popitem(last=False)

    def forget(self, known: frozenset[str] | set[str]) -> None:
        """Drop conversations whose deployment is gone."""
        for mark in [m for m, session in self._sessions.items() if session.deployment_id not in known]:
            del self._sessions[mark]


def warm(session: Session | None, now: float) -> tuple[str, int]:
    """Return the deployment whose prompt cache is still warm, and how many tokens it holds; ("", 0) for none."""
    if session is None or now - session.seen_at > WARM_SECONDS:
        return "", 0
    return session.deployment_id, session.input_tokens


def mark(workspace_id: str, key_id: str, session: str) -> bytes:
    """Return the mark of a conversation, short and telling nothing of its text.

    session: what names it: the client's session id, or the system prompt and the first user turn.
    Keys keep apart, so that one key's conversations do not steer another's.
    """
    digest = blake2b(digest_size=MARK_BYTES)
    for part in (workspace_id, key_id, session):
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return digest.digest()
