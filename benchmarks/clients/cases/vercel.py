"""The Vercel AI SDK: a script is written out for each case, Node runs it, and what it saw is judged here.

python -m benchmarks.clients.cases.vercel [CASE …], with AVYAY_CLIENTS_VERCEL=responses|chat|anthropic|compatible
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.clients.places import NODE_MODULES
from benchmarks.clients.target import (
    CUT,
    LIMIT,
    LIMITED,
    PIXEL,
    QUESTION,
    TEXT,
    NotPossible,
    Target,
    answers_left,
    check,
    run_cases,
    unique,
    wait_for_leaving,
)

KIND = os.environ.get("AVYAY_CLIENTS_VERCEL", "responses")
"""Which of the SDK's providers is driven."""
FRAME = """\
import * as ai from "ai";
import { createOpenAI } from "@ai-sdk/openai";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
const { url, key, name, embedding, kind, text, pixel } = JSON.parse(process.env.AVYAY_CLIENTS_CASE);
let tries = 0;
const counting = (...given) => { tries += 1; return fetch(...given); };
const given = { baseURL: url + "/v1", apiKey: key, fetch: counting };
const openai = createOpenAI(given);
const compatible = createOpenAICompatible({ ...given, name: "marga", supportsStructuredOutputs: true, includeUsage: true });
const model = {
  responses: () => openai(name),
  chat: () => openai.chat(name),
  anthropic: () => createAnthropic(given)(name),
  compatible: () => compatible(name),
}[kind]();
const embedder = kind === "compatible" ? compatible.textEmbeddingModel?.(embedding) ?? compatible.embeddingModel(embedding)
  : openai.textEmbeddingModel?.(embedding) ?? openai.embeddingModel(embedding);
const numbers = ai.jsonSchema({ type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } },
  required: ["a", "b"], additionalProperties: false });
const nothing = ai.jsonSchema({ type: "object", properties: {}, additionalProperties: false });
const calls = [];
const tools = {
  add: ai.tool({ description: "Add.", inputSchema: numbers,
    execute: async (input) => { calls.push(["add", input]); return String(input.a + input.b); } }),
  now: ai.tool({ description: "Tell the time.", inputSchema: nothing,
    execute: async (input) => { calls.push(["now", input]); return "noon"; } }),
};
const common = { model, prompt: text, maxRetries: 0 };
const say = (seen) => console.log(JSON.stringify({ ...seen, calls, tries }));
try {
  BODY
} catch (error) {
  const last = error.lastError ?? error;
  say({ error: { name: error.name, status: last.statusCode, message: String(last.message),
    body: last.responseBody, headers: last.responseHeaders, cause: String(last.cause ?? "") } });
}
process.exit(0);
"""
WHOLE = """
  const seen = await ai.generateText({ ...common, MORE });
  say({ text: seen.text, finish: seen.finishReason, usage: seen.totalUsage ?? seen.usage, steps: seen.steps.length,
    reasoning: seen.reasoningText });
"""
STREAMED = """
  const stream = ai.streamText({ ...common, onError: ({ error }) => { throw error; }, MORE });
  const pieces = [];
  for await (const piece of stream.textStream) pieces.push(piece);
  say({ pieces, text: await stream.text, finish: await stream.finishReason,
    usage: await (stream.totalUsage ?? stream.usage), steps: (await stream.steps).length });
"""


