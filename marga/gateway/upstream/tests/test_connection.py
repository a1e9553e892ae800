from __future__ import annotations

import asyncio
import gc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.gateway.upstream.connection import MOST_HEAD_BYTES, MOST_UNREAD_BYTES, READ_BYTES
from marga.gateway.upstream.failures import Broken, StaleConnection
from marga.gateway.upstream.tests.wire import CLOSING, HEAD, JSON, PLAIN, RECORDED, Line, chunked, content_of

ALL = {**RECORDED, **{f"closing: {name}": data for name, data in CLOSING.items()}}


def in_pieces(data, cuts):
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


async def heard(pieces, *, is_read=lambda n: False):
    """Return what an answer in pieces comes to: status, headers, content, and whether the connection stays usable."""
    line, parts = Line(), []
    asked = line.ask()
    for n, piece in enumerate(pieces):
        line.hear(piece)
        if asked.done() and asked.result().unread and is_read(n):
            with suppress(TimeoutError):  # the start of something compressed unfolds to nothing yet
                async with asyncio.timeout(0):
                    parts.append(await asked.result().readany())
    stays = line.connection.is_usable() and line.connection.asked is None
    line.hang_up()
    answer = await asked
    parts.append(await content_of(answer))
    assert line.freed == 1
    return answer.status, answer.headers, b"".join(parts), stays


@pytest.mark.parametrize("name", sorted(ALL))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(name, data):
    cuts = data.draw(st.lists(st.integers(0, len(ALL[name])), max_size=40))
    reads = data.draw(st.sets(st.integers(0, 40)))

    whole = asyncio.run(heard([ALL[name]]))
    cut = asyncio.run(heard(in_pieces(ALL[name], cuts), is_read=reads.__contains__))

    assert cut == whole
    assert whole[3] == (name in RECORDED)
    assert whole[2] in (JSON, b"")


async def test_names_of_headers_are_in_lower_case_and_the_first_of_two_counts():
    line = Line()
    asked = line.ask()
    line.hear(RECORDED["chunked with extensions and trailers"])

    answer = await asked

    assert answer.headers["content-type"] == "application/json" == answer.kind
    assert answer.headers["x-request-id"] == "a"
    assert not answer.is_event_stream


@pytest.mark.parametrize("name", sorted(ALL))
async def test_an_answer_cut_at_any_byte_is_never_taken_for_a_whole_one(name):
    ends_with_connection = name.startswith("closing: ") and "to its end" in name
    for at in range(len(ALL[name])):
        line = Line()
        asked = line.ask()

        line.hear(ALL[name][:at])
        line.hang_up(ConnectionResetError() if ends_with_connection else None)

        with pytest.raises(Broken):
            await content_of(await asked)
        assert line.freed == 1


async def test_what_came_before_a_cut_can_still_be_read():
    line = Line()
    asked = line.ask()
    line.hear(PLAIN[:-5])
    line.hang_up(ConnectionResetError())

    answer = await asked

    assert await answer.readany() == JSON[:-5]
    with pytest.raises(Broken):
        await answer.readany()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(ALL)),
    st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=12)), max_size=4),
    st.lists(st.integers(0, 300), max_size=5),
)
def test_whatever_a_provider_says_the_asker_gets_an_answer_or_broken_and_the_connection_is_freed_once(
    name, wounds, cuts
):
    async def hear():
        data = ALL[name]
        for at, put in wounds:
            data = data[:at] + put + data[at + len(put) :]
        line = Line()
        asked = line.ask()
        for piece in in_pieces(data, cuts):
            line.hear(piece)
        line.hang_up()
        try:
            await content_of(await asked)
        except Broken:
            assert line.wire.is_shut
        assert line.freed == 1

    asyncio.run(hear())


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<html><body>It works!</body></html>",
        b"HTTP/2 200\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
        HEAD + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * (2 * MOST_HEAD_BYTES),
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * (MOST_HEAD_BYTES // 2),
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * (MOST_HEAD_BYTES // 14),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * (2 * MOST_HEAD_BYTES),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nlate: " + b"a" * (2 * MOST_HEAD_BYTES),
    ],
    ids=lambda said: said[:90].decode("latin-1").split("\r\n")[-1][:20] or said[:20].hex(),
)  # fmt: skip
async def test_what_is_not_an_answer_breaks_and_closes(said):
    line = Line()
    asked = line.ask()

    line.hear(said)

    assert line.wire.is_shut
    assert line.freed == 1
    with pytest.raises(Broken):
        await content_of(await asked)


@pytest.mark.parametrize("rest", [PLAIN, b"HTTP/1.1 ", b"x", b"\x00", b"0\r\n\r\n"])
async def test_more_than_one_answer_is_whole_but_the_connection_is_not_used_again(rest):
    line = Line()
    asked = line.ask()
    line.hear(PLAIN + rest)

    assert await content_of(await asked) == JSON
    assert line.wire.is_shut
    assert line.freed == 1


async def test_a_word_that_nobody_asked_for_closes_a_free_connection():
    line = Line()
    line.ask()
    line.hear(PLAIN)
    line.hear(b"HTTP/1.1 408 Request Timeout\r\n\r\n")

    assert not line.connection.is_usable()
    assert line.freed == 1


async def test_an_answer_to_head_has_no_content_and_ends_the_connection():
    line = Line()
    asked = line.ask(is_head=True)
    line.hear(HEAD + b"Content-Length: 500\r\n\r\n")

    answer = await asked

    assert (answer.status, await content_of(answer)) == (200, b"")
    assert line.wire.is_shut


