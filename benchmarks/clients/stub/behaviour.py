"""Decide what is answered. Pure but for the count of failures that were asked for."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

from benchmarks.clients.stub.schemas import instance
from benchmarks.clients.stub.words import THOUGHT, Answer, Asked, Call, Refused, Tool, Usage, split

SHELLS = ("exec_command", "shell_command", "shell", "local_shell", "Bash", "bash")
MOST_TOOLS_TO_GUESS = 8
"""A program's long list of tools is used only when told which; a short list is meant to be used."""
SLOW_WORDS = 200
SLOW_SECONDS = 0.03
KINDS = {
    400: ("invalid_request_error", "invalid_request"),
    401: ("authentication_error", "invalid_api_key"),
    402: ("billing_error", "insufficient_quota"),
    403: ("permission_error", "permission_denied"),
    404: ("not_found_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    500: ("api_error", "server_error"),
    503: ("api_error", "server_error"),
    529: ("overloaded_error", "overloaded"),
}


class Failures:
    """Fail as often as a directive says: `[[fail 500 times=2 after=1 run=a1]]`."""

    def __init__(self) -> None:
        self._done: Counter[str] = Counter()

    def check(self, asked: Asked) -> None:
        """Raise Refused when this request is to fail."""
        told = asked.directives().get("fail")
        if told is None:
            return
        status, *rest = told.split()
        options = dict(word.split("=", 1) for word in rest)
        self._done[options.get("run", told)] += 1
        if self._done[options.get("run", told)] > int(options.get("times", "1000000")):
            return
        kind, code = KINDS[int(status)]
        refusal = Refused(int(status), kind, f"The stub was told to fail with {status}.", code=code)
        if "after" in options:
            refusal.headers["retry-after"] = options["after"]
        raise refusal


def answer(asked: Asked) -> Answer:
    """Return the one answer to a request."""
    told = asked.directives()
    mark = hashlib.sha256(repr((asked.texts, asked.results)).encode()).hexdigest()[:12]
    calls = _calls(asked, told, mark)
    text, finish, stop = ("", "tools", None) if calls else _cut(_text(asked, told), asked)
    thought = f"{THOUGHT}{asked.text[:40]}" if asked.thinks else ""
    written = len(split(text)) + sum(len(json.dumps(call.arguments)) // 4 + 1 for call in calls)
    reasoning = len(split(thought))
    read = asked.characters // 4 + 85 * asked.images + 1
    return Answer(
        id=mark,
        model=asked.model,
        usage=Usage(read, written + reasoning, min(read, int(told.get("cached", 0))), reasoning),
        finish=finish,
        text=text,
        thought=thought,
        calls=calls,
        stop=stop,
        pause_seconds=SLOW_SECONDS if "slow" in told else 0.0,
    )


def _calls(asked: Asked, told: dict[str, str], mark: str) -> tuple[Call, ...]:
    if not asked.tools or asked.choice == "none" or asked.results:
        return ()
    if "run" in told:
        return _shell_call(asked.tools, told["run"], mark)
    return tuple(
        Call(f"call_{mark}_{i}", tool.name, _arguments(tool, asked.text), tool.kind)
        for i, tool in enumerate(_wanted(asked, told))
    )


def _wanted(asked: Asked, told: dict[str, str]) -> list[Tool]:
    """Return the tools to call: the one that is forced, else those that the text names, else the first."""
    if asked.choice not in ("auto", "any"):
        return [tool for tool in asked.tools if tool.name == asked.choice]
    if asked.choice == "auto" and (len(asked.tools) > MOST_TOOLS_TO_GUESS or "plain" in told):
        return []
    named = [tool for tool in asked.tools if re.search(rf"\b{re.escape(tool.name)}\b", asked.text)]
    count = int(told.get("tools", 1)) if asked.is_parallel else 1
    return (named or asked.tools)[:count]


def _arguments(tool: Tool, prompt: str) -> dict[str, Any] | str:
    if tool.kind == "custom":
        return f"free text for {tool.name}"
    made = instance(tool.schema, prompt)
    return made if isinstance(made, dict) else {}


def _shell_call(tools: list[Tool], command: str, mark: str) -> tuple[Call, ...]:
    names = {tool.name: tool for tool in tools}
    tool = next((names[name] for name in SHELLS if name in names), None)
    if tool is None:
        return ()
    wanted = tool.schema.get("properties", {})
    made: dict[str, Any] = {n: instance(s) for n, s in wanted.items() if n in tool.schema.get("required", ())}
    field = "cmd" if "cmd" in wanted else "command"
    is_list = wanted.get(field, {}).get("type") == "array"
    made[field] = ["bash", "-lc", command] if is_list else command
    return (Call(f"call_{mark}_0", tool.name, made, tool.kind),)


def _text(asked: Asked, told: dict[str, str]) -> str:
    if asked.schema is not None:
        return json.dumps(instance(asked.schema, asked.text), ensure_ascii=False)
    if asked.wants_json or " JSON" in asked.text:
        return json.dumps({"setup": "Why do cats purr?", "punchline": "Because they can."})
    if asked.results:
        return "The tools said: " + " | ".join(result.strip() for result in asked.results)
    if "slow" in told or "words" in told:
        return " ".join(f"word{i}" for i in range(int(told.get("words") or SLOW_WORDS)))
    seen = {"image": asked.images, "file": asked.files, "sound": asked.sounds}
    things = [f"{count} {name}" for name, count in seen.items() if count]
    return f"I see {', '.join(things)}." if things else "The river is long, and the sea is wide."


def _cut(text: str, asked: Asked) -> tuple[str, str, str | None]:
    """Return the text up to a stop sequence or the limit, why it ends there, and the sequence."""
    found = [(text.index(stop), stop) for stop in asked.stops if stop and stop in text]
    if found:
        at, stop = min(found)
        return text[:at], "sequence", stop
    pieces = split(text)
    if asked.most is not None and len(pieces) > asked.most:
        return "".join(pieces[: asked.most]), "length", None
    return text, "stop", None
