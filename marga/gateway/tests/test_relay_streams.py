"""Streams through a real gateway process: cut, sliced, senseless, silent."""

from __future__ import annotations

import asyncio
import json

import pytest

from marga.gateway.tests import harness
from marga.gateway.tests.harness import DONE, STREAM, STREAM_HEAD, piece, question, stage, until
from marga.gateway.tests.hearing import code_of, events_in

pytestmark = pytest.mark.processes


async def test_a_stream_cut_at_every_byte_stays_valid_to_its_end(tmp_path):
    whole = b"".join(piece(event) for event in [*STREAM, DONE]) + b"0\r\n\r\n"
    events = [*STREAM[:-1], DONE]

    async def cut(reader, writer, body):
        writer.write(STREAM_HEAD + whole[: body["seed"]])
        await writer.drain()
        writer.close()

    async with stage(tmp_path, cut) as s:

        async def one(offset):
            async with s.post(question(stream=True, seed=offset)) as answer:
                return answer.status, await answer.read()

        for begin in range(0, len(whole), 32):
            offsets = range(begin, min(begin + 32, len(whole)))
            for offset, (status, body) in zip(offsets, await asyncio.gather(*map(one, offsets)), strict=True):
                if status == 502:
                    assert json.loads(body)["error"]["code"] == "upstream_cut", offset
                    continue
                found = events_in(body)
                if found[-1] == DONE:
                    assert DONE in whole[:offset], offset
                    assert found == events
                else:
                    assert code_of(found[-1]) == "upstream_cut", offset
                    assert found[:-1] == events[: len(found) - 1], offset
        await until(lambda: len(s.web.records) == len(whole))
    assert b"Traceback" not in s.gateway.log.read_bytes()


async def test_slices_of_any_size_make_no_difference(tmp_path):
    whole = b"".join([*STREAM, DONE])

    async def sliced(reader, writer, body):
        writer.write(STREAM_HEAD)
        for begin in range(0, len(whole), body["seed"]):
            writer.write(piece(whole[begin : begin + body["seed"]]))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    async with stage(tmp_path, sliced) as s:
        for size in (1, 2, 7, 100, 1000):
            async with s.post(question(stream=True, seed=size)) as answer:
                assert await answer.read() == b"".join([*STREAM[:-1], DONE])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"data: {not json}\n\n", "upstream_malformed"),
        (b"data: [1]\n\n", "upstream_malformed"),
        (b"data: {}\n\n" + b"x" * (2 << 20), "upstream_malformed"),
        (STREAM[1], "upstream_cut"),
    ],
)
async def test_a_stream_that_makes_no_sense_ends_with_an_error(tmp_path, sent, code):
    async def senseless(reader, writer, body):
        writer.write(STREAM_HEAD + piece(STREAM[1]))
        writer.write(piece(sent) + b"0\r\n\r\n")

    async with stage(tmp_path, senseless) as s, s.post(question(stream=True)) as answer:
        events = events_in(await answer.read())

    assert code_of(events[-1]) == code
    assert DONE not in events


async def test_a_stream_without_done_ends_without_done(tmp_path):
    async def unsaid(reader, writer, body):
        writer.write(STREAM_HEAD + b"".join(map(piece, STREAM)) + b"0\r\n\r\n")

    async with stage(tmp_path, unsaid) as s, s.post(question(stream=True)) as answer:
        assert await answer.read() == b"".join(STREAM[:-1])


async def test_a_provider_that_says_nothing_or_stops_is_given_up(tmp_path):
    async def silent(reader, writer, body):
        if body["stream"]:
            writer.write(STREAM_HEAD + b"".join(map(piece, STREAM[:5])))
        await asyncio.sleep(20)

    def providers(base_url):
        return [harness.provider_row(base_url, timeout_seconds=1.0)]

    async with stage(tmp_path, silent, MARGA_IDLE_TIMEOUT_SECONDS="1") as s:
        s.web.change({**s.web.document, "providers": providers(s.upstream.base_url)})
        await until(lambda: s.gateway.log.read_text().count("snapshot_in_use") == 2)

        async with s.post(question(stream=False)) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (504, "upstream_timeout")
        async with s.post(question(stream=True)) as answer:
            events = events_in(await answer.read())

        assert events[:-1] == STREAM[:5]
        assert code_of(events[-1]) == "upstream_stalled"
        await until(lambda: len(s.web.records) == 2)
        assert s.web.records[1]["is_estimated"]
        assert s.web.records[1]["output_tokens"] > 0


async def test_a_long_silence_is_filled_with_comments(tmp_path):
    async def slow(reader, writer, body):
        writer.write(STREAM_HEAD)
        await writer.drain()
        await asyncio.sleep(1.5)
        writer.write(b"".join(map(piece, [*STREAM, DONE])) + b"0\r\n\r\n")

    async with (
        stage(tmp_path, slow, MARGA_KEEP_ALIVE_SECONDS="1") as s,
        s.post(question(stream=True)) as answer,
    ):
        assert await answer.read() == b": keep-alive\n\n" + b"".join([*STREAM[:-1], DONE])