def run(target: Target, body: str, text: str = QUESTION, *, key: str = "", model: str = "") -> dict[str, Any]:
    """Run one script; return what it said."""
    if not NODE_MODULES.exists():
        raise NotPossible("its packages are not installed")
    known = {
        "url": target.url,
        "key": key or target.key,
        "name": model or target.model,
        "embedding": target.embedding_model,
        "kind": KIND,
        "text": text,
        "pixel": PIXEL,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", dir=NODE_MODULES.parent) as script:
        script.write(FRAME.replace("BODY", body))
        script.flush()
        done = subprocess.run(
            ["node", script.name],
            env={"PATH": os.environ["PATH"], "AVYAY_CLIENTS_CASE": json.dumps(known)},
            cwd=Path(script.name).parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    check(lines, done.stdout[-500:], done.stderr[-1500:])
    seen: dict[str, Any] = json.loads(lines[-1])
    return seen


def whole(target: Target, more: str = "", text: str = QUESTION, **extra: Any) -> dict[str, Any]:
    return run(target, WHOLE.replace("MORE", more), text, **extra)


def streamed(target: Target, more: str = "", text: str = QUESTION) -> dict[str, Any]:
    return run(target, STREAMED.replace("MORE", more), text)


def plain(target: Target) -> None:
    seen = whole(target)
    check(seen.get("text") == TEXT and seen["finish"] == "stop", seen)
    check(seen["usage"]["inputTokens"] > 0 and seen["usage"]["outputTokens"] == 9, seen)


def limit(target: Target) -> None:
    seen = whole(target, f"maxOutputTokens: {LIMIT}", LIMITED)
    check(seen.get("text") == CUT and seen["finish"] == "length", seen)


def stream(target: Target) -> None:
    seen = streamed(target)
    check(seen.get("text") == TEXT and len(seen["pieces"]) == 9, seen)
    check(seen["finish"] == "stop" and seen["usage"]["outputTokens"] == 9, seen)


def tools(target: Target) -> None:
    """The SDK itself runs the tool and takes the second turn."""
    seen = whole(target, "tools, stopWhen: ai.stepCountIs(3)", "Use add on 2 and 40.")
    check(seen["calls"] == [["add", {"a": 2, "b": 40}]], seen)
    check(seen.get("text") == "The tools said: 42" and seen["steps"] == 2, seen)


def tools_parallel(target: Target) -> None:
    text = "Use add on 2 and 40, and now. [[tools 2]]"
    seen = streamed(target, "tools, stopWhen: ai.stepCountIs(3)", text)
    check(seen["calls"] == [["add", {"a": 2, "b": 40}], ["now", {}]], seen)
    check(seen.get("text") == "The tools said: 42 | noon", seen)


def tool_choice(target: Target) -> None:
    seen = whole(target, 'tools, toolChoice: { type: "tool", toolName: "now" }')
    check([name for name, _ in seen["calls"]] == ["now"], seen)


def vision(target: Target) -> None:
    """In place of a prompt one message with a picture."""
    more = (
        'prompt: undefined, messages: [{ role: "user", content: [{ type: "text", text },'
        ' { type: "file", mediaType: "image/png", data: Buffer.from(pixel, "base64") }] }]'
    )
    seen = whole(target, more)
    check(seen.get("text") == "I see 1 image.", seen)


def structured(target: Target) -> None:
    body = """
  const schema = ai.jsonSchema({ type: "object", properties: { name: { type: "string" }, people: { type: "integer" } },
    required: ["name", "people"], additionalProperties: false });
  const seen = await ai.generateText({ ...common, output: ai.Output.object({ schema }) });
  say({ made: seen.output ?? seen.experimental_output });
"""
    seen = run(target, body, "A city of 12 people")
    check(set(seen.get("made", ())) == {"name", "people"} and seen["made"]["people"] == 12, seen)


def thinking(target: Target) -> None:
    """Two turns, so that the thought goes back with its seal."""
    options = {
        "responses": "openai: { reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true,"
        " store: false, include: ['reasoning.encrypted_content'] }",
        "chat": "openai: { reasoningEffort: 'low', forceReasoning: true }",
        "anthropic": "anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } }",
        "compatible": "marga: { reasoningEffort: 'low' }",
    }[KIND]
    more = f"tools, stopWhen: ai.stepCountIs(3), providerOptions: {{ {options} }}"
    seen = streamed(target, more, "Use add on 2 and 40.")
    check(seen.get("text") == "The tools said: 42" and seen["steps"] == 2, seen)


def embeddings(target: Target) -> None:
    if KIND in ("anthropic", "responses"):
        raise NotPossible("the provider has no embeddings of its own; see chat and compatible")
    body = """
  const seen = await ai.embedMany({ model: embedder, values: ["a river", "a sea"], maxRetries: 0 });
  say({ lengths: seen.embeddings.map((one) => one.length), usage: seen.usage });
"""
    seen = run(target, body)
    check(len(seen.get("lengths", ())) == 2 and seen["usage"]["tokens"] > 0, seen)


def error_401(target: Target) -> None:
    seen = whole(target, key="avy_live_wrong")
    check(seen.get("error", {}).get("status") == 401, seen)


def error_429(target: Target) -> None:
    seen = whole(target, text="[[fail 429 after=7]]", model=target.limited_model)
    check(seen.get("error", {}).get("status") == 429, seen)
    check(1 <= int(seen["error"]["headers"]["retry-after"]) <= 7, seen)


def error_500(target: Target) -> None:
    seen = whole(target, text="[[fail 500]]", model=target.broken_model)
    check(500 <= seen.get("error", {}).get("status", 0) < 600, seen)


def retries(target: Target) -> None:
    """The SDK tries again by itself; it knows nothing of `x-should-retry`."""
    seen = whole(target, "maxRetries: 2", f"[[fail 500 times=1 {unique('v')}]]", model=target.flaky_model)
    check(seen.get("text") == TEXT, seen)


def cancel(target: Target) -> None:
    body = """
  const stopper = new AbortController();
  const stream = ai.streamText({ ...common, abortSignal: stopper.signal, onError: () => {} });
  let count = 0;
  for await (const piece of stream.textStream) { count += 1; if (count === 3) stopper.abort(); }
  say({ count });
"""
    before = answers_left(target)
    seen = run(target, body, "[[slow]]")
    check(3 <= seen.get("count", 0) < 100, seen)
    wait_for_leaving(target, before)


CASES = (
    plain, limit, stream, tools, tools_parallel, tool_choice, vision, structured, thinking, embeddings,
    error_401, error_429, error_500, retries, cancel,
)  # fmt: skip

if __name__ == "__main__":
    run_cases(CASES)
