"""M-04: streams that are no streams. Ten thousand here, a million in `python -m benchmarks.faults --only M-04`."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest

from marga.gateway.tests.fuzzing import fuzz, passage
from marga.gateway.tests.harness import STREAM_HEAD, http_answer, piece
from marga.gateway.tests.hearing import FAILED, WHOLE
from marga.gateway.tests.speaking import PAIRS, asking, events, listen, number_in, polyglot, words
from marga.protocols import sse

MOST_MEMORY = 2 << 20
LINE = 10 << 20


def test_m04_whatever_comes_only_named_errors_leave_the_reader():
    refused = fuzz(9_000, seed=4)

    assert 1_000 < refused < 8_500


def test_m04_a_reader_that_trusts_its_provider_is_found_out():
    class Trusting(sse.EventSplitter):
        def feed(self, data: bytes) -> list[bytes]:
            data.decode()
            return super().feed(data)

    with pytest.raises(UnicodeDecodeError):
        fuzz(500, seed=4, make_splitter=Trusting)


def memory_of_a_line_without_end() -> int:
    """Return the most memory that ten megabytes without a line end take, piece by piece."""
    reader, splitter, part = passage("chat", "chat"), sse.EventSplitter(), b"x" * (1 << 16)
    tracemalloc.start()
    try:
        for _ in range(LINE // len(part)):
            reader.take(splitter.feed(part))
    except sse.MalformedStream:
        pass
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def test_m04_a_line_without_end_takes_no_memory(monkeypatch):
    assert memory_of_a_line_without_end() <= MOST_MEMORY + (
        1 << 17
    )  # what is held, and its copy while it grows

    monkeypatch.setattr(sse, "LONGEST_EVENT", 1 << 40)
    assert memory_of_a_line_without_end() > LINE


CORPUS: list[tuple[str, str]] = [
    ("carriage returns only", WHOLE),
    ("line feeds and carriage returns", WHOLE),
    ("a byte order mark", WHOLE),
    ("comments between events", WHOLE),
    ("fields nobody knows", WHOLE),
    ("no blank line at all", FAILED),
    ("a line without end", FAILED),
    ("JSON that is none", FAILED),
    ("JSON that is no object", FAILED),
    ("letters that are none", FAILED),
    ("a page", FAILED),
    ("a page that says it is a stream", FAILED),
    ("nothing", FAILED),
]


def corrupted(kind: str, found: list[bytes]) -> bytes:
    whole = b"".join(found)
    middle = len(found) // 2
    cut = {
        "JSON that is none": b"data: {not json}\n\n",
        "JSON that is no object": b"data: [1]\n\n",
        "letters that are none": b'data: {"a": "\xff\xfe"}\n\n',
    }
    match kind:
        case "carriage returns only":
            return whole.replace(b"\n", b"\r")
        case "line feeds and carriage returns":
            return whole.replace(b"\n", b"\r\n")
        case "a byte order mark":
            return sse.BOM + whole
        case "comments between events":
            return b": hello\n\n" + b": ping\n\n".join(found)
        case "fields nobody knows":
            return b"".join(b"id: 7\nretry: 10\nmood: good\n" + event for event in found)
        case "no blank line at all":
            return whole.replace(b"\n\n", b"\n")
        case "a line without end":
            return b"".join(found[:middle]) + b"data: " + b"x" * (2 << 20)
        case "a page that says it is a stream":
            return b"<html><body>Welcome</body></html>"
        case "nothing":
            return b""
    return b"".join(found[:middle]) + cut[kind] + b"".join(found[middle:])


async def corrupt(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    kind = CORPUS[number_in(body)][0]
    if kind == "a page":
        writer.write(http_answer(b"<html>Welcome</html>", kind="text/html"))
        return
    sent = corrupted(kind, events(body["model"], words(6)))
    parts = [sent[i : i + 30_000] for i in range(0, len(sent), 30_000)]
    writer.write(STREAM_HEAD + b"".join(map(piece, parts)) + b"0\r\n\r\n")


@pytest.mark.processes
async def test_m04_a_corpus_of_odd_streams_is_read_or_refused_in_every_pair(tmp_path):
    async with polyglot(tmp_path, corrupt) as s:

        async def one(number: int, spoken: str, asked: str) -> None:
            found = await listen(s, asked, asking(asked, spoken, f"Odd #{number}."))
            kind, ending = CORPUS[number]
            assert found.ending == ending, (kind, spoken, asked, found)
            assert "".join(words(6)).startswith(found.text), kind
            assert ending == FAILED or found.text == "".join(words(6)), kind

        for number in range(len(CORPUS)):
            await asyncio.gather(*(one(number, *pair) for pair in PAIRS))

        log = s.gateway.log.read_text()
    assert "Traceback" not in log
    assert "gateway_failed" not in log