async def test_an_answer_that_comes_before_the_request_is_all_sent_ends_the_connection():
    line = Line()
    line.wire.pending = 1
    asked = line.ask()
    line.hear(RECORDED["an error"])

    assert (await asked).status == 429
    assert line.wire.is_shut


async def test_a_connection_carries_one_call_after_the_other():
    line = Line()
    for number, said in enumerate(RECORDED.values(), 1):
        asked = line.ask()
        line.hear(said)
        assert await content_of(await asked) in (JSON, b"")
        assert line.freed == number
    assert line.wire.written.count(b"POST / HTTP/1.1\r\n\r\n{}") == len(RECORDED)


async def test_a_reader_that_waits_gets_each_piece_as_it_comes():
    line = Line()
    asked = line.ask()
    start, end = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"
    line.hear(start)
    answer = await asked
    for piece in (b"one", b"two"):
        reading = asyncio.ensure_future(answer.readany())
        await asyncio.sleep(0)
        assert not reading.done()
        line.hear(b"3\r\n" + piece + b"\r\n")
        assert await reading == piece
    assert not answer.at_eof()
    assert answer.read_whole() is None
    line.hear(end)
    assert answer.at_eof()
    assert await answer.readany() == b"" == await answer.readany()


async def test_a_whole_answer_can_be_read_at_once():
    line = Line()
    asked = line.ask()
    line.hear(PLAIN)

    assert (await asked).read_whole() == JSON


async def test_a_provider_is_held_back_while_nobody_reads_and_goes_on_after():
    line = Line()
    asked = line.ask()
    line.hear(HEAD + b"Content-Length: 10000000\r\n\r\n")
    answer = await asked
    most = 0
    for _ in range(20):
        while not line.wire.is_paused:
            line.hear(b"x" * READ_BYTES)
            most = max(most, answer.unread)
        assert await answer.readany()
        assert not line.wire.is_paused

    assert MOST_UNREAD_BYTES < most <= MOST_UNREAD_BYTES + READ_BYTES


async def test_an_answer_that_ends_while_it_is_held_back_leaves_a_connection_that_reads():
    line = Line()
    asked = line.ask()
    size = 2 * READ_BYTES
    line.hear(HEAD + b"Content-Length: %d\r\n\r\n" % size)
    line.hear(b"x" * (size - 1))
    assert line.wire.is_paused
    line.hear(b"x")

    assert not line.wire.is_paused
    assert len(await content_of(await asked)) == size


async def test_a_small_answer_does_not_unfold_to_a_large_one_in_one_step():
    folded = zlib.compress(b"\0" * 10_000_000)
    line = Line()
    asked = line.ask()
    line.hear(HEAD + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(folded) + folded)
    answer = await asked
    sizes = []
    while part := await answer.readany():
        sizes.append(len(part))

    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 1 << 16
    assert answer.read_whole() is None


async def test_closing_an_answer_closes_its_connection_but_never_that_of_a_later_call():
    line = Line()
    first = line.ask()
    line.hear(PLAIN)
    answer = await first
    second = line.ask()
    answer.close()
    line.connection.leave(first)
    assert line.connection.is_usable()
    line.hear(PLAIN[:-1])
    answer = await second

    answer.close()
    answer.close()
    line.connection.leave(second)

    assert line.wire.is_shut
    assert line.freed == 2


@pytest.mark.parametrize("said", [b"", PLAIN[:20], PLAIN[:-1]])
async def test_who_leaves_closes_the_connection_at_once_and_leaving_twice_is_safe(said):
    line = Line()
    asked = line.ask()
    line.hear(said)
    asked.cancel()

    line.connection.leave(asked)
    line.connection.leave(asked)
    line.hang_up()

    assert line.freed == 1


async def test_a_failure_that_nobody_waits_for_is_not_complained_about(caplog):
    line = Line()
    asked = line.ask()
    line.hang_up()
    line.connection.leave(asked)
    del asked
    gc.collect()

    assert not caplog.records


@pytest.mark.parametrize("exc", [None, ConnectionResetError(), BrokenPipeError()])
async def test_a_kept_connection_that_had_been_closed_is_stale_a_new_one_is_broken(exc):
    line = Line()
    line.ask()
    line.hear(PLAIN)
    again = line.ask()
    line.hang_up(exc)
    with pytest.raises(StaleConnection):
        await again

    new = Line()
    asked = new.ask()
    new.hang_up(exc)
    with pytest.raises(Broken) as caught:
        await asked
    assert not isinstance(caught.value, StaleConnection)


@pytest.mark.parametrize("said", [b"HTTP/1.1", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_a_kept_connection_on_which_something_came_is_not_stale(said):
    line = Line()
    line.ask()
    line.hear(PLAIN)
    again = line.ask()
    line.hear(said)
    line.hang_up()

    with pytest.raises(Broken) as caught:
        await again
    assert not isinstance(caught.value, StaleConnection)


async def test_a_kept_connection_that_ends_after_a_while_is_not_stale_for_the_provider_may_have_worked():
    line = Line()
    line.ask()
    line.hear(PLAIN)
    again = line.ask()
    line.connection.asked_at -= 2
    line.hang_up()

    with pytest.raises(Broken) as caught:
        await again
    assert not isinstance(caught.value, StaleConnection)


@pytest.mark.parametrize("size", [0, 10, 1 << 20])
async def test_a_body_is_written_after_its_head(size):
    line = Line()
    line.connection.ask(b"HEAD\r\n\r\n", b"x" * size)

    assert line.wire.written == b"HEAD\r\n\r\n" + b"x" * size


def test_the_recorded_answers_are_what_they_are_named():
    assert chunked(b"ab") == b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
