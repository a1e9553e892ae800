"""The clients, what each speaks, and how it is started."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clients.places import CLAUDE, CODEX, LANGCHAIN, LITELLM, NODE_MODULES

OURS = Path(sys.executable)
CASES = "benchmarks.clients.cases"


@dataclass(frozen=True)
class Client:
    """protocol: what it speaks. module: its cases, or empty for LangChain's suite. needs: a file of its packages."""

    name: str
    protocol: str
    module: str
    python: Path = OURS
    variables: dict[str, str] = field(default_factory=dict)
    needs: Path | None = None
    needs_node: bool = False

    @property
    def missing(self) -> str:
        """Say what keeps the client from running here, if anything does."""
        if self.needs_node and not _has_node():
            return "Node is not installed"
        if not self.python.exists() or (self.needs is not None and not self.needs.exists()):
            return "its packages are not installed"
        return ""


def _has_node() -> bool:
    import shutil

    return shutil.which("node") is not None


def _vercel(name: str, protocol: str, kind: str) -> Client:
    variables = {"AVYAY_CLIENTS_VERCEL": kind}
    return Client(
        name,
        protocol,
        f"{CASES}.vercel",
        variables=variables,
        needs=NODE_MODULES / "ai" / "package.json",
        needs_node=True,
    )


def _litellm(name: str, protocol: str, kind: str) -> Client:
    return Client(name, protocol, f"{CASES}.litellm_client", LITELLM, {"AVYAY_CLIENTS_LITELLM": kind})


def _langchain(name: str, protocol: str, kind: str) -> Client:
    return Client(name, protocol, "", LANGCHAIN, {"AVYAY_CLIENTS_LANGCHAIN": kind})


def _command(name: str, protocol: str, needs: Path | None) -> Client:
    variables = {"AVYAY_CLIENTS_COMMAND": name}
    return Client(
        name, protocol, f"{CASES}.commands", variables=variables, needs=needs, needs_node=needs is not None
    )


CLIENTS = (
    Client("openai", "chat", f"{CASES}.openai_chat"),
    Client("openai-responses", "responses", f"{CASES}.openai_responses"),
    Client("anthropic", "messages", f"{CASES}.anthropic_messages"),
    _litellm("litellm", "chat", "openai"),
    _litellm("litellm-anthropic", "messages", "anthropic"),
    _litellm("litellm-responses", "responses", "responses"),
    _langchain("langchain-openai", "chat", "openai"),
    _langchain("langchain-responses", "responses", "responses"),
    _langchain("langchain-anthropic", "messages", "anthropic"),
    _langchain("langchain-embeddings", "chat", "embeddings"),
    _vercel("ai-sdk", "responses", "responses"),
    _vercel("ai-sdk-chat", "chat", "chat"),
    _vercel("ai-sdk-compatible", "chat", "compatible"),
    _vercel("ai-sdk-anthropic", "messages", "anthropic"),
    _command("codex", "responses", CODEX),
    _command("claude", "messages", CLAUDE),
    _command("curl", "chat", None),
)
