"""The ways in: which path speaks which protocol, and in whose form its errors are written."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from marga.protocols import chat, embeddings, messages, raw, responses

WIRES: dict[str, ModuleType] = {
    "chat": chat,
    "messages": messages,
    "responses": responses,
    "embeddings": embeddings,
    "images": raw,
    "audio": raw,
    "moderations": raw,
    "files": raw,
}
"""The readers of each protocol; all have the same functions."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """protocol: of requests and answers; action: how usage records name it."""

    route: str
    protocol: str
    action: str

    @property
    def wire(self) -> ModuleType:
        """Return the reader of this surface's requests."""
        return WIRES[self.protocol]


CHAT = Surface("/v1/chat/completions", "chat", "chat.completions")
MESSAGES = Surface("/v1/messages", "messages", "messages")
RESPONSES = Surface("/v1/responses", "responses", "responses")
EMBEDDINGS = Surface("/v1/embeddings", "embeddings", "embeddings")

SURFACES = {
    path: surface
    for surface in (CHAT, MESSAGES, RESPONSES, EMBEDDINGS)
    for path in (surface.route, surface.route.removeprefix("/v1"))
}
"""Clients differ in whether their base address holds `/v1`: both forms lead here."""


def canonical(path: str) -> str:
    """Return path without a doubled `/v1`, doubled slashes or a slash at its end."""
    while "//" in path:
        path = path.replace("//", "/")
    while path.startswith("/v1/v1/"):
        path = path[3:]
    return path.rstrip("/") or "/"
