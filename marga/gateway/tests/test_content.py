"""Whose prompts and answers are kept, what of them, and that nothing of the others is anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.crypto import decrypt
from avyay_site.keys.format import generate
from marga.gateway.content import MOST_BYTES, Content, bounded
from marga.gateway.tests import harness
from marga.gateway.tests.harness import (
    ENCRYPTION_KEY,
    STREAM,
    STREAM_HEAD,
    Stage,
    piece,
    question,
    stage,
    until,
)
from marga.records import SEALED, parse_record

KEY = Fernet.generate_key().decode()
CANARY = "canary-7f3a"
SAID = "answer-canary-9b1c"


def opened(record: dict[str, Any], key: str = ENCRYPTION_KEY) -> tuple[str, str]:
    content = record["content"]
    return decrypt(content["request"], [key]), content["answer"] and decrypt(content["answer"], [key])


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=3))
def test_content_is_bounded_text_and_says_what_is_missing(data, copies):
    whole = data + b"x" * (copies * MOST_BYTES // 2)

    text = bounded(whole, len(whole))

    assert len(text) <= MOST_BYTES + 60
    assert ("(cut; " in text or "no text" in text) == (len(whole) > MOST_BYTES or not _is_text(data))


def _is_text(data: bytes) -> bool:
    try:
        return "(cut; " not in data.decode()
    except UnicodeDecodeError:
        return False


def test_a_letter_on_the_edge_is_left_out_whole():
    data = b"x" * (MOST_BYTES - 1) + "ü".encode()

    assert bounded(data, len(data)) == "x" * (MOST_BYTES - 1) + f"… (cut; {MOST_BYTES + 1} bytes in all)"


def test_the_largest_content_is_one_that_the_other_side_takes():
    content = Content("ü".encode() * MOST_BYTES)
    content.answered("€".encode() * MOST_BYTES)

    record = json.loads(content.added_to(b'{"a":1}', [KEY]))

    assert record["a"] == 1
    assert SEALED.fullmatch(record["content"]["request"])
    assert SEALED.fullmatch(record["content"]["answer"])


def test_of_a_stream_that_breaks_what_went_out_is_kept_and_of_a_whole_one_the_answer():
    content = Content(b"")
    content.sent(b"data: 1\n\n")
    content.sent(b"x" * MOST_BYTES)
    _, broken = opened(json.loads(content.added_to(b'{"a":1}', [KEY])), KEY)
    content.answered(b"{}")
    content.sent(b"data: 3\n\n")
    asked, whole = opened(json.loads(content.added_to(b'{"a":1}', [KEY])), KEY)

    assert broken.startswith("data: 1\n\nxxx")
    assert broken.endswith(f"… (cut; {MOST_BYTES + 9} bytes in all)")
    assert (asked, whole) == ("(no body)", "{}")


def kept_key(key: str, **rules: Any) -> dict[str, Any]:
    return harness.key_row(key, rules={"keeps_content": True, **rules})


def answer_saying(text: str) -> bytes:
    return harness.PLAIN.replace("Grüße".encode(), text.encode()).replace(b"Gr\\u00fc\\u00dfe", text.encode())


async def says(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Answer with a canary; a question that ends in `break off` gets half a stream."""
    asked = body["messages"][0]["content"]
    if not body.get("stream"):
        writer.write(harness.http_answer(answer_saying(SAID)))
        return
    writer.write(STREAM_HEAD)
    first = harness.chunk({"content": SAID})
    if asked.endswith("break off"):
        writer.write(piece(first))
        await writer.drain()
        writer.close()
        return
    for event in [STREAM[0], first, *STREAM[-2:], harness.DONE]:
        writer.write(piece(event))
    writer.write(b"0\r\n\r\n")


def asking(text: str, **changes: Any) -> dict[str, Any]:
    return question(messages=[{"role": "user", "content": text}], **changes)


def files_that_hold(folder: Path, *words: str) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    ]


async def recorded(s: Stage, number: int) -> None:
    await until(lambda: len(s.web.records) == number)


async def ask_all(s: Stage, texts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask each, wait for its record, and return the records in that order."""
    for number, (text, changes) in enumerate(texts.items(), start=1):
        async with s.post(asking(text, **changes)) as answer:
            await answer.read()
        await recorded(s, number)
    return list(s.web.records)


ASKED: dict[str, dict[str, Any]] = {
    f"{CANARY} plain": {},
    f"{CANARY} stream": {"stream": True},
    f"{CANARY} break off": {"stream": True},
}


@pytest.mark.processes
async def test_by_default_no_word_of_a_call_is_in_any_file_record_or_log(tmp_path):
    async with stage(tmp_path, says) as s:
        s.web.usage_status = 503
        for text, changes in ASKED.items():
            async with s.post(asking(text, **changes)) as answer:
                assert SAID in await answer.text()
        waiting = files_that_hold(tmp_path, '"request_id"')
        held = files_that_hold(tmp_path, CANARY, SAID)
        s.web.usage_status = 200
        await until(lambda: len(s.web.records) == 3)
        records = list(s.web.records)

    assert any("spool" in name for name in waiting), "the scan saw no usage on disk"
    assert held == files_that_hold(tmp_path, CANARY, SAID) == []
    assert CANARY not in json.dumps(records)
    assert not any("content" in record for record in records)


@pytest.mark.processes
async def test_a_key_that_asks_for_it_has_prompt_and_answer_kept_sealed_and_nowhere_else(tmp_path):
    key = generate()
    async with stage(tmp_path, says) as s:
        s.web.change({**s.web.document, "keys": [kept_key(key)]})
        await s.fetched()
        s.key = key
        plain, stream, broken = await ask_all(s, ASKED)

    assert json.loads(opened(plain)[0]) == asking(f"{CANARY} plain")
    assert json.loads(opened(plain)[1])["choices"][0]["message"]["content"] == SAID
    assert json.loads(opened(stream)[1])["choices"][0]["message"]["content"] == SAID
    assert opened(broken)[1].startswith("data: ")
    assert SAID in opened(broken)[1]
    assert parse_record(plain).content is not None
    assert files_that_hold(tmp_path, CANARY, SAID) == []
    assert CANARY not in json.dumps([plain, stream, broken])


@pytest.mark.processes
async def test_answers_from_the_cache_are_kept_with_their_request_too(tmp_path):
    key = generate()
    async with stage(tmp_path, says) as s:
        rules = kept_key(key, cache="exact", cache_ttl_seconds=600)
        s.web.change({**s.web.document, "format": 2, "keys": [rules]})
        await s.fetched()
        s.key = key
        for number in range(1, 4):
            async with s.post(asking(f"{CANARY} again")) as answer:
                assert answer.headers["x-marga-cache"] == ("miss" if number == 1 else "exact")
            await recorded(s, number)

    assert len(s.upstream.requests) == 1
    for record in s.web.records:
        asked, answered = opened(record)
        assert json.loads(asked) == asking(f"{CANARY} again")
        assert SAID in answered
