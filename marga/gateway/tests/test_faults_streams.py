"""M-01, M-02, M-03, M-05: providers that hang, stall, break off or die, in all nine pairs of protocols.

Each check is a function that also runs against a relay without defences (careless.py), where it must fail. Bigger counts
and timings: `python -m benchmarks.faults`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from marga.gateway.tests.careless import careless_stage
from marga.gateway.tests.harness import STREAM_HEAD, Stage, Upstream, piece, until
from marga.gateway.tests.hearing import FAILED, WHOLE
from marga.gateway.tests.speaking import (
    PAIRS,
    PROTOCOLS,
    asking,
    events,
    listen,
    model,
    number_in,
    polyglot,
    post,
    provider,
    says,
    words,
)
from marga.protocols.reading import estimated_tokens

pytestmark = pytest.mark.processes
STALLS = 51
CHAT = [("chat", "chat")]


async def black_hole(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Take the request and say nothing until the caller hangs up."""
    await reader.read(1)


async def stalls(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Send so many events of a stream, and then nothing."""
    sent = events(body["model"], words(STALLS))[: number_in(body)]
    writer.write(STREAM_HEAD + b"".join(map(piece, sent)))
    await writer.drain()
    await reader.read(1)


async def breaks_off(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Send so many bytes of a stream, in the middle of an event or a letter, and hang up."""
    whole = b"".join(map(piece, events(body["model"], words(6)))) + b"0\r\n\r\n"
    writer.write(STREAM_HEAD + whole[: number_in(body)])
    await writer.drain()
    writer.close()


async def dies(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Send so many events of a stream, and hang up."""
    writer.write(STREAM_HEAD + b"".join(map(piece, events(body["model"], words(12))[: number_in(body)])))
    await writer.drain()
    writer.close()


async def check_stalls(s: Stage, pairs: Any, counts: Any, *, patience: float = 15.0) -> list[int]:
    """Every stream that stalls ends by an error event, after words that came. Returns the tokens of each."""

    async def one(spoken: str, asked: str, count: int) -> int:
        body = asking(asked, spoken, f"Stall after #{count}, as {asked}.")
        found = await listen(s, asked, body, patience=patience)
        assert found.ending == FAILED, (spoken, asked, count, found)
        assert "".join(words(STALLS)).startswith(found.text)
        if not found.text:
            return int(spoken == "messages")  # its first event reports one token of output
        return estimated_tokens(len(found.text))

    return await asyncio.gather(*(one(spoken, asked, count) for spoken, asked in pairs for count in counts))


async def check_cuts(s: Stage, spoken: str, asked: str, offsets: Any) -> None:
    """A stream cut at any byte is valid to its end, and whole only if the provider's was."""
    full = b"".join(map(piece, events(spoken, words(6))))

    async def one(offset: int) -> None:
        found = await listen(s, asked, asking(asked, spoken, f"Cut at #{offset}."))
        came_whole = offset >= full.rindex(b"\n\n") + 2
        assert found.ending == (WHOLE if found.text and came_whole else FAILED), (offset, found)
        assert "".join(words(6)).startswith(found.text)

    for begin in range(0, len(offsets), 40):
        await asyncio.gather(*map(one, offsets[begin : begin + 40]))


async def check_never_spliced(s: Stage, pairs: Any, counts: Any) -> int:
    """A stream whose provider dies holds the words of one provider only. Returns how many came from the second."""

    async def one(spoken: str, asked: str, count: int) -> bool:
        found = await listen(s, asked, asking(asked, spoken, f"Die after #{count}, {asked}."))
        is_first, is_second = "wört" in found.text, "other" in found.text
        assert not (is_first and is_second), (spoken, asked, count, found)
        assert found.ending == (WHOLE if is_second else FAILED), (spoken, asked, count, found)
        return is_second

    return sum(
        await asyncio.gather(*(one(spoken, asked, count) for spoken, asked in pairs for count in counts))
    )


async def test_m01_a_provider_that_hangs_gives_way_within_its_limit_in_every_pair(tmp_path):
    async with polyglot(tmp_path, says("other")) as s, Upstream(black_hole).serving() as hole:
        rows = [provider(p, hole.base_url, f"hole-{p}", timeout_seconds=1.0) for p in PROTOCOLS]
        s.web.document["providers"] = rows + s.web.document["providers"]
        s.web.document["models"] = [model(p, f"hole-{p}") for p in PROTOCOLS] + s.web.document["models"]
        s.web.change(s.web.document)
        await s.fetched()

        async def one(spoken: str, asked: str) -> None:
            is_stream = asked != spoken
            body = asking(asked, spoken, f"Hello from {asked}.", stream=is_stream)
            async with asyncio.timeout(5), post(s, asked, body) as answer:
                content = (await answer.read()).decode()
                assert (answer.status, answer.headers["x-marga-provider"]) == (200, spoken), content
                assert "other0" in content

        await asyncio.gather(*(one(*pair) for pair in PAIRS))

        assert len(hole.requests) == len(PAIRS)
        await until(lambda: hole.open_connections == 0)


async def test_m01_and_without_another_provider_the_error_has_the_clients_form(tmp_path):
    async with polyglot(tmp_path, black_hole, row={"timeout_seconds": 1.0}) as s:

        async def one(spoken: str, asked: str) -> None:
            body = asking(asked, spoken, f"Hello from {asked}.", stream=False)
            async with asyncio.timeout(4), post(s, asked, body) as answer:
                error = await answer.json()
                assert answer.status == 504
                kind = error["error"]["type"]
                assert kind == ("timeout_error" if asked == "messages" else "upstream_error")

        await asyncio.gather(*(one(*pair) for pair in PAIRS))


async def test_m01_a_relay_without_limits_is_found_out():
    async with careless_stage(black_hole, says("other")) as (s, _):
        with pytest.raises(TimeoutError):
            await listen(s, "chat", asking("chat", "chat", "Hello."), patience=1.5)


async def test_m02_a_stream_that_stalls_anywhere_ends_by_an_error_and_is_booked_for_what_came(tmp_path):
    async with polyglot(tmp_path, stalls, row={"timeout_seconds": 2.0}, MARGA_IDLE_TIMEOUT_SECONDS="2") as s:
        tokens = await check_stalls(s, PAIRS, [1, 2, 3, 4, 5, 7, 20, 50])

        await until(lambda: len(s.web.records) == len(tokens))
        assert sorted(record["output_tokens"] for record in s.web.records) == sorted(tokens)
        assert max(tokens) > 60
        assert {record["error_type"] for record in s.web.records} <= {"upstream_stalled", "upstream_timeout"}
        assert all(record["is_estimated"] for record in s.web.records if record["output_tokens"] > 1)


async def test_m02_a_relay_that_waits_for_ever_is_found_out():
    async with careless_stage(stalls) as (s, _):
        with pytest.raises(TimeoutError):
            await check_stalls(s, CHAT, [5], patience=1.5)


async def test_m03_a_stream_cut_inside_events_and_letters_stays_valid_in_every_pair(tmp_path):
    async with polyglot(tmp_path, breaks_off) as s:
        for number, (spoken, asked) in enumerate(PAIRS):
            size = sum(len(piece(event)) for event in events(spoken, words(6)))
            # Every byte in benchmarks/faults.py, and of chat streams in test_relay_streams.py.
            await check_cuts(s, spoken, asked, range(number, size, 19))

        log = s.gateway.log.read_text()
    assert "Traceback" not in log
    assert "gateway_failed" not in log


async def test_m03_a_relay_that_hands_bytes_on_as_they_come_is_found_out():
    async with careless_stage(breaks_off) as (s, _):
        with pytest.raises(AssertionError, match="broken event"):
            await check_cuts(s, "chat", "chat", range(300, 400, 13))


async def test_m05_a_stream_never_holds_the_words_of_two_providers(tmp_path):
    async with polyglot(tmp_path, dies) as s, Upstream(says("other")).serving() as second:
        s.web.document["providers"] += [provider(p, second.base_url, f"two-{p}") for p in PROTOCOLS]
        s.web.document["models"] += [model(p, f"two-{p}") for p in PROTOCOLS]
        s.web.change(s.web.document)
        await s.fetched()

        from_second = await check_never_spliced(s, PAIRS, range(1, 12))

        assert from_second >= len(PAIRS)  # those that had shown nothing yet
        assert len(second.requests) == from_second


async def test_m05_a_relay_that_goes_on_with_another_provider_is_found_out():
    async with careless_stage(dies, says("other")) as (s, _):
        with pytest.raises(AssertionError):
            await check_never_spliced(s, CHAT, [5])
