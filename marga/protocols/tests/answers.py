"""Answers to translate: strategies and helpers for the tests of this folder."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

from marga.pricing import Usage
from marga.protocols import sse
from marga.protocols.answering import AnswerCollector, StreamTranslator
from marga.protocols.answers import chat, messages, responses
from marga.protocols.answers.neutral import Answer, Refusal, Stop, Text, Thinking, ToolCall, stop_with
from marga.protocols.opaque import Sealed

PROTOCOLS = ("chat", "messages", "responses")
PAIRS = [(source, target) for source in PROTOCOLS for target in PROTOCOLS]

words = st.text(min_size=1, max_size=12)
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
objects = st.dictionaries(
    st.text(max_size=4), st.integers(-9, 9) | st.text(max_size=4) | st.none(), max_size=2
)
texts = st.builds(Text, words)
calls = st.builds(lambda name, given: (name, orjson.dumps(given).decode()), names, objects)
usages = st.none() | st.builds(
    lambda fresh, read, written, plain, thought: Usage(
        fresh + read + written, plain + thought, read, thought, written
    ),
    *([st.integers(0, 10**6)] * 5),
)


def thoughts(protocol: str) -> st.SearchStrategy[Thinking]:
    """Reasoning as a provider of protocol gives it."""
    if protocol == "chat":
        return st.builds(Thinking, words)
    if protocol == "responses":
        seal = st.builds(lambda data: Sealed("responses", data=data, item_id="rs_0_0"), words)
        return st.builds(Thinking, words, seal) | st.builds(Thinking, words)
    signed = st.builds(
        Thinking, words | st.just(""), st.builds(lambda s: Sealed("messages", signature=s), words)
    )
    return signed | st.builds(lambda data: Thinking("", Sealed("messages", data=data)), words)


@st.composite
def answers(draw: st.DrawFn, protocol: str) -> Answer:
    """A whole answer that a provider of protocol could give."""
    told = draw(st.lists(texts | thoughts(protocol) | calls, max_size=5))
    parts: list[Any] = [
        ToolCall(f"call_{index}", *part) if type(part) is tuple else part for index, part in enumerate(told)
    ]
    if protocol != "messages" and draw(st.booleans()):
        parts.append(Refusal(draw(words)))
    if protocol == "chat":
        order = (Thinking, Text, Refusal, ToolCall)
        parts.sort(key=lambda part: order.index(type(part)))
    stops: dict[str, list[Stop]] = {
        "chat": ["end", "length", "filter"],
        "responses": ["end", "length", "filter"],
    }
    stop = draw(
        st.sampled_from(stops.get(protocol, ["end", "length", "refusal", "pause", "context", "sequence"]))
    )
    stop = stop_with(stop, calls_tools=any(isinstance(part, ToolCall) for part in parts))
    sequence = "###" if stop == "sequence" else None
    return Answer(
        "msg_0",
        "m",
        0 if protocol == "messages" else 1_795_523_344,
        tuple(parts),
        stop,
        sequence,
        draw(usages),
    )


def payload_of(answer: Answer, protocol: str) -> dict[str, Any]:
    """What a provider of protocol sends for answer."""
    if protocol == "messages":
        return messages.write_answer(answer, {})
    if protocol == "responses":
        return responses.write_answer(answer, {}, {})
    return chat.write_answer(answer, {}, {})


def parsed(events: list[bytes]) -> list[dict[str, Any]]:
    """The JSON of events, which must each be one whole event; [DONE] is left out."""
    found = []
    for event in events:
        assert sse.EventSplitter().feed(event) == [event]
        data = sse.data_of(event)
        assert data is not None
        if data != sse.DONE:
            found.append(orjson.loads(data))
            if event.startswith(b"event: "):
                assert event.split(b"\n")[0] == b"event: " + found[-1]["type"].encode()
    return found


def translated(
    events: list[dict[str, Any]], source: str, target: str, request: dict[str, Any]
) -> list[bytes]:
    """A stream in the client's words."""
    translator = StreamTranslator(source, target, request=request)
    given = [event for payload in events for event in translator.feed(payload)]
    given += translator.end()
    return given


def collected(events: list[dict[str, Any]], protocol: str) -> Any:
    """The whole answer that a stream makes, or None."""
    collector = AnswerCollector(protocol)
    for payload in events:
        collector.feed(payload)
    return collector.answer()
