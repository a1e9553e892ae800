"""What wrk is told to send."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

PROMPT = "Summarise the following release notes in three sentences for an operator. " * 4
MARK = "@@@"


def same(folder: Path, key: str, model: str, headers: Mapping[str, str] | None = None) -> Path:
    """Write a script that sends one chat request again and again."""
    lines = [f"wrk.headers['{name}'] = '{value}'" for name, value in _headers(key, headers).items()]
    return _script(folder, [f"wrk.method, wrk.body = 'POST', [[{_body(model, PROMPT)}]]", *lines])


def unique(folder: Path, key: str, model: str, headers: Mapping[str, str] | None = None) -> Path:
    """Write a script whose every prompt is new: a word of this script and a number that grows.

    The request is put together here, not by wrk.format, so that the load costs as little as with one prompt.
    """
    before, after = _body(model, f"{secrets.token_hex(6)} {MARK} {PROMPT}").split(MARK)
    length = len(before) + 9 + len(after)
    lines = "".join(f"{name}: {value}\\r\\n" for name, value in _headers(key, headers).items())
    return _script(
        folder,
        [
            f"local before, after, n = [[{before}]], [[{after}]], 0",
            "local head",
            "request = function()",
            "  head = head or 'POST ' .. wrk.path .. ' HTTP/1.1\\r\\nHost: ' .. wrk.host .. '\\r\\n"
            f"{lines}Content-Length: {length}\\r\\n\\r\\n' .. before",
            "  n = n + 1",
            "  return head .. string.format('%09d', n) .. after",
            "end",
        ],
    )


def _headers(key: str, more: Mapping[str, str] | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(more or {})}


def _body(model: str, prompt: str) -> str:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": prompt}]})


def _script(folder: Path, lines: list[str]) -> Path:
    path = folder / f"{secrets.token_hex(4)}.lua"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
