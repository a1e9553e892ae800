"""The same call in a shell and in the languages that people use. Pure; every value is quoted for where it stands."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

KEY = "avy_live_…"
MOST_TOKENS = 1024


@dataclass(frozen=True)
class Snippet:
    """One way to make the call."""

    name: str
    title: str
    text: str


def code(*, model: str, message: str, gateway_url: str, key: str = KEY) -> list[Snippet]:
    """Return the call for curl, for Python with OpenAI's and Anthropic's packages, and for JavaScript."""
    values = {"model": _quoted(model), "message": _quoted(message), "key": _quoted(key)}
    base, root = _quoted(f"{gateway_url}/v1"), _quoted(gateway_url)
    return [
        Snippet("curl", "curl", _curl(model, message, gateway_url, key)),
        Snippet("openai", "Python, openai", OPENAI % {**values, "base": base}),
        Snippet("anthropic", "Python, anthropic", ANTHROPIC % {**values, "base": root, "most": MOST_TOKENS}),
        Snippet("javascript", "JavaScript", JAVASCRIPT % {**values, "base": base}),
    ]


OPENAI = """from openai import OpenAI

client = OpenAI(base_url=%(base)s, api_key=%(key)s)
answer = client.chat.completions.create(
    model=%(model)s,
    messages=[{"role": "user", "content": %(message)s}],
)
print(answer.choices[0].message.content)"""

ANTHROPIC = """from anthropic import Anthropic

client = Anthropic(base_url=%(base)s, api_key=%(key)s)
answer = client.messages.create(
    model=%(model)s,
    max_tokens=%(most)d,
    messages=[{"role": "user", "content": %(message)s}],
)
print(answer.content[0].text)"""

JAVASCRIPT = """import OpenAI from "openai";

const client = new OpenAI({ baseURL: %(base)s, apiKey: %(key)s });
const answer = await client.chat.completions.create({
  model: %(model)s,
  messages: [{ role: "user", content: %(message)s }],
});
console.log(answer.choices[0].message.content);"""


def _curl(model: str, message: str, gateway_url: str, key: str) -> str:
    body = json.dumps(
        {"model": model, "messages": [{"role": "user", "content": message}]}, ensure_ascii=False
    )
    return (
        f"curl {shlex.quote(gateway_url + '/v1/chat/completions')} \\\n"
        f"  -H {shlex.quote(f'Authorization: Bearer {key}')} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(body)}"
    )


def _quoted(text: str) -> str:
    """Return a text as a literal: a JSON string is one in Python and in JavaScript."""
    return json.dumps(text, ensure_ascii=False)
