"""Commands that work as they stand: the key and the address are filled in. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """One way to make a first request."""

    name: str
    title: str
    text: str


def first_request(*, secret: str, gateway_url: str) -> list[Snippet]:
    """Return the same first request for a shell, for Python, and as variables for what exists already."""
    base = f"{gateway_url}/v1"
    curl = (
        f"curl {base}/chat/completions \\\n"
        f'  -H "Authorization: Bearer {secret}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        """  -d '{"model": "auto", "messages": [{"role": "user", "content": "Say hello."}]}'"""
    )
    python = (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{base}", api_key="{secret}")\n'
        "answer = client.chat.completions.create(\n"
        '    model="auto", messages=[{"role": "user", "content": "Say hello."}]\n'
        ")\n"
        "print(answer.choices[0].message.content)"
    )
    variables = f"export OPENAI_BASE_URL={base}\nexport OPENAI_API_KEY={secret}"
    return [
        Snippet("curl", "Shell", curl),
        Snippet("python", "Python", python),
        Snippet("variables", "A program that speaks OpenAI's API already", variables),
    ]
