"""Where the clients' own environments are. `make clients` fills them; each package is pinned in versions/."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = Path(__file__).resolve().parent / "versions"
FOLDER = ROOT / "var" / "clients"
NODE_MODULES = FOLDER / "npm" / "node_modules"
LANGCHAIN = FOLDER / "langchain" / "bin" / "python"
LITELLM = FOLDER / "litellm" / "bin" / "python"
CODEX = NODE_MODULES / "@openai" / "codex" / "bin" / "codex.js"
CLAUDE = NODE_MODULES / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs"
